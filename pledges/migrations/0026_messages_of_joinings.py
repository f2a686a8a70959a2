"""The constraint and the index of messages about organisations, without a lock that sending would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0025_joinings")]

    operations = [
        ValidateConstraint("message", "message_pledge_or_address"),
        AddIndexConcurrently(
            "message",
            models.Index(fields=["joining"], name="message_joining", condition=models.Q(joining__isnull=False)),
        ),
    ]
