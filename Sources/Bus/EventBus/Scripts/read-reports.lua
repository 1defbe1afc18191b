-- Every process's report.
--
-- KEYS: the reports. Answers for each the process, its age in milliseconds and the report.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reports = redis.call('HGETALL', KEYS[1])
local answer = {}
for i = 1, #reports, 2 do
  local at, body = string.match(reports[i + 1], '^(%d+) (.*)$')
  answer[#answer + 1] = {reports[i], math.max(0, now - tonumber(at)), body}
end
return answer
