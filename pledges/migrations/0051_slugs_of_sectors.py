"""The slug of a sector can be corrected until the sector is used."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0050_indexes_of_name_bits")]

    operations = [migrations.RunSQL((SQL / "sectors.sql").read_text(), migrations.RunSQL.noop)]
