"""The constraint and the index of messages about group pledges, without a lock that sending would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0022_group_pledges")]

    operations = [
        ValidateConstraint("message", "message_pledge_or_address"),
        AddIndexConcurrently(
            "message",
            models.Index(fields=["group"], name="message_group", condition=models.Q(group__isnull=False)),
        ),
    ]
