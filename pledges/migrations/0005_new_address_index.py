"""An index for the housekeeping of new addresses."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pledges", "0004_submissions")]

    operations = [
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(
                condition=models.Q(("new_address_at__isnull", False)),
                fields=["new_address_at"],
                name="pledge_new_address",
            ),
        ),
    ]
