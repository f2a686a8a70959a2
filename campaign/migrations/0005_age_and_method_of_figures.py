"""Figures: the age of the children and how it was measured, so that figures can be compared."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaign", "0004_words_to_a_child")]

    operations = [
        migrations.AddField(
            model_name="statistic",
            name="age_sq",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="How old the children were, for example “11 to 16”. Leave empty if it is not known: the page says so.",
                max_length=40,
                verbose_name="age",
            ),
        ),
        migrations.AddField(
            model_name="statistic",
            name="age_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="How old the children were, for example “11 to 16”. Leave empty if it is not known: the page says so.",
                max_length=40,
                verbose_name="age",
            ),
        ),
        migrations.AddField(
            model_name="statistic",
            name="method_sq",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Who was asked or counted, for example “BECAN study, 3,328 answers”. Leave empty if it is not known: the page says so.",
                max_length=120,
                verbose_name="how it was measured",
            ),
        ),
        migrations.AddField(
            model_name="statistic",
            name="method_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Who was asked or counted, for example “BECAN study, 3,328 answers”. Leave empty if it is not known: the page says so.",
                max_length=120,
                verbose_name="how it was measured",
            ),
        ),
    ]
