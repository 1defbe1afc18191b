-- Stores dead letters, each once, as long as there is room; answers how many, from the first, are there.
--
-- KEYS: the dead letters, then for each a mark that says that it is there. ARGV: the capacity, for how many seconds a
-- mark is kept, then for each letter its sink, reason, attempts, kind and payload.
-- Removing nothing comes first, because it needs no memory and Redis refuses only a script's first write: a letter takes
-- no more than the entry that may be trimmed for it.
local call, stored = redis.call, 0
call('XDEL', KEYS[1], '0-0')
for i = 2, #KEYS do
  local first = 3 + (i - 2) * 5
  if call('EXISTS', KEYS[i]) == 0 then
    if call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then break end
    call('XADD', KEYS[1], '*', 'k', ARGV[first], 'r', ARGV[first + 1], 'a', ARGV[first + 2],
      't', ARGV[first + 3], 'e', ARGV[first + 4])
    call('SET', KEYS[i], '1', 'EX', ARGV[2])
  end
  stored = stored + 1
end
return stored
