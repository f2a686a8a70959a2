"""Leases of messages, and an index of messages that are not bulk."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0002_live"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="leased_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "queued"), models.Q(("kind__in", ["reminder"]), _negated=True)),
                fields=["due_at"],
                name="message_queued_not_bulk",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("leased_until", None), ("state", "queued"), _connector="OR"),
                name="message_lease_only_while_queued",
            ),
        ),
    ]
