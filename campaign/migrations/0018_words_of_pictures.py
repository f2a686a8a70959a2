"""The help text of the file of a picture, which may be larger."""

from django.db import migrations

import campaign.models.pictures


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0017_site_settings_and_menus"),
    ]

    operations = [
        migrations.AlterField(
            model_name="picture",
            name="file",
            field=campaign.models.pictures.PictureFileField(
                height_field="height",
                help_text="JPEG, PNG or WebP, 30 MB or smaller. We remove the data about where and how it was taken. Never use a photo of a child in distress, or anything that could identify a victim.",
                max_length=60,
                upload_to=campaign.models.pictures.upload_path,
                verbose_name="picture file",
                width_field="width",
            ),
        ),
    ]
