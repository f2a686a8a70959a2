from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pledges", "0016_goals")]

    operations = [
        migrations.AddField(
            model_name="pledgingsettings",
            name="shows_numbers",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="If this is on, people read “You are number 2971” once they have confirmed, and in the email "
                "that follows. Only they see their number.",
                verbose_name="supporters see their number",
            ),
        ),
    ]
