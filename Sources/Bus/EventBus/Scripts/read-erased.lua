-- The list of erased learners, unless it is the one that is known; nothing then, and where there is none.
--
-- KEYS: the list, its version. ARGV: the version that is known.
local version = redis.call('GET', KEYS[2])
if not version or version == ARGV[1] then return false end
return {version, redis.call('HGETALL', KEYS[1])}
