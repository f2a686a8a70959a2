"""Indexes and checked constraints of 0031, without a lock that choosing or sending would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0033_commitments")]

    operations = [
        ValidateConstraint("chosencommitment", "chosen_commitment_at_most_three"),
        ValidateConstraint("chosencommitment", "chosen_commitment_plan_to_remind_of"),
        ValidateConstraint("chosencommitment", "chosen_commitment_answer_and_time"),
        AddIndexConcurrently(
            "chosencommitment",
            models.Index(
                fields=["remind_at"],
                name="chosen_commitment_remind",
                condition=models.Q(remind_at__isnull=False, reminded_at=None),
            ),
        ),
        # Questions are bulk: the index is without them.
        RemoveIndexConcurrently("message", "message_queued_not_bulk"),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["due_at"],
                name="message_queued_not_bulk",
                condition=models.Q(state="queued") & ~models.Q(kind__in=["reminder", "keep", "how"]),
            ),
        ),
    ]
