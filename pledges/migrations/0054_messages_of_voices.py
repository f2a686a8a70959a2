"""The constraint and the index of messages about voices, without a lock that sending would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0053_voices")]

    operations = [
        ValidateConstraint("message", "message_pledge_or_address"),
        AddIndexConcurrently(
            "message",
            models.Index(fields=["voice"], name="message_voice", condition=models.Q(voice__isnull=False)),
        ),
    ]
