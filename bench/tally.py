"""Confirmations a second by 16 clients: all in one sector and county against spread over all of them.

The last line gives both medians and their ratio; near 1 means that nobody queues behind a counter.
"""

import statistics
import sys
import threading
import time

from django.core.management import call_command
from django.db import connection, connections

from pledges.models import County, Pledge, Sector, Wording
from pledges.totals import tally

CLIENTS = 16
EACH = 60
ROUNDS = 5


def main():
    call_command("migrate", verbosity=0)
    call_command("seed", verbosity=0)
    if Pledge.objects.exclude(source=Pledge.Source.DEMO).exists():
        sys.exit("This database holds real pledges, and measuring empties it: unset DATABASE_URL.")
    rates = {"one cell": [], "spread": []}
    for _ in range(ROUNDS):
        # In turn within one run: both meet the same noise.
        for name, spread in (("one cell", False), ("spread", True)):
            rates[name].append(CLIENTS * EACH / seconds(spread))
    one, many = (statistics.median(rates[name]) for name in ("one cell", "spread"))
    assert tally.differences() == []
    print(f"tally: one cell {one:.0f}/s, spread {many:.0f}/s, ratio {one / many:.2f}")


def seconds(spread):
    """How long all clients take to confirm their pledges, folding under way."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pledges_pledge CASCADE")
    work = [pledges(spread, client) for client in range(CLIENTS)]
    stop = threading.Event()
    folder = threading.Thread(target=fold_until, args=[stop])
    clients = [threading.Thread(target=confirm, args=[share]) for share in work]
    folder.start()
    start = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    took = time.perf_counter() - start
    stop.set()
    folder.join()
    return took


def pledges(spread, client):
    """Pending pledges of one client, written without the form: what is measured is confirming."""
    sectors, counties = list(Sector.objects.all()), list(County.objects.all())
    wordings = {wording.sector_id: wording for wording in Wording.objects.current()}
    rows = []
    for number in range(EACH):
        sector = sectors[number % len(sectors) if spread else 0]
        county = counties[(number + client) % len(counties) if spread else 0]
        pledge = Pledge(
            sector=sector,
            county=county,
            language="sq",
            source=Pledge.Source.DEMO,
            slot=1,
            consent=wordings[None],
            consent_language="sq",
            worded_language="sq",
            wording=wordings[sector.pk],
        )
        pledge.set_person("Arta Shembulli", f"bench{client}-{number}@shembull.invalid")
        rows.append(pledge)
    return Pledge.objects.bulk_create(rows)


def confirm(rows):
    for pledge in rows:
        pledge.confirm()
    connections.close_all()


def fold_until(stop):
    while not stop.wait(0.2):
        tally.fold()
    connections.close_all()
