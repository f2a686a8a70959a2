"""A restore of an older backup for tests: its rows, and the tombstones that were written since."""

import json
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from pledges.management.commands import finish_restore
from pledges.models import Tombstone


def take_entries():
    """The tombstones as they are copied beside the backups; the table is empty afterwards, as in an older backup."""
    rows = Tombstone.objects.order_by("at").values("id", "at", "kind", "row", "values")
    entries = json.loads(json.dumps(list(rows), default=str))
    Tombstone.objects.all().delete()
    return entries


def bring_back(*rows):
    """Bring rows back as they are in these objects, as the restore of an older backup does."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for row in rows:
            row.save()
        cursor.execute("SET LOCAL session_replication_role = origin")
    Tombstone.objects.all().delete()


def replay(entries):
    """Apply tombstones of the last day; {table: how many changed something}."""
    return finish_restore.apply(entries, timezone.now() - timedelta(days=1))


def restore(rows, *secrets):
    """Bring rows back and apply what was written down since, which has none of these secrets; its tables."""
    entries = take_entries()
    assert [secret for secret in secrets if secret in str(entries)] == []
    bring_back(*rows)
    replay(entries)
    return {entry["kind"].removeprefix("pledges_") for entry in entries}
