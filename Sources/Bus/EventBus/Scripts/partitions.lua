-- How many partitions the journal has; written down where nobody has yet, and it is more than one.
--
-- KEYS: the number, the journal of a deployment without partitions. ARGV: how many this process is set to.
local stored = redis.call('GET', KEYS[1])
if stored then return tonumber(stored) end
if ARGV[1] == '1' or redis.call('EXISTS', KEYS[2]) == 1 then return 1 end
redis.call('SET', KEYS[1], ARGV[1])
return tonumber(ARGV[1])
