"""Eight bits of the digest of a name, by which a search for a name finds its candidates."""

from pathlib import Path

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0048_indexes_of_messages")]

    operations = [
        migrations.AddField("pledge", "name_bits", models.SmallIntegerField(editable=False, null=True)),
        migrations.AddField("submission", "name_bits", models.SmallIntegerField(editable=False, null=True)),
        AddConstraintNotValid(
            "pledge",
            models.CheckConstraint(
                condition=models.Q(name_bits=None)
                | models.Q(name_bits__gte=0, name_bits__lt=256, name_cipher__isnull=False),
                name="pledge_name_bits_of_a_name",
            ),
        ),
        AddConstraintNotValid(
            "submission",
            models.CheckConstraint(
                condition=models.Q(name_bits=None)
                | models.Q(name_digest__isnull=False, name_bits__gte=0, name_bits__lt=256),
                name="submission_name_bits_of_a_name",
            ),
        ),
        migrations.RunSQL((SQL / "names.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "submissions.sql").read_text(), migrations.RunSQL.noop),
    ]
