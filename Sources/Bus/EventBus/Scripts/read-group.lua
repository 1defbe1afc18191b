-- Reads entries that no consumer of the group has had, until there are enough of them or of their bytes:
-- XREADGROUP counts entries alone, and nobody knows beforehand how large the next ones are.
--
-- KEYS: the journal. ARGV: group, consumer, the most entries, the bytes at which to stop. Answers the
-- entries as XRANGE does. What was read cannot be put back, so up to 15 entries may exceed the bytes.
local count, bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
local entries = {}
while #entries < count and bytes > 0 do
  local asked = math.min(16, count - #entries)
  local streams = redis.call(
    'XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', asked, 'STREAMS', KEYS[1], '>')
  local read = streams and streams[1] and streams[1][2] or {}
  for _, entry in ipairs(read) do
    entries[#entries + 1] = entry
    for _, part in ipairs(entry[2]) do bytes = bytes - #part end
  end
  if #read < asked then break end
end
return entries
