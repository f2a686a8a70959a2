"""Triggers and a foreign key of mailings: for a moment they lock the pledges, and the tables are made before."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0056_mailings")]

    operations = [migrations.RunSQL((SQL / "mailings.sql").read_text(), migrations.RunSQL.noop)]
