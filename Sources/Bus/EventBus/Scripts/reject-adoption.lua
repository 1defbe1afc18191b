-- Stores a dead letter of a hand-published message unless its ticket has been used; 0 when it has.
--
-- KEYS: the highest ordinal used behind the mark, the dead letters. ARGV: the ordinal, the dead
-- letter's sink, reason, attempts, kind and payload.
if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', 86400)
redis.call('XADD', KEYS[2], '*', 'k', ARGV[2], 'r', ARGV[3], 'a', ARGV[4],
  't', ARGV[5], 'e', ARGV[6])
return 1
