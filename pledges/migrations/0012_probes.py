"""What the worker probes beside its heartbeat, and a function that finds a disk without space."""

from pathlib import Path

import django.db.models.functions.datetime
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0011_registered_keys")]

    operations = [
        migrations.AlterField(
            model_name="heartbeat",
            name="beat_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="is_clock_steady",
            field=models.BooleanField(db_default=True, editable=False),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="certificate_read_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="certificate_ends_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL((SQL / "probes.sql").read_text(), migrations.RunSQL.noop),
    ]
