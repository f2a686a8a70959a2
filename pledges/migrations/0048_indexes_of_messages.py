"""Indexes of messages that store their address and of bulk messages, without a lock that sending would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0047_restricted_mailboxes")]

    operations = [
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["created_at"],
                name="message_own_address",
                condition=models.Q(address_cipher__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["-tried_at"],
                name="message_tried_bulk",
                condition=models.Q(tried_at__isnull=False) & models.Q(kind__in=["reminder", "keep", "how"]),
            ),
        ),
    ]
