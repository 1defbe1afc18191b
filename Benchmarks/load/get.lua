-- wrk: asks for one path over and over, and ends with a line that a program can read.
--
--   wrk … -s get.lua URL

-- wrk's times are microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"bytes":%d,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"failed_answers":%d,"socket_errors":%d}\n',
    summary.requests, summary.bytes, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
