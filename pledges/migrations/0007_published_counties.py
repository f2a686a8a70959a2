"""Published figures of counties, and the gains and losses by county that decide when they may move."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0006_bearer_values")]

    operations = [
        migrations.CreateModel(
            name="TallyCounty",
            fields=[
                ("county", models.CharField(max_length=6, primary_key=True, serialize=False)),
                ("gained", models.BigIntegerField()),
                ("lost", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="CountyRound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.CheckConstraint(name="county_round_single_row", condition=models.Q(("pk", 1)))],
            },
        ),
        migrations.CreateModel(
            name="PublishedCounty",
            fields=[
                ("county", models.CharField(max_length=6, primary_key=True, serialize=False)),
                ("base", models.BigIntegerField()),
                ("n", models.BigIntegerField()),
                ("published_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="published_county_never_small",
                        condition=models.Q(("base__gte", 5), ("n", models.F("base")))
                        | models.Q(("base__range", (0, 4)), ("n", 0)),
                    )
                ],
            },
        ),
        migrations.RunSQL((SQL / "tally.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "published.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL(
            "INSERT INTO pledges_tallycounty (county, gained, lost) "
            "SELECT county, sum(n), 0 FROM pledges_tallycell GROUP BY county",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL("CALL watch_content('pledges_publishedcounty')", migrations.RunSQL.noop),
    ]
