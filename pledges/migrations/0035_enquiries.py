"""Messages to the team: their table, answers and submissions, ready answers, alarm words."""

import uuid
from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0034_commitments_checked"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlarmWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "words",
                    models.CharField(
                        help_text="A word or phrase, in Albanian or in English. Accents and capitals do not matter. An asterisk (*) matches any ending; on its own it matches one word or none: “touch* * me” finds “touched me” and “touches also me”.",
                        max_length=80,
                        unique=True,
                        verbose_name="words",
                    ),
                ),
            ],
            options={
                "verbose_name": "alarm word",
                "verbose_name_plural": "alarm words",
                "ordering": ["words"],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("text_cipher", models.BinaryField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Enquiry",
            fields=[
                ("name_cipher", models.BinaryField(null=True)),
                ("address_cipher", models.BinaryField(null=True)),
                ("address_digest", models.BinaryField(max_length=32, null=True)),
                ("address_digest_last", models.BinaryField(max_length=32, null=True)),
                ("digest_mark", models.CharField(blank=True, editable=False, max_length=12)),
                ("link_version", models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("press", "press"),
                            ("data", "personal data"),
                            ("site", "something wrong on the site"),
                            ("other", "something else"),
                        ],
                        editable=False,
                        max_length=5,
                        verbose_name="purpose",
                    ),
                ),
                ("text_cipher", models.BinaryField()),
                (
                    "language",
                    models.CharField(
                        choices=[("sq", "Albanian"), ("en", "English")],
                        editable=False,
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="sent"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("assigned", "assigned"),
                            ("answered", "answered"),
                            ("closed", "closed"),
                        ],
                        default="new",
                        editable=False,
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("assigned_at", models.DateTimeField(editable=False, null=True)),
                ("answered_at", models.DateTimeField(editable=False, null=True)),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                ("disclosure_at", models.DateTimeField(editable=False, null=True, verbose_name="alarm")),
                ("alerted_at", models.DateTimeField(editable=False, null=True)),
                ("passed_at", models.DateTimeField(editable=False, null=True, verbose_name="passed on")),
            ],
            options={
                "verbose_name": "enquiry",
                "verbose_name_plural": "enquiries",
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ReadyAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.SlugField(
                        help_text="A short name, such as “interview”. You cannot change it later.",
                        unique=True,
                        verbose_name="key",
                    ),
                ),
                (
                    "title_sq",
                    models.CharField(help_text="By which you choose it.", max_length=80, verbose_name="title"),
                ),
                (
                    "title_en",
                    models.CharField(help_text="By which you choose it.", max_length=80, verbose_name="title"),
                ),
                (
                    "text_sq",
                    models.TextField(
                        help_text="Each line becomes a paragraph. You can still change it before you send it.",
                        max_length=2000,
                        verbose_name="text",
                    ),
                ),
                (
                    "text_en",
                    models.TextField(
                        help_text="Each line becomes a paragraph. You can still change it before you send it.",
                        max_length=2000,
                        verbose_name="text",
                    ),
                ),
            ],
            options={
                "verbose_name": "ready answer",
                "verbose_name_plural": "ready answers",
                "ordering": ["key"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_pledge_or_address",
        ),
        migrations.RemoveConstraint(
            model_name="submission",
            name="submission_of_another_kind",
        ),
        migrations.RemoveConstraint(
            model_name="submission",
            name="submission_with_details",
        ),
        migrations.AddField(
            model_name="submission",
            name="text_cipher",
            field=models.BinaryField(null=True),
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
                    ("alarm", "to the safeguarding lead: sign in"),
                ],
                editable=False,
                max_length=11,
                unique=True,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="submission",
            name="kind",
            field=models.CharField(
                choices=[
                    ("pledge", "sign-up"),
                    ("links", "request for the link"),
                    ("new_address", "change of address"),
                    ("group", "group pledge"),
                    ("joining", "organisation that joins"),
                    ("enquiry", "enquiry"),
                ],
                editable=False,
                max_length=20,
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
                    ("alarm", "to the safeguarding lead: sign in"),
                ],
                editable=False,
                max_length=11,
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["pledge", "group", "joining", "enquiry"]),
                    models.Q(
                        ("consent", None),
                        ("county", None),
                        ("inviter_cipher", None),
                        ("name_cipher", None),
                        ("name_digest", None),
                        ("sector", None),
                        ("wording", None),
                    ),
                    _connector="OR",
                ),
                name="submission_of_another_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("kind__in", ["group", "joining", "enquiry"]), _negated=True),
                        ("details__isnull", True),
                    ),
                    models.Q(
                        ("address_cipher__isnull", False),
                        ("consent", None),
                        ("county", None),
                        ("details__isnull", False),
                        ("inviter_cipher", None),
                        ("kind__in", ["group", "joining", "enquiry"]),
                        ("name_cipher__isnull", False),
                        ("name_digest", None),
                        ("pledge", None),
                        ("sector", None),
                        ("wording", None),
                        models.Q(("language", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="submission_with_details",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "enquiry"), ("text_cipher__isnull", False)),
                    models.Q(models.Q(("kind", "enquiry"), _negated=True), ("text_cipher", None)),
                    _connector="OR",
                ),
                name="submission_of_an_enquiry",
            ),
        ),
        migrations.AddField(
            model_name="answer",
            name="by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="answer",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="pledges.answer",
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
                    ("address_cipher__isnull", False),
                    _connector="OR",
                ),
                name="message_pledge_or_address",
            ),
        ),
        migrations.AddField(
            model_name="enquiry",
            name="assignee",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="assigned to",
            ),
        ),
        migrations.AddField(
            model_name="answer",
            name="enquiry",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="answers",
                to="pledges.enquiry",
            ),
        ),
        migrations.CreateModel(
            name="Disclosure",
            fields=[],
            options={
                "verbose_name": "disclosure",
                "verbose_name_plural": "disclosures",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("pledges.enquiry",),
        ),
        migrations.AddConstraint(
            model_name="readyanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("title_sq", ""), _negated=True),
                    models.Q(("title_en", ""), _negated=True),
                    models.Q(("text_sq", ""), _negated=True),
                    models.Q(("text_en", ""), _negated=True),
                ),
                name="ready_answer_in_both_languages",
                violation_error_message="Write this in both languages.",
            ),
        ),
        migrations.AddIndex(
            model_name="enquiry",
            index=models.Index(fields=["state", "created_at"], name="enquiry_state"),
        ),
        migrations.AddIndex(
            model_name="enquiry",
            index=models.Index(fields=["address_digest"], name="enquiry_address"),
        ),
        migrations.AddIndex(
            model_name="enquiry",
            index=models.Index(fields=["address_digest_last"], name="enquiry_address_last"),
        ),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["press", "data", "site", "other"])), name="enquiry_purpose_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("address_cipher__isnull", False),
                    ("address_digest__isnull", False),
                    ("address_digest__length", 32),
                    ("address_digest_last__isnull", False),
                    ("address_digest_last__length", 32),
                    ("name_cipher__isnull", False),
                ),
                name="enquiry_has_contact",
            ),
        ),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("answered_at", None),
                        ("assigned_at", None),
                        ("assignee", None),
                        ("closed_at", None),
                        ("state", "new"),
                    ),
                    models.Q(
                        ("answered_at", None),
                        ("assigned_at__isnull", False),
                        ("closed_at", None),
                        ("state", "assigned"),
                    ),
                    models.Q(("answered_at__isnull", False), ("closed_at", None), ("state", "answered")),
                    models.Q(("closed_at__isnull", False), ("state", "closed")),
                    _connector="OR",
                ),
                name="enquiry_state_and_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disclosure_at__isnull", False),
                    models.Q(("alerted_at", None), ("passed_at", None)),
                    _connector="OR",
                ),
                name="enquiry_times_of_a_disclosure",
            ),
        ),
        migrations.RunSQL((SQL / "enquiries.sql").read_text(), migrations.RunSQL.noop),
        # Its patterns are part of the published content.
        migrations.RunSQL("CALL watch_content('pledges_alarmword')", migrations.RunSQL.noop),
    ]
