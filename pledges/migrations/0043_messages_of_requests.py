"""The constraint and the index of answers to requests, without a lock that sending would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0042_requests")]

    operations = [
        ValidateConstraint("message", "message_pledge_or_address"),
        AddIndexConcurrently(
            "message",
            models.Index(fields=["request"], name="message_request", condition=models.Q(request__isnull=False)),
        ),
    ]
