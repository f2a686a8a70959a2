"""Paper sheets: their table with its triggers."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0023_messages_of_groups"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaperSheet",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False, verbose_name="number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("issued", "issued"),
                            ("returned", "returned"),
                            ("counted", "counted"),
                            ("void", "void"),
                        ],
                        default="issued",
                        editable=False,
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("first", models.JSONField(editable=False, null=True, verbose_name="first count")),
                ("second", models.JSONField(editable=False, null=True, verbose_name="second count")),
                ("first_by", models.BigIntegerField(editable=False, null=True)),
                ("second_by", models.BigIntegerField(editable=False, null=True)),
                (
                    "issued_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="issued"
                    ),
                ),
                ("returned_at", models.DateTimeField(editable=False, null=True, verbose_name="returned")),
                ("counted_at", models.DateTimeField(editable=False, null=True, verbose_name="counted")),
                ("voided_at", models.DateTimeField(editable=False, null=True, verbose_name="void since")),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("lost", "It is lost."),
                            ("damaged", "It cannot be read."),
                            ("names", "It has names on it."),
                            ("wrong", "It was filled in or counted wrongly."),
                            ("unused", "It was not used."),
                        ],
                        editable=False,
                        max_length=7,
                        verbose_name="reason",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pledges.county",
                        verbose_name="county",
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sheets",
                        to="pledges.municipality",
                        verbose_name="municipality",
                    ),
                ),
            ],
            options={
                "verbose_name": "paper sheet",
                "verbose_name_plural": "paper sheets",
                "ordering": ["number"],
                "indexes": [models.Index(fields=["state", "number"], name="sheet_state")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="sheet_number_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("counted_at", None),
                                ("first__isnull", True),
                                ("returned_at", None),
                                ("state", "issued"),
                                ("voided_at", None),
                            ),
                            models.Q(
                                ("counted_at", None),
                                ("first__isnull", False),
                                ("returned_at__isnull", False),
                                ("state", "returned"),
                                ("voided_at", None),
                            ),
                            models.Q(
                                ("counted_at__isnull", False),
                                ("returned_at__isnull", False),
                                ("state", "counted"),
                                ("voided_at", None),
                            ),
                            models.Q(("state", "void"), ("voided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="sheet_state_and_times",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("first", models.F("second")), ("second__isnull", False), ("state", "counted")),
                            models.Q(
                                ("state", "returned"),
                                models.Q(
                                    ("second__isnull", True),
                                    models.Q(("first", models.F("second")), _negated=True),
                                    _connector="OR",
                                ),
                            ),
                            ("state__in", ["issued", "void"]),
                            _connector="OR",
                        ),
                        name="sheet_counted_when_both_counts_are_equal",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("first__isnull", True),
                                ("first_by", None),
                                ("second__isnull", True),
                                ("second_by", None),
                            ),
                            models.Q(
                                ("first__isnull", False),
                                ("first_by__isnull", False),
                                ("second__isnull", True),
                                ("second_by", None),
                            ),
                            models.Q(
                                ("first__isnull", False),
                                ("first_by__isnull", False),
                                ("second__isnull", False),
                                ("second_by__isnull", False),
                                models.Q(("first_by", models.F("second_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="sheet_counted_by_two_accounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "void"), models.Q(("reason", ""), _negated=True)),
                            models.Q(models.Q(("state", "void"), _negated=True), ("reason", "")),
                            _connector="OR",
                        ),
                        name="sheet_void_with_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("county", None), ("municipality", None)),
                            models.Q(("county__isnull", False), ("municipality__isnull", False)),
                            _connector="OR",
                        ),
                        name="sheet_county_of_its_municipality",
                    ),
                ],
            },
        ),
        migrations.RunSQL((SQL / "paper.sql").read_text(), migrations.RunSQL.noop),
    ]
