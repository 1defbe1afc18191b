-- Puts a list of erased learners in the place of the one that is there.
--
-- KEYS: the list, its version. ARGV: the version, then the fields of the list and their values.
redis.call('DEL', KEYS[1])
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('SET', KEYS[2], ARGV[1])
return redis.status_reply('OK')
