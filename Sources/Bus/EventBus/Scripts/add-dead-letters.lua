-- Moves refused entries of the journal to the dead letters, each in one step, as long as there is room;
-- answers how many, from the first, are settled.
--
-- KEYS: the journal, the dead letters. ARGV: the dead letters' capacity, then for each its id in the
-- journal, sink, reason, attempts, kind and payload.
-- An entry that is not pending was settled before: by a call whose answer was lost, or by another worker.
-- Where the group itself is gone, with all that Redis held, the letter is all that is left of the event.
-- Acknowledging comes first, because it needs no memory and Redis refuses only a script's first write: a
-- letter takes no more than the entry that may be trimmed for it.
local call, settled = redis.call, 0
for i = 2, #ARGV, 6 do
  local id, sink = ARGV[i], ARGV[i + 1]
  local pending = redis.pcall('XPENDING', KEYS[1], sink, id, id, 1)
  if pending['err'] or #pending > 0 then
    if call('XLEN', KEYS[2]) >= tonumber(ARGV[1]) then break end
    call('XACK', KEYS[1], sink, id)
    call('XADD', KEYS[2], '*', 'k', sink, 'r', ARGV[i + 2], 'a', ARGV[i + 3], 't', ARGV[i + 4],
      'e', ARGV[i + 5])
  end
  settled = settled + 1
end
return settled
