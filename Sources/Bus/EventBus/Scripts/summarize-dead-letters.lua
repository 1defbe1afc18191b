-- Dead letters without their payloads, so that looking for a few among many moves little.
--
-- KEYS: the dead letters. ARGV: where to begin, as XRANGE takes it, and how many. Answers for each
-- its id, sink, reason, attempts, kind, event_id (empty where none is told) and the payload's length.

-- Events begin with it (CanonicalForm). Only a message that is no event is read as JSON for it.
local function event_id(payload)
  local id = string.match(payload, '^{"event_id":"([%x-]+)"')
  if id then return id end
  -- As DeadLetter.eventID: no valid event is longer.
  if #payload > 65536 then return '' end
  local is_json, message = pcall(cjson.decode, payload)
  if not is_json or type(message) ~= 'table' then return '' end
  id = message['event_id']
  if id == nil or id == cjson.null then id = message['eventId'] end
  -- Nothing but the form of a UUID leaves: what else stands there may be personal.
  if type(id) ~= 'string' or #id ~= 36 or string.find(id, '[^%x-]') then return '' end
  return id
end

local summaries = {}
for i, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])) do
  local letter = {}
  for j = 1, #entry[2], 2 do letter[entry[2][j]] = entry[2][j + 1] end
  local payload = letter['e'] or ''
  summaries[i] = {
    entry[1], letter['k'] or '', letter['r'] or '', letter['a'] or '0', letter['t'] or '',
    event_id(payload), #payload
  }
end
return summaries
