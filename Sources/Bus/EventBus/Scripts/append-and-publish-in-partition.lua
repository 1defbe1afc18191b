-- Appends an event to its partition of the journal, and publishes it with its place in it and the place before that:
-- who has not heard the one before has missed it. Stands before the scripts that use it.
local call, sub = redis.call, string.sub
local previous
local function append_and_publish(journal, channel, kind, event)
  if not previous then
    local newest = call('XREVRANGE', journal, '+', '-', 'COUNT', 1)[1]
    previous = newest and newest[1] or '0-0'
  end
  local id = call('XADD', journal, '*', 't', kind, 'e', event)
  local partition = string.match(journal, '{j%-(%d+)}')
  call('PUBLISH', channel, '{"stream_id":"' .. partition .. ':' .. id .. '","previous":"' .. previous
    .. '",' .. sub(event, 2))
  previous = id
end
