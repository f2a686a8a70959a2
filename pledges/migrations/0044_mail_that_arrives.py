"""Limits of mailers, messages that come back, the delay of messages, and the funnel of confirmations."""

from pathlib import Path

import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0043_messages_of_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="FallenProvider",
            fields=[
                ("provider", models.CharField(max_length=253, primary_key=True, serialize=False)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("sent", models.PositiveIntegerField()),
                ("confirmed", models.PositiveIntegerField()),
                ("usual", models.PositiveIntegerField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="FunnelChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("domain_digest", models.BinaryField(max_length=32)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed", "Signed"),
                            ("sent", "Sent"),
                            ("bounced", "Bounced"),
                            ("spam", "Spam"),
                            ("confirmed", "Confirmed"),
                            ("expired", "Expired"),
                            ("ignored", "Ignored"),
                        ],
                        max_length=9,
                    ),
                ),
                ("n", models.PositiveIntegerField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="FunnelDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "provider", "kind", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("provider", models.CharField(blank=True, max_length=253)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed", "Signed"),
                            ("sent", "Sent"),
                            ("bounced", "Bounced"),
                            ("spam", "Spam"),
                            ("confirmed", "Confirmed"),
                            ("expired", "Expired"),
                            ("ignored", "Ignored"),
                        ],
                        max_length=9,
                    ),
                ),
                ("n", models.PositiveIntegerField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="MailDelay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("minutes", "Minutes"),
                            ("hour", "Hour"),
                            ("today", "Today"),
                            ("tomorrow", "Tomorrow"),
                            ("later", "Later"),
                        ],
                        default="minutes",
                        max_length=8,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Mailer",
            fields=[
                ("name", models.CharField(max_length=7, primary_key=True, serialize=False)),
                ("paced_until", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="MailerMinute",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "mailer", "minute", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("mailer", models.CharField(max_length=7)),
                ("minute", models.DateTimeField()),
                ("n", models.PositiveIntegerField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ReturnedMailbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mailbox_digest", models.BinaryField(max_length=32, unique=True)),
                ("mailbox_digest_last", models.BinaryField(max_length=32, unique=True)),
                (
                    "returned_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_state_and_time",
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="returns_read_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="returns_leased_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="returned_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="came back"),
        ),
        migrations.AlterField(
            model_name="message",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "to be sent"),
                    ("sent", "sent"),
                    ("failing", "failed after three days"),
                    ("refused", "refused by the recipient’s server"),
                    ("bounced", "came back: there is no such mailbox"),
                    ("delayed", "came back: the mailbox could not take it"),
                    ("spam", "reported as spam"),
                ],
                default="queued",
                max_length=7,
                verbose_name="state",
            ),
        ),
        AddConstraintNotValid(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("returned_at", None), ("sent_at__isnull", False), ("state", "sent")),
                    models.Q(
                        ("returned_at__isnull", False),
                        ("sent_at__isnull", False),
                        ("state__in", ["bounced", "delayed", "spam"]),
                    ),
                    models.Q(("returned_at", None), ("sent_at", None), ("state__in", ["queued", "failing", "refused"])),
                    _connector="OR",
                ),
                name="message_state_and_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="maildelay",
            constraint=models.CheckConstraint(condition=models.Q(("pk", 1)), name="mail_delay_single_row"),
        ),
        migrations.AddIndex(
            model_name="returnedmailbox",
            index=models.Index(fields=["returned_at"], name="returned_mailbox_at"),
        ),
        migrations.AddConstraint(
            model_name="returnedmailbox",
            constraint=models.CheckConstraint(
                condition=models.Q(("mailbox_digest__length", 32), ("mailbox_digest_last__length", 32)),
                name="returned_mailbox_digest_lengths",
            ),
        ),
        *(
            migrations.RunSQL((SQL / name).read_text(), migrations.RunSQL.noop)
            for name in ("mailers.sql", "grants.sql", "returns.sql", "funnel.sql")
        ),
        migrations.RunSQL("CALL watch_content('pledges_maildelay')", migrations.RunSQL.noop),
    ]
