"""Random, often malformed requests against gunicorn, alone and behind nginx.

Measures server errors, timeouts, and the growth of memory and tables.
"""

import http.client
import random
import socket
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from django.db import connection

from bench import machine, rows
from bench.requests import RequestGenerator
from bench.rounds import show, show_ratio
from bench.site import SITE, behind_nginx, gunicorn

# Requests to each of the two servers in one stage, and stages.
REQUESTS, STAGES, CLIENTS = 25_000, 3, 8
PLEDGES = 1000
# Seconds without an answer that count as a hang.
HANG = 5
# With these a server refuses a protocol that it does not speak.
REFUSALS = (501, 505)


def attack(connect, host, seed, number):
    """Send this number of random, often malformed requests over connections of `connect()`.

    Returns (Counter of statuses, failures): those that the server answered with an error of its own or not within HANG seconds,
    as a list of (status or "hang", bytes of the request). Status 0 is a connection that the server closed without an answer.
    """
    generator = RequestGenerator(random.Random(seed), host)
    requests = [generator.request() for _ in range(number)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = list(pool.map(lambda request: _send(connect, *request), requests))
    failures = [
        (status, data)
        for status, (_method, data, _is_complete) in zip(statuses, requests, strict=True)
        if status == "hang" or (status >= 500 and status not in REFUSALS)
    ]
    return Counter(statuses), failures


def _send(connect, method, data, is_complete):
    began = time.monotonic()
    with connect() as client:
        client.settimeout(HANG)
        try:
            client.sendall(data)
            if not is_complete:
                client.shutdown(socket.SHUT_WR)
            response = http.client.HTTPResponse(client, method=method)
            response.begin()
            response.read()
            status = response.status
        except TimeoutError:
            return "hang"
        except (OSError, http.client.HTTPException):
            status = 0
    return "hang" if time.monotonic() - began > HANG else status


def table_sizes():
    """{table: number of rows} of the database."""
    names = connection.introspection.table_names()
    with connection.cursor() as cursor:
        counts = [f"SELECT '{name}', count(*) FROM {connection.ops.quote_name(name)}" for name in names]
        cursor.execute(" UNION ALL ".join(counts))
        return dict(cursor.fetchall())


def fuzz(options):
    """Random, often malformed requests, half of them through nginx: errors, hangs, memory and rows."""
    rows.fill(PLEDGES)
    before = table_sizes()
    failures, growth = [], []
    # The site logs a line or a traceback for each request.
    with gunicorn(SITE, options, stderr=subprocess.DEVNULL) as site:
        failures += _attack_in_stages(site, growth)
    with behind_nginx(options, stderr=subprocess.DEVNULL) as (site, _media):
        failures += _attack_in_stages(site, growth)
    for status, data in failures[:20]:
        print(f"{status}: {data[:300]!r}")
    added = {name: count - before.get(name, 0) for name, count in table_sizes().items() if count > before.get(name, 0)}
    print(f"rows added: {added}")
    return {
        "fuzz, errors and hangs": show("fuzz, errors and hangs", [len(failures)], ""),
        "fuzz, rows added": show("fuzz, rows added", [sum(added.values())], ""),
        "fuzz, resident memory / a stage before": show_ratio("fuzz, resident memory / a stage before", max(growth)),
    }


def _attack_in_stages(site, growth):
    """Attack a site; appends the growth of resident memory in the last stage; returns the failures.

    A worker grows once by about 10 MB when it first draws a picture or renders the pages that it keeps. Which of them has done so
    after 25,000 requests is chance, after 50,000 all have: so only a leak grows in the last stage.
    """
    address = urlsplit(site.url)
    failures, resident = [], []
    for seed in range(STAGES):
        statuses, failed = attack(
            lambda: socket.create_connection((address.hostname, address.port), HANG), address.netloc, seed, REQUESTS
        )
        print(f"{REQUESTS:,} requests: {dict(statuses.most_common())}", flush=True)
        failures += failed
        resident.append(machine.resident_megabytes(site.workers()))
        show("resident", resident[-1:], " MB")
    growth.append(resident[-1] / resident[-2])
    return failures
