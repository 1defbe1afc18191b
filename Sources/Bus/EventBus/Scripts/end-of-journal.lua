-- The last id that a stream has given out; 0-0 where there is none.
--
-- KEYS: the stream.
if redis.call('EXISTS', KEYS[1]) == 0 then return '0-0' end
local stream = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #stream, 2 do
  if stream[i] == 'last-generated-id' then return stream[i + 1] end
end
