-- Visits pages in turn. Every second request has a parameter that no page knows, with a value of its own, as links in social
-- media do. Arguments: number of the first visit, paths.

local paths = {}
local number = 0

function setup(thread)
    visitor = thread
end

function init(args)
    number = tonumber(args[1])
    for position = 2, #args do
        table.insert(paths, args[position])
    end
end

function request()
    number = number + 1
    local path = paths[number % #paths + 1]
    if number % 2 == 0 then
        path = path .. "?fbclid=" .. number
    end
    return wrk.format("GET", path)
end

function response(status)
    if status ~= 200 then
        refused = (refused or 0) + 1
        last_status = status
    end
end

function done()
    local count = visitor:get("refused")
    if count then
        print(string.format("Unexpected answers: %d, the last with status %d", count, visitor:get("last_status")))
    end
end
