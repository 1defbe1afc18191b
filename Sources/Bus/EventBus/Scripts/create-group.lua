-- Makes a consumer group that starts at the oldest entry, and the journal with it; 0 when the group exists.
--
-- KEYS: the journal. ARGV: the group.
-- Redis without memory refuses XGROUP CREATE even for a group that exists, so that is asked first. A new
-- group is made although there is no memory, for nothing is trimmed before it has read: Redis refuses only
-- a script's first write, and acknowledging nothing is one that needs no memory.
if not redis.pcall('XPENDING', KEYS[1], ARGV[1])['err'] then return 0 end
redis.call('XACK', KEYS[1], ARGV[1], '0-0')
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
return 1
