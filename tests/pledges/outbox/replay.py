"""The outbox of erasures for tests: its entries as the backups hold them, and a restore that repeats them."""

import json
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from pledges import outbox
from pledges.models import OutboxEntry


def take_entries():
    """The entries as they are copied beside the backups; the table is empty afterwards, as in an older backup."""
    rows = OutboxEntry.objects.order_by("number").values("id", "number", "at", "kind", "rows")
    entries = json.loads(json.dumps(list(rows), default=str))
    OutboxEntry.objects.all().delete()
    return entries


def restored(*rows):
    """Bring rows back as they are in these objects, as the restore of an older backup does."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for row in rows:
            row.save()
        cursor.execute("SET LOCAL session_replication_role = origin")
    OutboxEntry.objects.all().delete()


def replay(entries):
    """Repeat entries of the last day; {kind: how many changed something}."""
    return outbox.replay(entries, timezone.now() - timedelta(days=1))


def restore(rows, *secrets):
    """Bring rows back and repeat what was written down since, which has none of these secrets; the kinds of the entries."""
    entries = take_entries()
    assert [secret for secret in secrets if secret in str(entries)] == []
    restored(*rows)
    replay(entries)
    return {entry["kind"] for entry in entries}
