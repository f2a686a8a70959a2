-- Sends the pledge form: every request is another person with another address from another network. What is wrong is answered
-- with a status of 400 or more, which wrk counts. Arguments: path, encoded fields of all requests, prefix of the addresses, number
-- of the first network, sector and county.

local path, fields, prefix, network, sector, county
local number = 0

function init(args)
    path, fields, prefix, network, sector, county = args[1], args[2], args[3], tonumber(args[4]), args[5], args[6]
end

function request()
    number = number + 1
    local n = network + number
    local body = string.format(
        "%s&name=Arta+Shembulli&email=%s.%d%%40posta.invalid&sector=%s&county=%s", fields, prefix, number, sector, county
    )
    local headers = {
        ["Content-Type"] = "application/x-www-form-urlencoded",
        ["X-Forwarded-For"] = string.format("10.%d.%d.%d", n / 65536 % 256, n / 256 % 256, n % 256),
    }
    return wrk.format("POST", path, headers, body)
end
