-- Stores a dead letter of a hand-published message unless its ticket has been used: 1 when it did, 0 when
-- the ticket was used, -1 when the dead letters are full; the ticket is used then, too.
--
-- KEYS: the highest ordinal used behind the mark, the dead letters. ARGV: the ordinal, the dead letters'
-- capacity, the dead letter's sink, reason, attempts, kind and payload.
if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', 86400)
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then return -1 end
redis.call('XADD', KEYS[2], '*', 'k', ARGV[3], 'r', ARGV[4], 'a', ARGV[5],
  't', ARGV[6], 'e', ARGV[7])
return 1
