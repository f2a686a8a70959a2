"""The indexes and the constraints of messages of mailings, without a lock that sending would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint
from django.db import migrations, models

BULK = ["reminder", "keep", "how", "news"]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0057_rules_of_mailings")]

    operations = [
        ValidateConstraint("message", "message_news_of_a_mailing"),
        migrations.RunSQL(
            "ALTER TABLE pledges_follow VALIDATE CONSTRAINT follow_pledge_exists", migrations.RunSQL.noop
        ),
        migrations.SeparateDatabaseAndState(
            [
                # One that was interrupted leaves an invalid index.
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS message_once_for_each", migrations.RunSQL.noop),
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY message_once_for_each ON pledges_message (mailing_id, pledge_id) "
                    "WHERE mailing_id IS NOT NULL",
                    "DROP INDEX CONCURRENTLY message_once_for_each",
                ),
            ],
            [
                migrations.AddConstraint(
                    "message",
                    models.UniqueConstraint(
                        fields=["mailing", "pledge"],
                        name="message_once_for_each",
                        condition=models.Q(mailing__isnull=False),
                    ),
                )
            ],
        ),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["mailing", "state"], name="message_mailing", condition=models.Q(mailing__isnull=False)
            ),
        ),
        AddIndexConcurrently(
            "pledge",
            models.Index(
                fields=["id"],
                name="pledge_news",
                condition=models.Q(state="confirmed", updates=True),
            ),
        ),
        # News became one of the kinds that are bulk.
        RemoveIndexConcurrently("message", "message_queued_not_bulk"),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["due_at"],
                name="message_queued_not_bulk",
                condition=models.Q(state="queued") & ~models.Q(kind__in=BULK),
            ),
        ),
        RemoveIndexConcurrently("message", "message_tried_bulk"),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["-tried_at"],
                name="message_tried_bulk",
                condition=models.Q(tried_at__isnull=False) & models.Q(kind__in=BULK),
            ),
        ),
    ]
