"""The help text of the setting about a second person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0004_drafts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="publishingsettings",
            name="needs_second_person",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="If this is on, people cannot publish what they wrote themselves: a second person reads each change and publishes it. For example, turn it on before a campaign week. Some things must not wait for a second person: taking down, pausing signing, help numbers, “Verified today”, and decisions on what others sent, such as a logo.",
                verbose_name="a second person publishes",
            ),
        ),
    ]
