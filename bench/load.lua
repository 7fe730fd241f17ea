-- Sends the requests of a file, one after another, round and round, and prints one line of JSON at the end.
-- In the file each request is a line with its length, then its bytes: wrk makes nothing, it only sends.
--
--   wrk … -s load.lua http://127.0.0.1:PORT -- FILE

local requests, count, last = {}, 0, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for length in file:lines() do
    count = count + 1
    requests[count] = file:read(tonumber(length))
  end
  file:close()
end

function request()
  last = last % count + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"p50":%d,"p99":%d,"max":%d,"notOk":%d,"socketErrors":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
