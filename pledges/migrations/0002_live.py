"""Versions of the published content and of the tally, and sums by day and by hour."""

from pathlib import Path

import django.db.models.expressions
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
RANDOM_MARK = django.db.models.expressions.Func(function="random_mark", output_field=models.BigIntegerField())
# The tables of pledges that hold published content.
WATCHED = [
    "commitment",
    "county",
    "milestone",
    "municipality",
    "pledgingsettings",
    "providerrule",
    "publishedstate",
    "sector",
    "wording",
]


class Migration(migrations.Migration):
    dependencies = [("pledges", "0001_initial")]

    operations = [
        migrations.RunSQL((SQL / "marks.sql").read_text(), migrations.RunSQL.noop),
        migrations.CreateModel(
            name="ContentChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mark", models.BigIntegerField(db_default=RANDOM_MARK)),
            ],
        ),
        migrations.CreateModel(
            name="ContentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mark", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="content_version_single_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="TallyDate",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("n", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="TallyHour",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False)),
                ("n", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="TallyVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mark", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="tally_version_single_row")],
            },
        ),
        migrations.AddField(model_name="tallydelta", name="hour", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="tallydelta", name="mark", field=models.BigIntegerField(db_default=RANDOM_MARK)),
        migrations.RunSQL(
            "INSERT INTO pledges_tallydate (day, n) SELECT day, sum(n) FROM pledges_tallyday GROUP BY day",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL((SQL / "content.sql").read_text(), migrations.RunSQL.noop),
        # Replaces the functions that the first migration created.
        migrations.RunSQL((SQL / "tally.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL([f"CALL watch_content('pledges_{table}')" for table in WATCHED], migrations.RunSQL.noop),
    ]
