"""What supporters follow refers to a demand."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("campaign", "0019_words_of_help"), ("pledges", "0058_messages_of_mailings")]

    operations = [
        migrations.RunSQL(
            (SQL / "follows.sql").read_text(), "ALTER TABLE pledges_follow DROP CONSTRAINT follow_demand_exists"
        )
    ]
