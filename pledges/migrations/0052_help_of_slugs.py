"""The help text of slugs of sectors."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0051_slugs_of_sectors"),
    ]

    operations = [
        migrations.AlterField(
            model_name="sector",
            name="slug",
            field=models.SlugField(
                help_text="Used in addresses and open data, for example “parents”. You can correct it until the first person signs or the group has a page.",
                unique=True,
                verbose_name="slug",
            ),
        ),
    ]
