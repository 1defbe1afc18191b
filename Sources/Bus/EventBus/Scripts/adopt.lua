-- Journals and publishes a hand-published event unless its ticket has been used; 0 when it has. One without a
-- kind is dropped, and its ticket is used all the same.
--
-- KEYS: the highest ordinal used behind the mark, the journal. ARGV: the ordinal, the channel, the
-- journal's capacity, the event's kind and payload.
if tonumber(ARGV[1]) <= tonumber(call('GET', KEYS[1]) or '0') then return 0 end
if ARGV[4] ~= '' and call('XLEN', KEYS[2]) >= tonumber(ARGV[3]) then
  return redis.error_reply('FULL the journal has no room')
end
call('SET', KEYS[1], ARGV[1], 'EX', 86400)
if ARGV[4] == '' then return 1 end
append_and_publish(KEYS[2], ARGV[2], ARGV[4], ARGV[5])
return 1
