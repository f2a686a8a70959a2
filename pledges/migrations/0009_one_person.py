"""Another spelling of a confirmed name, how long name and address are kept, and ciphertexts that cannot be decrypted."""

from pathlib import Path

import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0008_mailbox_limits")]

    operations = [
        migrations.CreateModel(
            name="Unreadable",
            fields=[
                ("place", models.CharField(editable=False, max_length=80, primary_key=True, serialize=False)),
                (
                    "found_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_pledge_or_address",
        ),
        migrations.RemoveIndex(
            model_name="message",
            name="message_queued_not_bulk",
        ),
        migrations.AddField(
            model_name="pledge",
            name="keep_asked_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="pledge",
            name="kept_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm"),
                    ("reminder", "reminder to confirm"),
                    ("counted", "you are counted"),
                    ("already", "you have already pledged"),
                    ("similar", "signed again with a similar name"),
                    ("full", "two have pledged from this address"),
                    ("links", "your link"),
                    ("fresh", "a fresh link"),
                    ("new_address", "confirm the new address"),
                    ("moved", "your address was changed"),
                    ("keep", "shall we keep your name and address?"),
                    ("corrected", "your pledge is corrected"),
                    ("withdrawn", "your pledge is erased"),
                ],
                max_length=11,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="messagetext",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm"),
                    ("reminder", "reminder to confirm"),
                    ("counted", "you are counted"),
                    ("already", "you have already pledged"),
                    ("similar", "signed again with a similar name"),
                    ("full", "two have pledged from this address"),
                    ("links", "your link"),
                    ("fresh", "a fresh link"),
                    ("new_address", "confirm the new address"),
                    ("moved", "your address was changed"),
                    ("keep", "shall we keep your name and address?"),
                    ("corrected", "your pledge is corrected"),
                    ("withdrawn", "your pledge is erased"),
                ],
                editable=False,
                max_length=11,
                unique=True,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="pledge",
            name="address_cipher",
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name="pledge",
            name="name_cipher",
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name="trialmessage",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm"),
                    ("reminder", "reminder to confirm"),
                    ("counted", "you are counted"),
                    ("already", "you have already pledged"),
                    ("similar", "signed again with a similar name"),
                    ("full", "two have pledged from this address"),
                    ("links", "your link"),
                    ("fresh", "a fresh link"),
                    ("new_address", "confirm the new address"),
                    ("moved", "your address was changed"),
                    ("keep", "shall we keep your name and address?"),
                    ("corrected", "your pledge is corrected"),
                    ("withdrawn", "your pledge is erased"),
                ],
                editable=False,
                max_length=11,
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "queued"), models.Q(("kind__in", ["reminder", "keep"]), _negated=True)),
                fields=["due_at"],
                name="message_queued_not_bulk",
            ),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(
                django.db.models.functions.comparison.Greatest("confirmed_at", "kept_at"),
                condition=models.Q(("keep_asked_at", None), ("name_cipher__isnull", False), ("state", "confirmed")),
                name="pledge_to_be_asked",
            ),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(
                condition=models.Q(("keep_asked_at__isnull", False)), fields=["keep_asked_at"], name="pledge_keep_asked"
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("pledge__isnull", False), ("address_cipher__isnull", False), _connector="OR"),
                name="message_pledge_or_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("address_cipher__isnull", False), ("name_cipher__isnull", False)),
                    models.Q(
                        ("address_cipher", None),
                        ("confirmed_at__isnull", False),
                        ("keep_asked_at", None),
                        ("name_cipher", None),
                        ("new_address_at", None),
                        ("new_address_cipher", None),
                        ("show_name", False),
                        ("updates", False),
                        ("wall", "waiting"),
                        ("wall_at", None),
                        models.Q(("state", "pending"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="pledge_person_or_erased",
            ),
        ),
        migrations.RunSQL((SQL / "submissions.sql").read_text(), migrations.RunSQL.noop),
    ]
