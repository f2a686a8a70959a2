"""The triggers that keep the weeks of pledges."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0038_minutes_and_weeks")]

    operations = [migrations.RunSQL((SQL / "weeks.sql").read_text(), migrations.RunSQL.noop)]
