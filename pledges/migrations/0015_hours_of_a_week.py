"""The hours of the tally reach back eight days, so that they stay exact while the clock of the database is ahead."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0014_words")]

    operations = [migrations.RunSQL((SQL / "tally.sql").read_text(), migrations.RunSQL.noop)]
