-- Reads entries behind a position, as XRANGE does, until there are enough of them or of their bytes.
--
-- KEYS: the journal. ARGV: the position, the most entries, the most bytes; one entry is answered however
-- large it is.
local from, count, bytes = '(' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local entries = {}
while #entries < count do
  local asked = math.min(16, count - #entries)
  local read = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', asked)
  for _, entry in ipairs(read) do
    for _, part in ipairs(entry[2]) do bytes = bytes - #part end
    if bytes < 0 and #entries > 0 then return entries end
    entries[#entries + 1] = entry
  end
  if #read < asked then break end
  from = '(' .. read[#read][1]
end
return entries
