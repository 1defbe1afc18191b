-- As forget-consumers, where the reports are on another node of a cluster than the journal.
--
-- KEYS: the journal. ARGV: the group, the milliseconds of silence, then the processes that have reported lately. One
-- that is removed by mistake loses nothing, because its next read makes it again.
local reported = {}
for i = 3, #ARGV do reported[ARGV[i]] = true end
local forgotten = 0
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #flat, 2 do consumer[flat[i]] = flat[i + 1] end
  if consumer['pending'] == 0 and consumer['idle'] >= tonumber(ARGV[2])
    and not reported[consumer['name']] then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
    forgotten = forgotten + 1
  end
end
return forgotten
