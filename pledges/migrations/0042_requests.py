"""Requests under the law, their answers, and rows that are restricted."""

import uuid
from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0041_same_enquiries"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataRequest",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("access", "a copy of their data"),
                            ("correction", "a correction"),
                            ("restriction", "a restriction"),
                            ("erasure", "erasure"),
                        ],
                        max_length=11,
                        verbose_name="asked for",
                    ),
                ),
                (
                    "received_on",
                    models.DateField(
                        help_text="The day on which it reached us, in any way.", verbose_name="received on"
                    ),
                ),
                (
                    "due_on",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.F("received_on"), output_field=models.DateField(), template="(%(expressions)s + 30)"
                        ),
                        output_field=models.DateField(),
                        verbose_name="answer until",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("sq", "Albanian"), ("en", "English")], max_length=2, verbose_name="language"
                    ),
                ),
                (
                    "identity",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("mailbox", "they showed that they read this mailbox"),
                            ("document", "they came in person with a document"),
                            ("phone", "we phoned them, and they knew what only they can know"),
                            ("nothing", "no need: we hold nothing"),
                        ],
                        max_length=8,
                        verbose_name="how we know who asks",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "to be answered"), ("answered", "answered"), ("refused", "refused")],
                        default="open",
                        editable=False,
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "refusal",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("identity", "We could not check that it is your data."),
                            ("unclear", "You did not answer our question about what you ask for."),
                            ("repeated", "We have already answered the same request."),
                        ],
                        editable=False,
                        max_length=8,
                        verbose_name="reason",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("closed_at", models.DateTimeField(editable=False, null=True, verbose_name="answered")),
            ],
            options={
                "verbose_name": "request about personal data",
                "verbose_name_plural": "requests about personal data",
                "ordering": ["due_on", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_pledge_or_address",
        ),
        migrations.AddField(
            model_name="enquiry",
            name="restricted_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="restricted since"),
        ),
        migrations.AddField(
            model_name="grouppledge",
            name="restricted_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="restricted since"),
        ),
        migrations.AddField(
            model_name="joining",
            name="restricted_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="restricted since"),
        ),
        migrations.AddField(
            model_name="pledge",
            name="restricted_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="restricted since"),
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
        migrations.AddField(
            model_name="datarequest",
            name="enquiry",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="data_requests",
                to="pledges.enquiry",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="request",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="pledges.datarequest",
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
                    ("address_cipher__isnull", False),
                    _connector="OR",
                ),
                name="message_pledge_or_address",
            ),
        ),
        migrations.AddIndex(
            model_name="datarequest",
            index=models.Index(fields=["state", "due_on"], name="request_state"),
        ),
        migrations.AddIndex(
            model_name="datarequest",
            index=models.Index(fields=["address_digest"], name="request_address"),
        ),
        migrations.AddIndex(
            model_name="datarequest",
            index=models.Index(fields=["address_digest_last"], name="request_address_last"),
        ),
        migrations.AddConstraint(
            model_name="datarequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("refusal", ""), ("state", "open")),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("refusal", ""),
                        ("state", "answered"),
                        models.Q(("identity", ""), _negated=True),
                    ),
                    models.Q(
                        ("closed_at__isnull", False), ("state", "refused"), models.Q(("refusal", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="request_state_and_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="datarequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("address_cipher__isnull", False),
                        ("address_digest__isnull", False),
                        ("address_digest__length", 32),
                        ("address_digest_last__isnull", False),
                        ("address_digest_last__length", 32),
                        ("name_cipher__isnull", False),
                    ),
                    models.Q(
                        ("address_cipher", None),
                        ("address_digest", None),
                        ("address_digest_last", None),
                        ("digest_mark", ""),
                        ("name_cipher", None),
                        models.Q(("state", "open"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="request_person_or_erased",
            ),
        ),
        migrations.AddConstraint(
            model_name="datarequest",
            constraint=models.UniqueConstraint(fields=("enquiry", "kind"), name="request_of_an_enquiry_once"),
        ),
        migrations.RunSQL((SQL / "requests.sql").read_text(), migrations.RunSQL.noop),
    ]
