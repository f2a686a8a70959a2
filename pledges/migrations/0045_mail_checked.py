"""The constraint and the index of messages that come back, without a lock that sending would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0044_mail_that_arrives")]

    operations = [
        ValidateConstraint("message", "message_state_and_time"),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["due_at"],
                name="message_queued_first",
                condition=models.Q(state="queued") & models.Q(kind__in=["confirm", "group", "join", "new_address"]),
            ),
        ),
    ]
