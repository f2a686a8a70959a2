"""Staff sign in by e-mail address, so no two accounts may have the same. Django's own table of users has no such rule."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("staff", "0003_accounts")]

    operations = [
        migrations.RunSQL(
            "CREATE UNIQUE INDEX staff_one_account_an_address ON auth_user (lower(email)) WHERE email <> ''",
            "DROP INDEX staff_one_account_an_address",
        )
    ]
