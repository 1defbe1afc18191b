-- Appends an event to the journal, and publishes it with its place in it: one JSON object that begins
-- with its `stream_id`. Stands before the scripts that use it.
local call, sub = redis.call, string.sub
local function append_and_publish(journal, channel, kind, event)
  local id = call('XADD', journal, '*', 't', kind, 'e', event)
  call('PUBLISH', channel, '{"stream_id":"' .. id .. '",' .. sub(event, 2))
end
