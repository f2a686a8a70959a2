"""Pages of groups: what to say to a child, and what not."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0003_words"),
        ("pledges", "0018_sector_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="page",
            name="say_sq",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="One phrase on each line, without quotation marks. The page shows them as quotations.",
                max_length=600,
                verbose_name="what to say to a child",
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="say_en",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="One phrase on each line, without quotation marks. The page shows them as quotations.",
                max_length=600,
                verbose_name="what to say to a child",
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="do_not_say_sq",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="One phrase on each line, without quotation marks. The page shows them as quotations.",
                max_length=600,
                verbose_name="what not to say",
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="do_not_say_en",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="One phrase on each line, without quotation marks. The page shows them as quotations.",
                max_length=600,
                verbose_name="what not to say",
            ),
        ),
        migrations.AlterField(
            model_name="page",
            name="sector",
            field=models.OneToOneField(
                blank=True,
                help_text="If this page belongs to a group, it shows the group’s own 1, its commitments and the pledge button.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="page",
                to="pledges.sector",
                verbose_name="group",
            ),
        ),
    ]
