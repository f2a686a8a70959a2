"""A round of counties notes the version of the tally, so that the table can be of the same moment."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0039_weeks_counted")]

    operations = [
        migrations.AddField("countyround", "tally", models.BigIntegerField(null=True)),
        migrations.RunSQL((SQL / "published.sql").read_text(), migrations.RunSQL.noop),
    ]
