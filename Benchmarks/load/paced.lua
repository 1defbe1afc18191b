-- wrk: posts one body at a pace, with one more header where it is given.
--
--   wrk … -s paced.lua URL -- BODY_FILE MILLISECONDS_BETWEEN [HEADER VALUE_FILE]

local pause

local function content(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function init(arguments)
  wrk.method = "POST"
  wrk.body = content(arguments[1])
  wrk.headers["Content-Type"] = "application/json"
  pause = tonumber(arguments[2])
  if arguments[3] then wrk.headers[arguments[3]] = content(arguments[4]):match("^[^\n]*") end
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
