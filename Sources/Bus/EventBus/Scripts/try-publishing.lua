-- Answers as publishing an event now would, and changes nothing.
--
-- KEYS: the journal, each of its partitions. ARGV: the capacity of one.
-- No entry can have the id 0-0. Redis says so only when it would have taken the command: as primary, with
-- memory, replicas, a disk, and a user who may.
for _, journal in ipairs(KEYS) do
  if redis.call('XLEN', journal) >= tonumber(ARGV[1]) then
    return redis.error_reply('FULL the journal has no room')
  end
end
local answer = redis.pcall('XADD', KEYS[1], '0-0', 't', '')
if string.find(answer['err'], 'greater than 0-0', 1, true) then return redis.status_reply('OK') end
return answer
