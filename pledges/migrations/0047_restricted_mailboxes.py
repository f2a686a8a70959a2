"""A restricted row does not keep another one of its mailbox from getting a message; notes of returns that are erased."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0046_words_of_requests")]

    operations = [
        migrations.RunSQL((SQL / name).read_text(), migrations.RunSQL.noop)
        for name in ("submissions.sql", "groups.sql", "joinings.sql", "returns.sql")
    ]
