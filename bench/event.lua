-- Sends events in binary mode, each with an id of its own and a time no earlier than the one before, round and round
-- over the keys of a file, and prints one line of JSON at the end. In the file each key's request is three lines with
-- their lengths, and then their bytes: what stands before the id, before the time, and behind it.
--
--   wrk … -s event.lua http://127.0.0.1:PORT -- FILE RUN

dofile("report.lua") -- wrk is run in this folder

local heads, middles, tails, count, last, sent, run = {}, {}, {}, 0, 0, 0, ""
local digits, ids, stamps = {}, {}, {}

function init(args)
  local file = assert(io.open(args[1], "rb"))
  run = args[2]
  for length in file:lines() do
    count = count + 1
    heads[count] = file:read(tonumber(length))
    middles[count] = file:read(tonumber(file:read("*l")))
    tails[count] = file:read(tonumber(file:read("*l")))
  end
  file:close()
  for n = 0, 999 do
    digits[n] = string.format("%03d", n)
  end
end

-- The time runs a microsecond an event, which is faster than any server.
function request()
  sent = sent + 1
  last = last % count + 1
  local thousands = math.floor(sent / 1000)
  local low, middle, high = digits[sent % 1000], digits[thousands % 1000], math.floor(thousands / 1000)
  local number = middle .. low
  return heads[last] .. run .. "-" .. high .. "-" .. number ..
    middles[last] .. digits[math.floor(high / 60) % 60]:sub(2) .. ":" .. digits[high % 60]:sub(2) .. "." .. number ..
    tails[last]
end
