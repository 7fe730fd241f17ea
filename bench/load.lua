-- Sends the requests of a file, one after another, round and round, and prints one line of JSON at the end.
-- In the file each request is a line with its length, then its bytes: wrk makes nothing, it only sends.
--
--   wrk … -s load.lua http://127.0.0.1:PORT -- FILE [AFTER]
--
-- It begins behind the first AFTER of them, so that several at once need not send the same at the same moment.

dofile("report.lua") -- wrk is run in this folder

local requests, count, last = {}, 0, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for length in file:lines() do
    count = count + 1
    requests[count] = file:read(tonumber(length))
  end
  file:close()
  last = tonumber(args[2] or 0)
end

function request()
  last = last % count + 1
  return requests[last]
end
