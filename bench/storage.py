"""What a pledge costs the database: bytes at rest, and transactions, WAL and blocks on its way from the form to the count.

Bytes and counts, not times: they do not depend on what else the machine does.
"""

import uuid

from django.db import connection

from bench import rows
from bench.targets import number
from pledges.counting import tally
from pledges.inbox import submissions
from pledges.mail.sending import LEASE
from pledges.models import Message, Pledge, ProviderRule, Sector, Submission, Wording

# Pledges that are followed from the form to the count.
FOLLOWED = 2_000
CLAIMED = 100
SIZES_SQL = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE oid = 'pledges_pledge'::regclass OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'pledges_pledge'::regclass)
ORDER BY 2 DESC
"""
OTHERS_SQL = """
SELECT relname, n_live_tup, pg_total_relation_size(relid) FROM pg_stat_user_tables
WHERE relname <> 'pledges_pledge' ORDER BY 3 DESC LIMIT 6
"""
COUNTERS_SQL = """
SELECT xact_commit, blks_hit + blks_read, blks_read, wal_bytes::bigint, wal_fpi
FROM pg_stat_database, pg_stat_wal WHERE datname = current_database()
"""
COUNTERS = ("transactions", "blocks", "blocks not in memory", "bytes of WAL", "whole pages in it")


def storage(options):
    """Print bytes per pledge in the table and each index, and the cost of each step, for each number of pledges."""
    for count in sorted(options.rows):
        rows.fill(count)
        print(f"\nwith {count:,} pledges", flush=True)
        print_sizes(count)
        try:
            print_steps()
        finally:
            rows.clean()
    return {}


def print_sizes(count):
    """Print the sizes of the table of pledges and its indexes by pledge, and of the largest other tables."""
    with connection.cursor() as cursor:
        cursor.execute(SIZES_SQL)
        sizes = cursor.fetchall()
        print(f"all, of a pledge: {sum(size for _name, size in sizes) / count:,.0f} bytes")
        for name, size in sizes:
            print(f"  {name}: {size / count:,.0f} bytes, {size / 2**20:,.0f} MB")
        cursor.execute("SELECT pg_database_size(current_database())")
        print(f"the database: {cursor.fetchone()[0] / 2**20:,.0f} MB. Its other tables, the largest first:")
        cursor.execute(OTHERS_SQL)
        for name, live, size in cursor.fetchall():
            print(f"  {name}: {live:,} rows, {size / 2**20:,.1f} MB")


def print_steps():
    """Print what each step of FOLLOWED new pledges costs, by pledge.

    Many more pages are logged whole than in the long run, because a page is after the first change that follows a checkpoint.
    """
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    for name, step in {
        "sign": _sign,
        "settle": _settle,
        "send": _send,
        "confirm": _confirm,
        "fold": tally.fold,
    }.items():
        before = _counters()
        step()
        spent = [after - earlier for after, earlier in zip(_counters(), before, strict=True)]
        shown = (f"{number(value / FOLLOWED)} {what}" for what, value in zip(COUNTERS, spent, strict=True))
        print(f"  {name}, of a pledge: {', '.join(shown)}", flush=True)


def _counters():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        # The statistics of the step are written at its end.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(COUNTERS_SQL)
        return cursor.fetchone()


def _sign():
    wordings = {wording.sector_id: wording for wording in Wording.objects.current()}
    sectors, rules = list(Sector.objects.open()), ProviderRule.objects.by_domain()
    for each in range(FOLLOWED):
        sector = sectors[each % len(sectors)]
        submission = Submission(
            kind=Submission.Kind.PLEDGE,
            language="sq",
            sector=sector,
            consent=wordings[None],
            wording=wordings[sector.pk],
        )
        submission.set_person("Arta Shembulli", f"{uuid.uuid4().hex}@{next(iter(rows.DOMAINS))}", rules)
        assert submissions.submit(submission, f"2001:db8:{each:x}::", 60)


def _settle():
    while submissions.settle():
        pass


class _Accepting:
    """A mail server that takes everything."""

    def send(self, mail):
        """Take a message."""


def _send():
    while messages := Message.objects.claim(CLAIMED, LEASE):
        for message in messages:
            message.attempt(_Accepting())
            message.save_outcome()


def _confirm():
    new = Pledge.objects.exclude(source=Pledge.Source.DEMO).pending()
    for pledge in new:
        pledge.confirm()
