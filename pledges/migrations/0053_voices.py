"""Owners of voices that were given to us: their table, and messages about them."""

import uuid
from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0052_help_of_slugs"),
    ]

    operations = [
        migrations.CreateModel(
            name="VoiceOwner",
            fields=[
                ("restricted_at", models.DateTimeField(editable=False, null=True, verbose_name="restricted since")),
                ("name_cipher", models.BinaryField(null=True)),
                ("address_cipher", models.BinaryField(null=True)),
                ("address_digest", models.BinaryField(max_length=32, null=True)),
                ("address_digest_last", models.BinaryField(max_length=32, null=True)),
                ("digest_mark", models.CharField(blank=True, editable=False, max_length=12)),
                ("link_version", models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "language",
                    models.CharField(
                        choices=[("sq", "Albanian"), ("en", "English")], max_length=2, verbose_name="language"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("asked_at", models.DateTimeField(editable=False, null=True, verbose_name="preview sent")),
                ("approved_at", models.DateTimeField(editable=False, null=True, verbose_name="approved")),
                ("approved_fingerprint", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("removed_at", models.DateTimeField(editable=False, null=True, verbose_name="removed")),
            ],
            options={
                "verbose_name": "owner of a voice",
                "verbose_name_plural": "owners of voices",
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_pledge_or_address",
        ),
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm"),
                    ("reminder", "reminder to confirm"),
                    ("counted", "you are counted"),
                    ("already", "you have already signed"),
                    ("similar", "signed again with a similar name"),
                    ("full", "two people have signed with this address"),
                    ("links", "your link"),
                    ("fresh", "a new link"),
                    ("new_address", "confirm the new address"),
                    ("moved", "your address has been changed"),
                    ("plan", "reminder of a plan"),
                    ("how", "how did it go?"),
                    ("keep", "should we keep your name and address?"),
                    ("corrected", "your pledge has been corrected"),
                    ("withdrawn", "your pledge has been erased"),
                    ("group", "group: please confirm"),
                    ("group_open", "group: we are checking it"),
                    ("group_yes", "group: counted"),
                    ("group_no", "group: not counted"),
                    ("group_out", "group: withdrawn"),
                    ("group_links", "group: your links"),
                    ("join", "organisation: please confirm"),
                    ("join_again", "organisation: already sent"),
                    ("join_yes", "organisation: on our page"),
                    ("join_no", "organisation: refused"),
                    ("join_renew", "organisation: still with us?"),
                    ("join_out", "organisation: has left"),
                    ("join_links", "organisation: your links"),
                    ("voice", "voice: please approve it"),
                    ("answer", "answer to an enquiry"),
                    ("data_copy", "request: the copy of the data"),
                    ("data_fixed", "request: the data is corrected"),
                    ("data_limit", "request: the data is restricted"),
                    ("data_erased", "request: the data is erased"),
                    ("data_none", "request: we hold nothing"),
                    ("data_no", "request: refused"),
                    ("alarm", "to the safeguarding lead: sign in"),
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
                    ("already", "you have already signed"),
                    ("similar", "signed again with a similar name"),
                    ("full", "two people have signed with this address"),
                    ("links", "your link"),
                    ("fresh", "a new link"),
                    ("new_address", "confirm the new address"),
                    ("moved", "your address has been changed"),
                    ("plan", "reminder of a plan"),
                    ("how", "how did it go?"),
                    ("keep", "should we keep your name and address?"),
                    ("corrected", "your pledge has been corrected"),
                    ("withdrawn", "your pledge has been erased"),
                    ("group", "group: please confirm"),
                    ("group_open", "group: we are checking it"),
                    ("group_yes", "group: counted"),
                    ("group_no", "group: not counted"),
                    ("group_out", "group: withdrawn"),
                    ("group_links", "group: your links"),
                    ("join", "organisation: please confirm"),
                    ("join_again", "organisation: already sent"),
                    ("join_yes", "organisation: on our page"),
                    ("join_no", "organisation: refused"),
                    ("join_renew", "organisation: still with us?"),
                    ("join_out", "organisation: has left"),
                    ("join_links", "organisation: your links"),
                    ("voice", "voice: please approve it"),
                    ("answer", "answer to an enquiry"),
                    ("data_copy", "request: the copy of the data"),
                    ("data_fixed", "request: the data is corrected"),
                    ("data_limit", "request: the data is restricted"),
                    ("data_erased", "request: the data is erased"),
                    ("data_none", "request: we hold nothing"),
                    ("data_no", "request: refused"),
                    ("alarm", "to the safeguarding lead: sign in"),
                ],
                editable=False,
                max_length=11,
                unique=True,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="trialmessage",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm"),
                    ("reminder", "reminder to confirm"),
                    ("counted", "you are counted"),
                    ("already", "you have already signed"),
                    ("similar", "signed again with a similar name"),
                    ("full", "two people have signed with this address"),
                    ("links", "your link"),
                    ("fresh", "a new link"),
                    ("new_address", "confirm the new address"),
                    ("moved", "your address has been changed"),
                    ("plan", "reminder of a plan"),
                    ("how", "how did it go?"),
                    ("keep", "should we keep your name and address?"),
                    ("corrected", "your pledge has been corrected"),
                    ("withdrawn", "your pledge has been erased"),
                    ("group", "group: please confirm"),
                    ("group_open", "group: we are checking it"),
                    ("group_yes", "group: counted"),
                    ("group_no", "group: not counted"),
                    ("group_out", "group: withdrawn"),
                    ("group_links", "group: your links"),
                    ("join", "organisation: please confirm"),
                    ("join_again", "organisation: already sent"),
                    ("join_yes", "organisation: on our page"),
                    ("join_no", "organisation: refused"),
                    ("join_renew", "organisation: still with us?"),
                    ("join_out", "organisation: has left"),
                    ("join_links", "organisation: your links"),
                    ("voice", "voice: please approve it"),
                    ("answer", "answer to an enquiry"),
                    ("data_copy", "request: the copy of the data"),
                    ("data_fixed", "request: the data is corrected"),
                    ("data_limit", "request: the data is restricted"),
                    ("data_erased", "request: the data is erased"),
                    ("data_none", "request: we hold nothing"),
                    ("data_no", "request: refused"),
                    ("alarm", "to the safeguarding lead: sign in"),
                ],
                editable=False,
                max_length=11,
            ),
        ),
        migrations.AddIndex(
            model_name="voiceowner",
            index=models.Index(fields=["address_digest"], name="voiceowner_address"),
        ),
        migrations.AddIndex(
            model_name="voiceowner",
            index=models.Index(fields=["address_digest_last"], name="voiceowner_address_last"),
        ),
        migrations.AddConstraint(
            model_name="voiceowner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("address_cipher__isnull", False),
                        ("address_digest__isnull", False),
                        ("address_digest__length", 32),
                        ("address_digest_last__isnull", False),
                        ("address_digest_last__length", 32),
                        ("name_cipher__isnull", False),
                        ("removed_at", None),
                    ),
                    models.Q(
                        ("address_cipher", None),
                        ("address_digest", None),
                        ("address_digest_last", None),
                        ("approved_fingerprint", ""),
                        ("digest_mark", ""),
                        ("name_cipher", None),
                        ("removed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="voiceowner_contact_or_removed",
            ),
        ),
        migrations.AddConstraint(
            model_name="voiceowner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_fingerprint", ""),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("asked_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="voiceowner_approved_with_a_time",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="voice",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="pledges.voiceowner",
            ),
        ),
        AddConstraintNotValid(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pledge__isnull", False),
                    ("group__isnull", False),
                    ("joining__isnull", False),
                    ("answer__isnull", False),
                    ("request__isnull", False),
                    ("voice__isnull", False),
                    ("address_cipher__isnull", False),
                    _connector="OR",
                ),
                name="message_pledge_or_address",
            ),
        ),
        *(
            migrations.RunSQL((SQL / name).read_text(), migrations.RunSQL.noop)
            for name in ("requests.sql", "voices.sql")
        ),
    ]
