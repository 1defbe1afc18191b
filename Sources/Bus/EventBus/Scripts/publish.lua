-- Appends events to the journal and publishes each with its place in it.
--
-- KEYS: the journal. ARGV: the channel, the journal's capacity, then each event's kind and payload.
-- All or none: the capacity is checked first, and Redis checks its memory before a script's first
-- write, not between its writes.
local journal, arguments = KEYS[1], ARGV
local channel, count = arguments[1], #arguments
if call('XLEN', journal) + (count - 2) / 2 > tonumber(arguments[2]) then
  return redis.error_reply('FULL the journal has no room')
end
for i = 3, count, 2 do
  append_and_publish(journal, channel, arguments[i], arguments[i + 1])
end
return redis.status_reply('OK')
