-- wrk: posts one body at a pace, as if a proxy handed it on for one address.
--
--   wrk … -s flood.lua URL -- BODY_FILE ADDRESS MILLISECONDS_BETWEEN

local pause

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["X-Forwarded-For"] = arguments[2]
  pause = tonumber(arguments[3])
  file:close()
end

-- Of each connection.
function delay()
  return pause
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"refused":%d,"socket_errors":%d}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
