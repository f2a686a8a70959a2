"""Confirmations per second by 16 clients: all in one cell (sector and county), and spread over all cells.

The last line gives both medians and their ratio. A ratio near 1 means that concurrent confirmations in one cell do not wait for
each other.
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
PLEDGES_PER_CLIENT = 60
ROUNDS = 5


def main():
    """Run the measurement and print its figures."""
    call_command("migrate", verbosity=0)
    call_command("seed", verbosity=0)
    if Pledge.objects.exclude(source=Pledge.Source.DEMO).exists():
        sys.exit("This database holds real pledges, and measuring empties it: unset DATABASE_URL.")
    rates = {"one cell": [], "spread": []}
    for _ in range(ROUNDS):
        # Alternating, so that both are measured under the same load of the machine.
        rates["one cell"].append(CLIENTS * PLEDGES_PER_CLIENT / seconds(spread=False))
        rates["spread"].append(CLIENTS * PLEDGES_PER_CLIENT / seconds(spread=True))
    one, spread = statistics.median(rates["one cell"]), statistics.median(rates["spread"])
    assert tally.differences() == []
    print(f"tally: one cell {one:.0f}/s, spread {spread:.0f}/s, ratio {one / spread:.2f}")


def seconds(spread):
    """Seconds until all clients have confirmed their pledges, while the tally is folded concurrently."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pledges_pledge CASCADE")
    work = [pledges(spread, client) for client in range(CLIENTS)]
    stop = threading.Event()
    folder = threading.Thread(target=fold_until, args=[stop])
    clients = [threading.Thread(target=confirm, args=[rows]) for rows in work]
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
    """Create the pending pledges of one client, without the form, because only confirming is measured."""
    sectors, counties = list(Sector.objects.all()), list(County.objects.all())
    wordings = {wording.sector_id: wording for wording in Wording.objects.current()}
    rows = []
    for number in range(PLEDGES_PER_CLIENT):
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
    """Confirm pledges one by one."""
    for pledge in rows:
        pledge.confirm()
    connections.close_all()


def fold_until(stop):
    """Fold the tally every 0.2 s until the event is set."""
    while not stop.wait(0.2):
        tally.fold()
    connections.close_all()
