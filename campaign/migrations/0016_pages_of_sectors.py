"""A sector with a page keeps its slug."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("campaign", "0015_external_links"), ("pledges", "0051_slugs_of_sectors")]

    operations = [migrations.RunSQL((SQL / "sector_pages.sql").read_text(), migrations.RunSQL.noop)]
