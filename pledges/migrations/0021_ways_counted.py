"""The functions of the tally and of the published figures name the way, which then becomes part of the keys."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
KEYS = {
    "tallyday": ["day", "sector", "county", "way"],
    "tallycell": ["sector", "county", "way"],
    "tallycounty": ["county", "way"],
}


def _state(table, columns):
    key = models.CompositePrimaryKey(*columns, blank=True, editable=False, primary_key=True, serialize=False)
    if table != "tallycounty":
        return [migrations.AlterField(table, "pk", key)]
    return [
        migrations.AlterField(table, "county", models.CharField(max_length=6)),
        migrations.AddField(table, "pk", key),
    ]


class Migration(migrations.Migration):
    dependencies = [("pledges", "0020_ways")]

    operations = [
        migrations.RunSQL((SQL / "tally.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "published.sql").read_text(), migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                f"ALTER TABLE pledges_{table} DROP CONSTRAINT pledges_{table}_pkey, "
                f"ADD CONSTRAINT pledges_{table}_pkey PRIMARY KEY USING INDEX pledges_{table}_key",
                # Django does not change a composite primary key.
                state_operations=_state(table, columns),
            )
            for table, columns in KEYS.items()
        ),
    ]
