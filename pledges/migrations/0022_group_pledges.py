"""Group pledges: their table with its triggers, submissions and messages about them."""

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
        ("pledges", "0021_ways_counted"),
    ]

    operations = [
        migrations.CreateModel(
            name="GroupPledge",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("class", "class"),
                            ("school", "school or kindergarten"),
                            ("meeting", "meeting"),
                            ("club", "club or group of friends"),
                            ("workplace", "workplace"),
                        ],
                        max_length=9,
                        verbose_name="kind",
                    ),
                ),
                ("institution", models.CharField(max_length=120, verbose_name="institution")),
                ("institution_key", models.CharField(editable=False, max_length=120)),
                ("held_on", models.DateField(verbose_name="date")),
                ("school_year", models.PositiveSmallIntegerField(verbose_name="school year")),
                ("grade", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="grade")),
                ("letter", models.CharField(blank=True, max_length=2, verbose_name="letter")),
                ("people", models.JSONField(verbose_name="people")),
                ("counted", models.JSONField(editable=False, null=True, verbose_name="counted")),
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
                            ("withdrawn", "withdrawn"),
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
                            ("double", "This group is already counted."),
                            ("number", "The number does not fit this kind of group."),
                            ("unknown", "We could not check that this institution or this group exists."),
                        ],
                        editable=False,
                        max_length=7,
                        verbose_name="reason",
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(editable=False, null=True, verbose_name="withdrawn")),
                ("name_cipher", models.BinaryField(null=True)),
                ("address_cipher", models.BinaryField(null=True)),
                ("address_digest", models.BinaryField(max_length=32, null=True)),
                ("address_digest_last", models.BinaryField(max_length=32, null=True)),
                ("digest_mark", models.CharField(blank=True, editable=False, max_length=12)),
                ("link_version", models.PositiveIntegerField(db_default=1, default=1, editable=False)),
            ],
            options={
                "verbose_name": "group pledge",
                "verbose_name_plural": "group pledges",
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
        migrations.AddField(
            model_name="submission",
            name="details",
            field=models.JSONField(editable=False, null=True),
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
                ],
                editable=False,
                max_length=11,
            ),
        ),
        migrations.AddConstraint(
            model_name="sector",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("slug", "children"), _negated=True),
                    models.Q(("is_open", False), ("shows_names", False)),
                    _connector="OR",
                ),
                name="sector_of_children_only_in_groups",
                violation_error_message="Children are only counted in groups. Untick “open” and “can show names”.",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["pledge", "group"]),
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
                    models.Q(models.Q(("kind", "group"), _negated=True), ("details__isnull", True)),
                    models.Q(
                        ("address_cipher__isnull", False),
                        ("consent", None),
                        ("county", None),
                        ("details__isnull", False),
                        ("inviter_cipher", None),
                        ("kind", "group"),
                        ("name_cipher__isnull", False),
                        ("name_digest", None),
                        ("pledge", None),
                        ("sector", None),
                        ("wording", None),
                        models.Q(("language", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="submission_of_a_group",
            ),
        ),
        migrations.AddField(
            model_name="grouppledge",
            name="county",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="pledges.county",
                verbose_name="county",
            ),
        ),
        migrations.AddField(
            model_name="grouppledge",
            name="municipality",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="groups",
                to="pledges.municipality",
                verbose_name="municipality",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="pledges.grouppledge",
                verbose_name="group pledge",
            ),
        ),
        AddConstraintNotValid(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pledge__isnull", False),
                    ("group__isnull", False),
                    ("address_cipher__isnull", False),
                    _connector="OR",
                ),
                name="message_pledge_or_address",
            ),
        ),
        migrations.AddIndex(
            model_name="grouppledge",
            index=models.Index(fields=["state", "created_at"], name="group_state"),
        ),
        migrations.AddIndex(
            model_name="grouppledge",
            index=models.Index(fields=["address_digest"], name="group_address"),
        ),
        migrations.AddIndex(
            model_name="grouppledge",
            index=models.Index(fields=["address_digest_last"], name="group_address_last"),
        ),
        migrations.AddConstraint(
            model_name="grouppledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at", None),
                        ("confirmed_at", None),
                        ("refused_at", None),
                        ("state", "submitted"),
                        ("withdrawn_at", None),
                    ),
                    models.Q(
                        ("approved_at", None),
                        ("confirmed_at__isnull", False),
                        ("refused_at", None),
                        ("state", "confirmed"),
                        ("withdrawn_at", None),
                    ),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("confirmed_at__isnull", False),
                        ("state", "approved"),
                        ("refused_at", None),
                        ("withdrawn_at", None),
                    ),
                    models.Q(
                        ("approved_at", None),
                        ("confirmed_at__isnull", False),
                        ("refused_at__isnull", False),
                        ("state", "refused"),
                        ("withdrawn_at", None),
                    ),
                    models.Q(("state", "withdrawn"), ("withdrawn_at__isnull", False)),
                    _connector="OR",
                ),
                name="group_state_and_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouppledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("counted__isnull", False), ("state", "approved")),
                    models.Q(models.Q(("state", "approved"), _negated=True), ("counted__isnull", True)),
                    _connector="OR",
                ),
                name="group_counted_only_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouppledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "refused"), models.Q(("refusal", ""), _negated=True)),
                    models.Q(models.Q(("state", "refused"), _negated=True), ("refusal", "")),
                    _connector="OR",
                ),
                name="group_refused_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouppledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("grade__isnull", False), ("grade__range", (0, 12)), ("kind", "class")),
                    models.Q(models.Q(("kind", "class"), _negated=True), ("grade", None), ("letter", "")),
                    _connector="OR",
                ),
                name="group_grade_of_a_class",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouppledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("address_cipher__isnull", False),
                        ("address_digest__isnull", False),
                        ("address_digest__length", 32),
                        ("address_digest_last__isnull", False),
                        ("address_digest_last__length", 32),
                        ("name_cipher__isnull", False),
                        models.Q(("state", "withdrawn"), _negated=True),
                    ),
                    models.Q(
                        ("address_cipher", None),
                        ("address_digest", None),
                        ("address_digest_last", None),
                        ("digest_mark", ""),
                        ("name_cipher", None),
                        models.Q(("state", "submitted"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="group_person_or_erased",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouppledge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "class"), ("state", "approved")),
                fields=("institution_key", "municipality", "school_year", "grade", "letter"),
                name="group_class_counts_once",
            ),
        ),
        migrations.RunSQL((SQL / "groups.sql").read_text(), migrations.RunSQL.noop),
    ]
