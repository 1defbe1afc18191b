-- Which refused entries have still to be settled: 1 for each that is pending, or whose group is gone with all that
-- Redis held; 0 for each that was settled before.
--
-- KEYS: the journal. ARGV: for each entry its sink and its id.
-- In a cluster the dead letters are on another node than the journal, so add-dead-letters is done in steps.
local answer = {}
for i = 1, #ARGV, 2 do
  local pending = redis.pcall('XPENDING', KEYS[1], ARGV[i], ARGV[i + 1], ARGV[i + 1], 1)
  answer[#answer + 1] = (pending['err'] or #pending > 0) and 1 or 0
end
return answer
