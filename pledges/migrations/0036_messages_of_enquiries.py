"""The constraint and the index of answers, without a lock that sending would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0035_enquiries")]

    operations = [
        ValidateConstraint("message", "message_pledge_or_address"),
        AddIndexConcurrently(
            "message",
            models.Index(fields=["answer"], name="message_answer", condition=models.Q(answer__isnull=False)),
        ),
    ]
