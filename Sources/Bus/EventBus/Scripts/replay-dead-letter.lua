-- Moves a dead letter to the journal, for its sink alone; 0 when it is gone.
--
-- KEYS: the dead letters, the journal. ARGV: the dead letter's id, the journal's capacity.
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not found then return 0 end
local letter = {}
for i = 1, #found[2], 2 do letter[found[2][i]] = found[2][i + 1] end
if letter['k'] == 'bus' then
  return redis.error_reply('ERR a letter of sink bus has no sink to be replayed for')
end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then
  return redis.error_reply('FULL the journal has no room')
end
redis.call('XADD', KEYS[2], '*', 't', letter['t'], 'e', letter['e'], 's', letter['k'])
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
