-- Appends a dead letter to the journal for its sink alone, unless it was appended before.
--
-- KEYS: the journal, a mark that says that it was. ARGV: the journal's capacity, for how many seconds the mark is kept,
-- the letter's kind, payload and sink.
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then
  return redis.error_reply('FULL the journal has no room')
end
redis.call('XADD', KEYS[1], '*', 't', ARGV[3], 'e', ARGV[4], 's', ARGV[5])
redis.call('SET', KEYS[2], '1', 'EX', ARGV[2])
return 1
