"""Starter content remembers what it wrote. Items of earlier releases are given the digests of the content that those wrote."""

import json
from pathlib import Path

from django.db import migrations, models

# {key of the item: {field: digest}} of the starter content of the release before.
DIGESTS = Path(__file__).parent / "starter_digests.json"


def remember(apps, _schema_editor):
    """Fill `written` of existing items. Pledge texts, which were part of their sector's item, get items of their own."""
    StarterItem = apps.get_model("pledges", "StarterItem")
    items = {item.key: item for item in StarterItem.objects.all()}
    for key, written in json.loads(DIGESTS.read_text()).items():
        kind, _, name = key.partition(":")
        if key in items:
            items[key].written = written
            items[key].save()
        elif kind == "wording" and f"sector:{name}" in items:
            StarterItem.objects.create(key=key, written=written)


class Migration(migrations.Migration):
    dependencies = [("pledges", "0012_probes")]

    operations = [
        migrations.AddField(
            model_name="starteritem",
            name="written",
            field=models.JSONField(default=dict),
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
