-- Writes down revoked tokens, forgets those that have ended, and gives the list another revision.
--
-- KEYS: the revoked tokens, the revision. ARGV: for each token its id and the second since 1970 at which it
-- ends, 0 where that is not known.
local time = redis.call('TIME')
local now = tonumber(time[1])
-- Taking something away needs no memory, and Redis refuses only a script's first write: a token must be
-- revoked above all when something is wrong.
redis.call('HDEL', KEYS[1], '')
local known = redis.call('HGETALL', KEYS[1])
for i = 1, #known, 2 do
  local ends = tonumber(known[i + 1])
  -- An hour covers whatever leeway and clocks there are.
  if ends > 0 and ends + 3600 < now then
    redis.call('HDEL', KEYS[1], known[i])
  end
end
for i = 1, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('SET', KEYS[2], time[1] .. '.' .. time[2])
return redis.status_reply('OK')
