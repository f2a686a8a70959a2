"""From signing to acting: the counts of weeks, and what erased rows leave behind for them."""

from pathlib import Path

import django.db.models.expressions
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0058_messages_of_mailings"),
    ]

    operations = [
        migrations.CreateModel(
            name="ActingChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("week", models.DateField()),
                ("sector", models.BigIntegerField()),
                ("county", models.CharField(blank=True, max_length=6)),
                (
                    "way",
                    models.CharField(
                        choices=[("online", "online"), ("groups", "in groups"), ("paper", "on paper")], max_length=6
                    ),
                ),
                ("n", models.PositiveIntegerField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ActingWeek",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "week", "sector", "county", "way", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("week", models.DateField()),
                ("sector", models.BigIntegerField()),
                ("county", models.CharField(blank=True, max_length=6)),
                (
                    "way",
                    models.CharField(
                        choices=[("online", "online"), ("groups", "in groups"), ("paper", "on paper")], max_length=6
                    ),
                ),
                ("counted_at", models.DateTimeField()),
                ("signed", models.PositiveIntegerField()),
                ("erased", models.PositiveIntegerField()),
                ("confirmed", models.PositiveIntegerField()),
                ("chose", models.PositiveIntegerField()),
                ("planned", models.PositiveIntegerField()),
                ("answered", models.PositiveIntegerField()),
                ("kept", models.PositiveIntegerField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("week__iso_week_day", 1)), name="acting_week_begins_on_monday"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answered__lte", models.F("chose")),
                            ("chose__gte", models.F("planned")),
                            ("confirmed__gte", models.F("chose")),
                            ("kept__lte", models.F("answered")),
                            (
                                "signed__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("erased"), "+", models.F("confirmed")
                                ),
                            ),
                        ),
                        name="acting_week_each_step_of_the_one_before",
                    ),
                ],
            },
        ),
        migrations.RunSQL((SQL / "acting.sql").read_text(), migrations.RunSQL.noop),
    ]
