"""A state of a demand says that the law is adopted or in force, because what it asks for may not exist yet. No table changes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0021_page_for_children_who_wrote"),
    ]

    operations = [
        migrations.AlterField(
            model_name="demandstep",
            name="state",
            field=models.CharField(
                choices=[
                    ("asked", "Asked"),
                    ("in_review", "In review"),
                    ("adopted", "Law adopted"),
                    ("in_force", "Law in force"),
                    ("working", "Working"),
                    ("refused", "Refused"),
                    ("withdrawn", "Withdrawn"),
                    ("unknown", "We do not know"),
                ],
                help_text="How far the demand has come with it. News without a change has the same step as before.",
                max_length=9,
                verbose_name="step",
            ),
        ),
        migrations.AlterField(
            model_name="handover",
            name="goal",
            field=models.OneToOneField(
                error_messages={"unique": "This goal already has a hand-over."},
                help_text="The demand is handed over when there are so many supporters.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="handover",
                to="pledges.goal",
                verbose_name="goal",
            ),
        ),
    ]
