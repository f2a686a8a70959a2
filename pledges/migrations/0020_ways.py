"""The tally counts each way of signing on its own: columns, and indexes under which both releases can fold.

A column with a constant default rewrites no table. The new indexes are of tables that hold one row for a day, sector and county
at most. No lock of the pledge table is held meanwhile: the functions follow in the next migration.
"""

from django.db import migrations, models
from django.db.models import Case, F, Q, Value, When

WAYS = [("online", "online"), ("groups", "in groups"), ("paper", "on paper")]
# {table: its key}
KEYS = {
    "tallyday": ["day", "sector", "county", "way"],
    "tallycell": ["sector", "county", "way"],
    "tallycounty": ["county", "way"],
}


def _figure(column):
    least_five = When(**{f"{column}__gte": 5}, then=F(column))
    return Case(least_five, default=Value(0), output_field=models.BigIntegerField())


def _way():
    return models.CharField(choices=WAYS, db_default="online", max_length=6)


class Migration(migrations.Migration):
    dependencies = [("pledges", "0019_more_words")]

    operations = [
        *(migrations.AddField(table, "way", _way()) for table in ["tallydelta", *KEYS]),
        *(
            migrations.RunSQL(
                f"CREATE UNIQUE INDEX pledges_{table}_key ON pledges_{table} ({', '.join(columns)})",
                f"DROP INDEX IF EXISTS pledges_{table}_key",
            )
            for table, columns in KEYS.items()
        ),
        migrations.AddField("publishedcounty", "groups", models.BigIntegerField(db_default=0)),
        migrations.AddField("publishedcounty", "paper", models.BigIntegerField(db_default=0)),
        migrations.RemoveConstraint("publishedcounty", "published_county_never_small"),
        migrations.AddConstraint(
            "publishedcounty",
            models.CheckConstraint(
                name="published_county_never_small",
                condition=Q(
                    base__gte=0, groups__gte=0, paper__gte=0, n=_figure("base") + _figure("groups") + _figure("paper")
                ),
            ),
        ),
        migrations.AddField("publishedstate", "ways", models.JSONField(db_default={})),
    ]
