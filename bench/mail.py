"""Messages per second of one worker process: to a fast mail server, and to one that takes 0.3 s for a message.

The mail server is a process of its own. The last line gives both medians and their ratios to the rates that are wanted.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import time

from django.core.management import call_command
from django.db import connection

from bench.tally import pledges
from dev import serve
from pledges.models import Message, Pledge

# name: (seconds for a message, connections, messages, messages per second wanted)
SERVERS = {"fast": (0, 8, 1500, 150), "slow": (0.3, 32, 1000, 75)}
ROUNDS = 5
TIMEOUT = 120  # seconds
REPLIES = {b"EHLO": b"250 sink", b"DATA": b"354 go ahead", b"QUIT": b"221 good bye"}


def main():
    """Run the measurement and print its figures."""
    call_command("migrate", verbosity=0)
    call_command("seed", verbosity=0)
    if Pledge.objects.exclude(source=Pledge.Source.DEMO).exists():
        sys.exit("This database holds real pledges, and measuring empties it: unset DATABASE_URL.")
    lines = []
    for name, (delay, connections, count, wanted) in SERVERS.items():
        with mail_server(delay) as port:
            rates = [rate(port, connections, count) for _ in range(ROUNDS)]
        median = statistics.median(rates)
        print(f"mail: {name}: {', '.join(f'{each:.0f}' for each in rates)} messages/s")
        lines.append(f"{name} {median:.0f}/s with {connections} connections, ratio {median / wanted:.2f}")
    print(f"mail: {'; '.join(lines)}")


@contextlib.contextmanager
def mail_server(delay):
    """Run an SMTP server that keeps nothing, in a process of its own; yields its port."""
    # A forked process must not share the connection to the database.
    connection.close()
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    child = fork.Process(target=serve_mail, args=[delay, sender])
    child.start()
    try:
        yield receiver.recv()
    finally:
        child.kill()
        child.join()


def serve_mail(delay, port):
    """Serve SMTP on a free port, which is sent to the pipe `port`, and take `delay` seconds for each message."""

    async def session(reader, writer):
        writer.write(b"220 sink\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                verb = line[:4].upper()
                writer.write(REPLIES.get(verb, b"250 OK") + b"\r\n")
                if verb == b"DATA":
                    await reader.readuntil(b"\r\n.\r\n")
                    await asyncio.sleep(delay)
                    writer.write(b"250 accepted\r\n")
        writer.close()

    async def run():
        server = await asyncio.start_server(session, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def rate(port, connections, count):
    """Messages per second of a new worker, from its first to its last message."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pledges_pledge CASCADE")
    rows = [pledge for client in range(-(-count // 60)) for pledge in pledges(True, client)][:count]
    Message.objects.bulk_create(Message(kind="confirm", pledge=pledge, language="sq") for pledge in rows)
    os.environ |= {"MAIL_URL": f"smtp://127.0.0.1:{port}", "MAIL_CONNECTIONS": str(connections)}
    worker = serve.start("manage.py", "worker", stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + TIMEOUT
        while Message.objects.queued().exists():
            if time.monotonic() > deadline:
                sys.exit(f"The worker has not sent {count} messages within {TIMEOUT} seconds.")
            time.sleep(0.1)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM max(sent_at) - min(sent_at)) FROM pledges_message")
        return count / float(cursor.fetchone()[0])
