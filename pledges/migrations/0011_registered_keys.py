"""The fingerprints of the keys with which processes may write. The keys themselves are registered after the migration."""

from pathlib import Path

import django.db.models.functions.datetime
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0010_backups")]

    operations = [
        migrations.CreateModel(
            name="RegisteredKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "list",
                    models.CharField(
                        choices=[("FIELD_KEYS", "FIELD_KEYS"), ("DIGEST_KEYS", "DIGEST_KEYS")],
                        editable=False,
                        max_length=11,
                    ),
                ),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("key_id", models.CharField(editable=False, max_length=2)),
                (
                    "state",
                    models.CharField(
                        choices=[("coming", "coming"), ("current", "current"), ("leaving", "leaving")],
                        editable=False,
                        max_length=7,
                    ),
                ),
                (
                    "registered_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("list", "fingerprint"), name="registered_key_unique"),
                    models.UniqueConstraint(fields=("list", "key_id"), name="registered_key_id_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "leaving"), _negated=True),
                        fields=("list", "state"),
                        name="registered_key_one_current",
                    ),
                ],
            },
        ),
        migrations.RunSQL((SQL / "keys.sql").read_text(), "DROP FUNCTION check_digest_keys, keys_lock CASCADE"),
    ]
