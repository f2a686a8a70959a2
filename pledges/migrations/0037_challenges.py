"""Challenges above the limit of a network, the slow lane, and their settings."""

from pathlib import Path

import django.core.validators
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0036_messages_of_enquiries"),
    ]

    operations = [
        migrations.CreateModel(
            name="SlowLane",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network_digest", models.BinaryField(max_length=32, unique=True)),
                ("last_at", models.DateTimeField(editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="UsedChallenge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("expires_at", models.DateTimeField(editable=False)),
                ("used_by", models.UUIDField(editable=False)),
            ],
        ),
        migrations.AddField(
            model_name="pledgingsettings",
            name="challenge_everyone",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="During an attack from many networks: every device does the check before a form is accepted. It takes a phone a few seconds.",
                verbose_name="check everyone",
            ),
        ),
        migrations.AddField(
            model_name="pledgingsettings",
            name="slow_lane",
            field=models.PositiveSmallIntegerField(
                db_default=30,
                default=30,
                help_text="Above that number, people whose browser cannot do the check send the form without it: this many from one network in an hour. Their emails are spread over the hour.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000),
                ],
                verbose_name="sign-ups without the check",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="settle_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="waits until"),
        ),
        migrations.AlterField(
            model_name="pledgingsettings",
            name="network_limit",
            field=models.PositiveSmallIntegerField(
                default=60,
                help_text="How many people can sign from one network in ten minutes before the devices of others on it do a check first.",
                validators=[
                    django.core.validators.MinValueValidator(5),
                    django.core.validators.MaxValueValidator(10000),
                ],
                verbose_name="sign-ups from one network",
            ),
        ),
        migrations.RunSQL((SQL / "submissions.sql").read_text(), migrations.RunSQL.noop),
    ]
