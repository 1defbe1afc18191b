-- The node that all workers listen to; another one where nobody has chosen, or where it is the one that is away.
--
-- KEYS: the choice. ARGV: the node that is away, or nothing, and the one to choose then.
local chosen = redis.call('GET', KEYS[1])
if chosen and chosen ~= ARGV[1] then return chosen end
redis.call('SET', KEYS[1], ARGV[2])
return ARGV[2]
