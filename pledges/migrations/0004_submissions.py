"""The table of submissions, with the functions that store and settle them."""

import uuid
from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
UNDO = """
DROP FUNCTION settle_submissions, settle_pledge, settle_links, settle_new_address, is_blocked, queue_message, claim_message, submit,
    pending_life, settling_lock
"""


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0003_message_leases"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE pledges_submission_number", "DROP SEQUENCE IF EXISTS pledges_submission_number"
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Value("pledges_submission_number"),
                            function="nextval",
                            output_field=models.BigIntegerField(),
                        ),
                        editable=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("pledge", "sign-up"),
                            ("links", "request for the link"),
                            ("new_address", "change of address"),
                        ],
                        editable=False,
                        max_length=20,
                        verbose_name="kind",
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
                        choices=[("waiting", "waiting"), ("aside", "set aside")],
                        default="waiting",
                        editable=False,
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("aside_at", models.DateTimeField(editable=False, null=True, verbose_name="set aside")),
                ("error", models.CharField(blank=True, editable=False, max_length=5, verbose_name="error")),
                ("address_digest", models.BinaryField(max_length=32)),
                ("address_digest_last", models.BinaryField(max_length=32)),
                ("digest_mark", models.CharField(editable=False, max_length=12)),
                ("address_cipher", models.BinaryField(null=True)),
                ("name_cipher", models.BinaryField(null=True)),
                ("name_digest", models.BinaryField(max_length=32, null=True)),
                ("name_digest_last", models.BinaryField(max_length=32, null=True)),
                ("domain_digest", models.BinaryField(max_length=32, null=True)),
                ("network_digest", models.BinaryField(max_length=32, null=True)),
                (
                    "language",
                    models.CharField(
                        blank=True, choices=[("sq", "Albanian"), ("en", "English")], editable=False, max_length=2
                    ),
                ),
                ("show_name", models.BooleanField(default=False, editable=False)),
                ("updates", models.BooleanField(default=False, editable=False)),
                ("through", models.CharField(blank=True, editable=False, max_length=8)),
                (
                    "consent",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pledges.wording",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pledges.county",
                    ),
                ),
                (
                    "pledge",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pledges.pledge",
                    ),
                ),
                (
                    "sector",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pledges.sector",
                    ),
                ),
                (
                    "wording",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pledges.wording",
                    ),
                ),
            ],
            options={
                "verbose_name": "received form",
                "verbose_name_plural": "received forms",
                "ordering": ["number"],
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["number"], name="submission_waiting")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("aside_at", None), ("error", ""), ("state", "waiting")),
                            models.Q(
                                ("aside_at__isnull", False), ("state", "aside"), models.Q(("error", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="submission_state_and_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "pledge"), _negated=True),
                            models.Q(
                                ("address_cipher__isnull", False),
                                ("consent__isnull", False),
                                ("domain_digest__isnull", False),
                                ("name_cipher__isnull", False),
                                ("name_digest__isnull", False),
                                ("name_digest_last__isnull", False),
                                ("pledge", None),
                                ("sector__isnull", False),
                                ("wording__isnull", False),
                                models.Q(("language", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="submission_of_a_pledge",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "pledge"),
                            models.Q(
                                ("consent", None),
                                ("county", None),
                                ("name_cipher", None),
                                ("name_digest", None),
                                ("sector", None),
                                ("wording", None),
                            ),
                            _connector="OR",
                        ),
                        name="submission_of_another_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "links"), _negated=True),
                            models.Q(("address_cipher", None), ("pledge", None)),
                            _connector="OR",
                        ),
                        name="submission_of_links",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "new_address"), _negated=True),
                            models.Q(("address_cipher__isnull", False), ("pledge__isnull", False)),
                            _connector="OR",
                        ),
                        name="submission_of_a_new_address",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("address_digest__length", 32),
                            ("address_digest_last__length", 32),
                            ("domain_digest__length", 32),
                            ("name_digest__length", 32),
                            ("name_digest_last__length", 32),
                        ),
                        name="submission_digest_lengths",
                    ),
                ],
            },
        ),
        migrations.RunSQL((SQL / "submissions.sql").read_text(), UNDO),
    ]
