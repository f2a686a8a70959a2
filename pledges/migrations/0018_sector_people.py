"""Groups have a name that follows a number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pledges", "0017_numbers")]

    operations = [
        migrations.AddField(
            model_name="sector",
            name="people_sq",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="As in “1021 parents have signed”. Leave empty to say “people”.",
                max_length=60,
                verbose_name="name after a number",
            ),
        ),
        migrations.AddField(
            model_name="sector",
            name="people_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="As in “1021 parents have signed”. Leave empty to say “people”.",
                max_length=60,
                verbose_name="name after a number",
            ),
        ),
    ]
