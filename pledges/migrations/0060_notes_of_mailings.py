"""What the writer of a mailing should change, from the second person who sent it back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0059_acting"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailing",
            name="note",
            field=models.TextField(db_default="", default="", editable=False, max_length=2000, verbose_name="note"),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(("note", ""), ("state", "draft"), _connector="OR"), name="mailing_note_of_a_draft"
            ),
        ),
    ]
