"""All tables of staff, with the triggers and indexes in sql/."""

import uuid
from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[],
            options={
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
                "ordering": ["first_name", "email"],
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("auth.user",),
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="when"
                    ),
                ),
                ("user_id", models.BigIntegerField(editable=False, null=True, verbose_name="member of staff")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("sign_in", "signed in"),
                            ("sign_in_failed", "failed to sign in"),
                            ("sign_out", "signed out"),
                            ("account", "changed an account"),
                            ("look", "looked at people"),
                            ("export", "exported"),
                            ("change", "changed"),
                            ("erase", "erased"),
                        ],
                        editable=False,
                        max_length=14,
                        verbose_name="action",
                    ),
                ),
                (
                    "subject_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, editable=False, verbose_name="pledges"
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0, editable=False, verbose_name="how many")),
                (
                    "details",
                    models.JSONField(
                        default=dict,
                        editable=False,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="details",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of the record",
                "verbose_name_plural": "record",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="auditentry_newest"),
                    models.Index(fields=["user_id", "-at"], name="auditentry_by_user"),
                    models.Index(fields=["action", "-at"], name="auditentry_by_action"),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("action", "export"), _negated=True),
                        fields=["subject_ids"],
                        name="auditentry_subjects",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                [
                                    "sign_in",
                                    "sign_in_failed",
                                    "sign_out",
                                    "account",
                                    "look",
                                    "export",
                                    "change",
                                    "erase",
                                ],
                            )
                        ),
                        name="auditentry_action_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.BinaryField(max_length=32)),
                ("network", models.BinaryField(max_length=32)),
                ("succeeded", models.BooleanField(default=False, editable=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "at"], name="sign_in_attempt_by_account"),
                    models.Index(fields=["network", "at"], name="sign_in_attempt_by_network"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "language",
                    models.CharField(
                        choices=[("sq", "Albanian"), ("en", "English")],
                        max_length=2,
                        verbose_name="language of the message",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "can be used"), ("used", "used"), ("revoked", "revoked")],
                        default="open",
                        editable=False,
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="used or revoked")),
                (
                    "due_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="due"
                    ),
                ),
                ("sent_at", models.DateTimeField(editable=False, null=True, verbose_name="sent")),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="attempts")),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state", "open")),
                            models.Q(("ended_at__isnull", False), ("state__in", ["used", "revoked"])),
                            _connector="OR",
                        ),
                        name="invitation_ended_at_matches_state",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("user",), name="invitation_one_open_per_account"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["sq", "en"])), name="invitation_language_is_known"
                    ),
                ],
            },
        ),
        migrations.RunSQL((SQL / "audit_log.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "accounts.sql").read_text(), "DROP INDEX staff_account_email_unique"),
    ]
