"""An SMTP server that discards messages, for `bin/bench mail` and `news`: python -m bench.sink PORT DELAY [NUMBER].

It accepts each message after DELAY seconds. After NUMBER messages it prints the times at which they were accepted, in seconds,
one a line, and ends. Without NUMBER it ends at SIGTERM, and prints how many recipients it has met and how many second copies.
"""

import asyncio
import signal
import sys
import time
from collections import Counter


async def main(port, delay, number=None):
    """Serve until `number` messages are accepted, or until SIGTERM."""
    accepted, recipients = [], Counter()
    is_complete = asyncio.Event()

    async def session(reader, writer):
        def reply(line):
            writer.write(f"{line}\r\n".encode())

        reply("220 bench.invalid")
        recipient = b""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = line
            if verb == b"DATA":
                reply("354 go ahead")
                await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(delay)
                accepted.append(time.monotonic())
                recipients[recipient] += 1
            reply("221 good bye" if verb == b"QUIT" else "250 OK")
            if verb == b"QUIT":
                break
            if number and len(accepted) >= number:
                is_complete.set()
        writer.close()

    await asyncio.start_server(session, "127.0.0.1", port, limit=2**20)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, is_complete.set)
    await is_complete.wait()
    print(*(accepted[:number] if number else (len(recipients), recipients.total() - len(recipients))), sep="\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:])))
