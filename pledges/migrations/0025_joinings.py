"""Organisations that join: their table, submissions and messages about them."""

import datetime
import uuid
from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0024_paper"),
    ]

    operations = [
        migrations.CreateModel(
            name="Joining",
            fields=[
                ("name_cipher", models.BinaryField(null=True)),
                ("address_cipher", models.BinaryField(null=True)),
                ("address_digest", models.BinaryField(max_length=32, null=True)),
                ("address_digest_last", models.BinaryField(max_length=32, null=True)),
                ("digest_mark", models.CharField(blank=True, editable=False, max_length=12)),
                ("link_version", models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("organisation", models.CharField(max_length=120, verbose_name="organisation")),
                ("organisation_key", models.CharField(editable=False, max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("school", "school"),
                            ("kindergarten", "kindergarten"),
                            ("municipality", "municipality"),
                            ("institution", "public institution"),
                            ("association", "association"),
                            ("culture", "culture"),
                            ("media", "media"),
                            ("sport", "sport"),
                            ("business", "business"),
                            ("other", "other organisation"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("url", models.URLField(blank=True, verbose_name="address on the web")),
                ("domain", models.CharField(blank=True, editable=False, max_length=253)),
                ("statement_sq", models.CharField(blank=True, max_length=300, verbose_name="statement")),
                ("statement_en", models.CharField(blank=True, max_length=300, verbose_name="statement")),
                ("agreed", models.TextField(verbose_name="agreed to")),
                (
                    "language",
                    models.CharField(
                        choices=[("sq", "Albanian"), ("en", "English")], max_length=2, verbose_name="language"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("submitted", "waiting for confirmation"),
                            ("confirmed", "waiting to be checked"),
                            ("approved", "approved"),
                            ("refused", "refused"),
                            ("ended", "has left"),
                        ],
                        default="submitted",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="sent"
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        db_default=django.db.models.expressions.CombinedExpression(
                            django.db.models.functions.datetime.Now(), "+", models.Value(datetime.timedelta(days=14))
                        ),
                        editable=False,
                    ),
                ),
                ("confirmed_at", models.DateTimeField(editable=False, null=True, verbose_name="confirmed")),
                ("approved_at", models.DateTimeField(editable=False, null=True, verbose_name="approved")),
                ("refused_at", models.DateTimeField(editable=False, null=True, verbose_name="refused")),
                (
                    "refusal",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("double", "This organisation is already on our page."),
                            ("unknown", "We could not check that you speak for this organisation."),
                            ("unfit", "What the organisation does is not compatible with the pledge."),
                        ],
                        editable=False,
                        max_length=7,
                        verbose_name="reason",
                    ),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="has left")),
                ("asked_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "organisation that joins",
                "verbose_name_plural": "organisations that join",
                "ordering": ["created_at", "pk"],
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
            name="submission_of_a_group",
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
                    ("keep", "should we keep your name and address?"),
                    ("corrected", "your pledge has been corrected"),
                    ("withdrawn", "your pledge has been erased"),
                    ("group", "group: please confirm"),
                    ("group_open", "group: we are checking it"),
                    ("group_yes", "group: counted"),
                    ("group_no", "group: not counted"),
                    ("group_out", "group: withdrawn"),
                    ("join", "organisation: please confirm"),
                    ("join_again", "organisation: already sent"),
                    ("join_yes", "organisation: on our page"),
                    ("join_no", "organisation: refused"),
                    ("join_renew", "organisation: still with us?"),
                    ("join_out", "organisation: has left"),
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
                    ("keep", "should we keep your name and address?"),
                    ("corrected", "your pledge has been corrected"),
                    ("withdrawn", "your pledge has been erased"),
                    ("group", "group: please confirm"),
                    ("group_open", "group: we are checking it"),
                    ("group_yes", "group: counted"),
                    ("group_no", "group: not counted"),
                    ("group_out", "group: withdrawn"),
                    ("join", "organisation: please confirm"),
                    ("join_again", "organisation: already sent"),
                    ("join_yes", "organisation: on our page"),
                    ("join_no", "organisation: refused"),
                    ("join_renew", "organisation: still with us?"),
                    ("join_out", "organisation: has left"),
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
                    ("keep", "should we keep your name and address?"),
                    ("corrected", "your pledge has been corrected"),
                    ("withdrawn", "your pledge has been erased"),
                    ("group", "group: please confirm"),
                    ("group_open", "group: we are checking it"),
                    ("group_yes", "group: counted"),
                    ("group_no", "group: not counted"),
                    ("group_out", "group: withdrawn"),
                    ("join", "organisation: please confirm"),
                    ("join_again", "organisation: already sent"),
                    ("join_yes", "organisation: on our page"),
                    ("join_no", "organisation: refused"),
                    ("join_renew", "organisation: still with us?"),
                    ("join_out", "organisation: has left"),
                ],
                editable=False,
                max_length=11,
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["pledge", "group", "joining"]),
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
                    models.Q(models.Q(("kind__in", ["group", "joining"]), _negated=True), ("details__isnull", True)),
                    models.Q(
                        ("address_cipher__isnull", False),
                        ("consent", None),
                        ("county", None),
                        ("details__isnull", False),
                        ("inviter_cipher", None),
                        ("kind__in", ["group", "joining"]),
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
        migrations.AddField(
            model_name="joining",
            name="municipality",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="pledges.municipality",
                verbose_name="municipality",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="joining",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="pledges.joining",
                verbose_name="organisation that joins",
            ),
        ),
        AddConstraintNotValid(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pledge__isnull", False),
                    ("group__isnull", False),
                    ("joining__isnull", False),
                    ("address_cipher__isnull", False),
                    _connector="OR",
                ),
                name="message_pledge_or_address",
            ),
        ),
        migrations.AddIndex(
            model_name="joining",
            index=models.Index(fields=["state", "created_at"], name="joining_state"),
        ),
        migrations.AddIndex(
            model_name="joining",
            index=models.Index(fields=["address_digest"], name="joining_address"),
        ),
        migrations.AddIndex(
            model_name="joining",
            index=models.Index(fields=["address_digest_last"], name="joining_address_last"),
        ),
        migrations.AddConstraint(
            model_name="joining",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at", None),
                        ("confirmed_at", None),
                        ("ended_at", None),
                        ("refused_at", None),
                        ("state", "submitted"),
                    ),
                    models.Q(
                        ("approved_at", None),
                        ("confirmed_at__isnull", False),
                        ("ended_at", None),
                        ("refused_at", None),
                        ("state", "confirmed"),
                    ),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("confirmed_at__isnull", False),
                        ("state", "approved"),
                        ("ended_at", None),
                        ("refused_at", None),
                    ),
                    models.Q(
                        ("approved_at", None),
                        ("confirmed_at__isnull", False),
                        ("refused_at__isnull", False),
                        ("state", "refused"),
                        ("ended_at", None),
                    ),
                    models.Q(("ended_at__isnull", False), ("state", "ended")),
                    _connector="OR",
                ),
                name="joining_state_and_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="joining",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "refused"), models.Q(("refusal", ""), _negated=True)),
                    models.Q(models.Q(("state", "refused"), _negated=True), ("refusal", "")),
                    _connector="OR",
                ),
                name="joining_refused_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="joining",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("address_cipher__isnull", False),
                        ("address_digest__isnull", False),
                        ("address_digest__length", 32),
                        ("address_digest_last__isnull", False),
                        ("address_digest_last__length", 32),
                        ("name_cipher__isnull", False),
                        models.Q(("state", "ended"), _negated=True),
                    ),
                    models.Q(
                        ("address_cipher", None),
                        ("address_digest", None),
                        ("address_digest_last", None),
                        ("digest_mark", ""),
                        ("name_cipher", None),
                        models.Q(("state__in", ["submitted", "approved"]), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="joining_contact_or_erased",
            ),
        ),
        migrations.AddConstraint(
            model_name="joining",
            constraint=models.CheckConstraint(
                condition=models.Q(("asked_at", None), ("state", "approved"), _connector="OR"),
                name="joining_asked_while_approved",
            ),
        ),
        migrations.RunSQL((SQL / "joinings.sql").read_text(), migrations.RunSQL.noop),
    ]
