"""An SMTP server that discards messages, for `bin/bench mail`: python -m bench.sink PORT DELAY NUMBER.

It accepts each message after DELAY seconds. After NUMBER messages it prints the times at which they were accepted, in seconds,
one a line, and ends.
"""

import asyncio
import sys
import time


async def main(port, delay, number):
    """Serve until `number` messages are accepted."""
    accepted = []
    is_complete = asyncio.Event()

    async def session(reader, writer):
        def reply(line):
            writer.write(f"{line}\r\n".encode())

        reply("220 bench.invalid")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                reply("354 go ahead")
                await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(delay)
                accepted.append(time.monotonic())
            reply("221 good bye" if verb == b"QUIT" else "250 OK")
            if verb == b"QUIT":
                break
            if len(accepted) >= number:
                is_complete.set()
        writer.close()

    await asyncio.start_server(session, "127.0.0.1", port, limit=2**20)
    await is_complete.wait()
    print(*accepted[:number], sep="\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
