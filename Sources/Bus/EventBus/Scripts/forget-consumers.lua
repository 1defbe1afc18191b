-- Removes the consumers of a group that have nothing pending and have been silent for long, and whose
-- process has not reported lately; answers how many.
--
-- KEYS: the journal, the reports. ARGV: the group, the milliseconds of silence.
-- Before Redis 7.2, `idle` counts from the last entry that was handed over: a worker that lives may have
-- been idle all night, hence the reports. One that is removed by mistake loses nothing, because its next
-- read makes it again.
local forgotten = 0
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #flat, 2 do consumer[flat[i]] = flat[i + 1] end
  if consumer['pending'] == 0 and consumer['idle'] >= tonumber(ARGV[2])
    and redis.call('HEXISTS', KEYS[2], consumer['name']) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
    forgotten = forgotten + 1
  end
end
return forgotten
