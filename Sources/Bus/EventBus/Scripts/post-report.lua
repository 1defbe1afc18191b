-- Keeps a process's report, and forgets those of processes that have been silent for long.
--
-- KEYS: the reports. ARGV: the process, its report, after how many milliseconds silence ends a
-- report.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Taking the last one away needs no memory, and Redis refuses only a script's first write: what is wrong
-- has to be told above all when memory is full.
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f ', now) .. ARGV[2])
local reports = redis.call('HGETALL', KEYS[1])
for i = 1, #reports, 2 do
  if now - tonumber(string.match(reports[i + 1], '^%d+')) > tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], reports[i])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.status_reply('OK')
