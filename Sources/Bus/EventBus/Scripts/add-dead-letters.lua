-- Stores dead letters, all or none.
--
-- KEYS: the dead letters. ARGV: each one's sink, reason, attempts, kind and payload.
for i = 1, #ARGV, 5 do
  redis.call('XADD', KEYS[1], '*', 'k', ARGV[i], 'r', ARGV[i + 1], 'a', ARGV[i + 2],
    't', ARGV[i + 3], 'e', ARGV[i + 4])
end
return redis.status_reply('OK')
