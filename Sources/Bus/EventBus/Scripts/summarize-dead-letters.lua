-- Dead letters without their payloads, so that looking for a few among many moves little.
--
-- KEYS: the dead letters. ARGV: where to begin, as XRANGE takes it, and how many. Answers for each
-- its id, sink, reason, attempts, kind and the payload's length.
local summaries = {}
for i, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])) do
  local letter = {}
  for j = 1, #entry[2], 2 do letter[entry[2][j]] = entry[2][j + 1] end
  summaries[i] = {
    entry[1], letter['k'] or '', letter['r'] or '', letter['a'] or '0', letter['t'] or '',
    #(letter['e'] or '')
  }
end
return summaries
