"""Only confirmed pledges hold one of the two places of a mailbox, so that invented pending ones keep nobody from signing.

Messages of an opened link have a limit a day.
"""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


def unique(name, column):
    """The constraint of places, without a lock that signing would wait for."""
    return migrations.SeparateDatabaseAndState(
        [
            # One that was interrupted leaves an invalid index.
            migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop),
            migrations.RunSQL(
                f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON pledges_pledge ({column}, slot) "
                "WHERE confirmed_at IS NOT NULL",
                f"DROP INDEX CONCURRENTLY {name}",
            ),
        ],
        [
            migrations.AddConstraint(
                "pledge",
                models.UniqueConstraint(
                    fields=[column, "slot"], name=name, condition=models.Q(confirmed_at__isnull=False)
                ),
            )
        ],
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0061_stopped_addresses")]

    operations = [
        unique("pledge_place_unique", "address_digest"),
        unique("pledge_place_unique_last", "address_digest_last"),
        migrations.RemoveConstraint("pledge", "pledge_address_slot_unique"),
        migrations.RemoveConstraint("pledge", "pledge_address_slot_unique_last"),
        *(
            migrations.RunSQL((SQL / name).read_text(), migrations.RunSQL.noop)
            for name in ("submissions.sql", "grants.sql")
        ),
    ]
