from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="signinattempt",
            name="site",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddIndex(
            model_name="signinattempt",
            index=models.Index(
                condition=models.Q(("site__isnull", False)), fields=["site", "at"], name="sign_in_attempt_by_site"
            ),
        ),
    ]
