"""Indexes and checked constraints of the bits of names, without a lock that signing would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pledges", "0049_name_bits")]

    operations = [
        ValidateConstraint("pledge", "pledge_name_bits_of_a_name"),
        ValidateConstraint("submission", "submission_name_bits_of_a_name"),
        AddIndexConcurrently(
            "pledge",
            models.Index(
                fields=["name_bits", "-created_at", "-id"],
                name="pledge_name_bits",
                condition=models.Q(name_bits__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            "pledge",
            models.Index(
                fields=["id"],
                name="pledge_name_bits_missing",
                condition=models.Q(name_bits=None, name_cipher__isnull=False),
            ),
        ),
    ]
