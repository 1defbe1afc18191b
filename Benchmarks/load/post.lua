-- wrk: posts one body over and over, and ends with a line that a program can read.
--
--   wrk … -s post.lua URL -- METHOD BODY_FILE CONTENT_TYPE

function init(arguments)
  local file = assert(io.open(arguments[2], "rb"))
  wrk.method = arguments[1]
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = arguments[3]
  file:close()
end

-- wrk's times are microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"failed_answers":%d,"socket_errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
