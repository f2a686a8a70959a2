"""Fills the measuring database with invented pledges of three years, encrypted and counted like real ones."""

import itertools
from datetime import timedelta

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

from campaign.management.commands.demo import DOMAINS, invented_pledges
from dev import DevError
from pledges.counting.models import count, record_milestones
from pledges.crypto import keys
from pledges.models import Pledge, PublishedFigure
from pledges.published.models import publish

YEARS = timedelta(days=1095)
BATCH = 5_000
# The key of the advisory lock of the process that measures. It is an arbitrary number.
LOCK = 8120460713

MESSAGES_SQL = """
INSERT INTO pledges_message
    (id, kind, about_id, language, state, created_at, queued_at, due_at, attempts, tried_at, sent_at, error)
SELECT gen_random_uuid(), CASE WHEN random() < 0.5 THEN 'confirm' ELSE 'counted' END, id, language, 'sent',
    created_at, created_at, created_at, 1, created_at, created_at, ''
FROM pledges_pledge
"""
# An hour has about 40.
AUDIT_SQL = """
INSERT INTO staff_entry (at, user_id, action, object_id, title, subject_ids, count, details)
SELECT created_at, %s, 'look', '', '', ARRAY[id], 1, '{"page": "list"}'::jsonb FROM pledges_pledge
"""


def prepare():
    """Bring the measuring database up to date and remove what an interrupted run left.

    Raises DevError if it holds real pledges, or while another process measures in it.
    """
    with connection.cursor() as cursor:
        # Held until this process ends.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise DevError("Another bin/bench is running in this database.")
    call_command("migrate", verbosity=0)
    call_command("seed", verbosity=0)
    invented = [keys.digest("domain", domain) for domain in DOMAINS]
    if Pledge.objects.exclude(source=Pledge.Source.DEMO).exclude(domain_digest__in=invented).exists():
        raise DevError("This database holds real pledges, and measuring empties it: unset DATABASE_URL.")
    clean()


def clean():
    """Remove all pledges that fill() did not make, and all messages, attempts, submissions and tasks."""
    left = ("Message", "Mailing", "Attempt", "Submission", "DBTaskResult")
    tables = [model._meta.db_table for model in apps.get_models() if model.__name__ in left]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    Pledge.objects.exclude(source=Pledge.Source.DEMO).delete()
    count()


def fill(rows):
    """Fill the database with this many invented pledges and no others. Those of an earlier run are reused if they fit."""
    if Pledge.objects.count() != rows:
        print(f"Making {rows:,} pledges …", flush=True)
        insert(rows)
        PublishedFigure.objects.update(looked_at=None)
        publish()
        record_milestones()
    # Autovacuum and the checkpointer would do this during the measurement. An earlier run may have changed rows.
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (FREEZE, ANALYZE)")
        cursor.execute("CHECKPOINT")


@transaction.atomic
def insert(rows):
    """Replace all pledges by invented ones, and count them."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pledges_pledge CASCADE")
        # Without triggers and foreign keys, and with indexes built afterwards, this takes a small part of the time. Constraints
        # still hold: building the indexes checks uniqueness. A rollback restores everything.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("UPDATE pg_index SET indisready = false WHERE indrelid = 'pledges_pledge'::regclass")
        for people in itertools.batched(invented_pledges(rows, YEARS), BATCH):
            Pledge.objects.bulk_create(people)
        cursor.execute("REINDEX TABLE pledges_pledge")
        cursor.execute("SET LOCAL session_replication_role = origin")
    count()


def fill_logs(user):
    """Insert a message, and an entry of the audit log of this account, for each pledge."""
    with connection.cursor() as cursor:
        cursor.execute(MESSAGES_SQL)
        cursor.execute(AUDIT_SQL, [user.pk])
        cursor.execute("VACUUM (FREEZE, ANALYZE) pledges_message, staff_entry")


@transaction.atomic
def clean_logs():
    """Remove all messages and all entries of the audit log, which refuses that except while triggers are off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("TRUNCATE pledges_message, staff_entry CASCADE")
