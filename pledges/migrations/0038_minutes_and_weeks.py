"""Counters of minutes, the weeks of pledges, and what a batch keeps about its choice. The triggers follow in the next migration."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0037_challenges"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="domain",
            field=models.CharField(
                blank=True, db_default="", editable=False, max_length=253, verbose_name="email domain"
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="reason",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=200, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="chosen",
            field=models.CharField(
                choices=[
                    ("selection", "ticked one by one"),
                    ("filters", "all filtered pledges"),
                    ("networks", "from the same networks"),
                    ("domains", "with the same email domains"),
                    ("minutes", "signed in the same minutes"),
                ],
                editable=False,
                max_length=9,
                verbose_name="how they were chosen",
            ),
        ),
        migrations.CreateModel(
            name="Minute",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "minute",
                        "kind",
                        "provider",
                        "slot",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("minute", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("challenge", "asked for a challenge"), ("refusal", "refused")], max_length=9
                    ),
                ),
                ("provider", models.CharField(blank=True, max_length=253)),
                ("slot", models.PositiveSmallIntegerField()),
                ("n", models.PositiveIntegerField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["challenge", "refusal"])), name="minute_kind"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Week",
            fields=[
                ("begins", models.DateField(primary_key=True, serialize=False)),
                ("published_at", models.DateTimeField(null=True)),
                ("signed", models.PositiveIntegerField(null=True)),
                ("confirmed", models.PositiveIntegerField(null=True)),
                ("expired", models.PositiveIntegerField(null=True)),
                ("withdrawn", models.PositiveIntegerField(null=True)),
                ("removed", models.PositiveIntegerField(null=True)),
                ("restored", models.PositiveIntegerField(null=True)),
            ],
            options={
                "ordering": ["-begins"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("begins__iso_week_day", 1)), name="week_begins_on_monday"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed__isnull", True),
                                ("expired__isnull", True),
                                ("published_at", None),
                                ("removed__isnull", True),
                                ("restored__isnull", True),
                                ("signed__isnull", True),
                                ("withdrawn__isnull", True),
                            ),
                            models.Q(
                                ("confirmed__isnull", False),
                                ("expired__isnull", False),
                                ("published_at__isnull", False),
                                ("removed__isnull", False),
                                ("restored__isnull", False),
                                ("signed__isnull", False),
                                ("withdrawn__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="week_published_whole",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("published_at", None)),
                        fields=("published_at",),
                        name="week_one_is_open",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WeekChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("week", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed", "Signed"),
                            ("confirmed", "Confirmed"),
                            ("expired", "Expired"),
                            ("withdrawn", "Withdrawn"),
                            ("removed", "Removed"),
                            ("restored", "Restored"),
                        ],
                        max_length=9,
                    ),
                ),
                ("n", models.PositiveIntegerField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["week"], name="week_change")],
            },
        ),
        migrations.RunSQL((SQL / "minutes.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL("CALL watch_content('pledges_week')", migrations.RunSQL.noop),
    ]
