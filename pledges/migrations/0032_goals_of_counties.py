"""Goals of counties. The release before knows none and would show them as goals of the whole country after a rollback."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0031_organisation_links"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="goal",
            options={
                "ordering": [models.OrderBy(models.F("county__sort_key"), nulls_first=True), "people"],
                "verbose_name": "goal",
                "verbose_name_plural": "goals",
            },
        ),
        migrations.AddField(
            model_name="goal",
            name="county",
            field=models.ForeignKey(
                blank=True,
                help_text="Leave empty for a goal of the whole country. The page of a county shows its goals.",
                limit_choices_to=models.Q(("code", "abroad"), _negated=True),
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="goals",
                to="pledges.county",
                verbose_name="county",
            ),
        ),
        migrations.AlterField(
            model_name="goal",
            name="people",
            field=models.PositiveIntegerField(
                help_text="How many supporters we aim for, for example 5000.",
                validators=[django.core.validators.MinValueValidator(10)],
                verbose_name="number of supporters",
            ),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.UniqueConstraint(
                fields=("people", "county"), name="goal_unique_in_county", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("county", "abroad"), _negated=True), ("county", None), _connector="OR"),
                name="goal_county_has_a_page",
            ),
        ),
    ]
