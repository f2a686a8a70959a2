import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0005_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("beat_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="LetterText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("confirm", "please confirm"),
                            ("reminder", "reminder to confirm"),
                            ("counted", "you are counted"),
                            ("already", "you have already pledged"),
                            ("full", "two have pledged from this address"),
                            ("links", "your link"),
                            ("new_address", "confirm the new address"),
                            ("corrected", "your pledge is corrected"),
                            ("withdrawn", "your pledge is erased"),
                        ],
                        editable=False,
                        max_length=11,
                        unique=True,
                        verbose_name="kind",
                    ),
                ),
                (
                    "subject_sq",
                    models.CharField(
                        help_text="What stands in the list of mails, where others may see it: a neutral line such as “Your link”. It is the same for everyone, so no name belongs here.",
                        max_length=70,
                        verbose_name="subject",
                    ),
                ),
                (
                    "subject_en",
                    models.CharField(
                        help_text="What stands in the list of mails, where others may see it: a neutral line such as “Your link”. It is the same for everyone, so no name belongs here.",
                        max_length=70,
                        verbose_name="subject",
                    ),
                ),
                (
                    "text_sq",
                    models.TextField(
                        help_text="What is read above the button. An empty line begins a new paragraph. Plain text, no links.",
                        max_length=2000,
                        verbose_name="text",
                    ),
                ),
                (
                    "text_en",
                    models.TextField(
                        help_text="What is read above the button. An empty line begins a new paragraph. Plain text, no links.",
                        max_length=2000,
                        verbose_name="text",
                    ),
                ),
                (
                    "button_sq",
                    models.CharField(
                        help_text="The words on the button, such as “Open my pledge”. Where it leads is fixed.",
                        max_length=60,
                        verbose_name="button",
                    ),
                ),
                (
                    "button_en",
                    models.CharField(
                        help_text="The words on the button, such as “Open my pledge”. Where it leads is fixed.",
                        max_length=60,
                        verbose_name="button",
                    ),
                ),
                (
                    "second_button_sq",
                    models.CharField(
                        blank=True,
                        help_text="The words on the button to a pledge that waits to be confirmed.",
                        max_length=60,
                        verbose_name="button to confirm",
                    ),
                ),
                (
                    "second_button_en",
                    models.CharField(
                        blank=True,
                        help_text="The words on the button to a pledge that waits to be confirmed.",
                        max_length=60,
                        verbose_name="button to confirm",
                    ),
                ),
                (
                    "after_sq",
                    models.TextField(
                        blank=True,
                        help_text="What is read below the button, such as how long the link works. It may be empty.",
                        max_length=1000,
                        verbose_name="text after the button",
                    ),
                ),
                (
                    "after_en",
                    models.TextField(
                        blank=True,
                        help_text="What is read below the button, such as how long the link works. It may be empty.",
                        max_length=1000,
                        verbose_name="text after the button",
                    ),
                ),
            ],
            options={
                "verbose_name": "text of a message",
                "verbose_name_plural": "texts of the messages",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="TrialLetter",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("confirm", "please confirm"),
                            ("reminder", "reminder to confirm"),
                            ("counted", "you are counted"),
                            ("already", "you have already pledged"),
                            ("full", "two have pledged from this address"),
                            ("links", "your link"),
                            ("new_address", "confirm the new address"),
                            ("corrected", "your pledge is corrected"),
                            ("withdrawn", "your pledge is erased"),
                        ],
                        editable=False,
                        max_length=11,
                    ),
                ),
                ("words", models.JSONField(editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "on its way"), ("sent", "sent"), ("failed", "not sent")],
                        default="waiting",
                        editable=False,
                        max_length=7,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("tried_at", models.DateTimeField(editable=False, null=True)),
                ("error", models.CharField(blank=True, editable=False, max_length=80)),
            ],
        ),
        migrations.AddField(
            model_name="message",
            name="tried_at",
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
                    ("full", "two have pledged from this address"),
                    ("links", "your link"),
                    ("new_address", "confirm the new address"),
                    ("corrected", "your pledge is corrected"),
                    ("withdrawn", "your pledge is erased"),
                ],
                max_length=11,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("tried_at__isnull", False)), fields=["-tried_at"], name="message_tried"
            ),
        ),
        migrations.AddConstraint(
            model_name="heartbeat",
            constraint=models.CheckConstraint(condition=models.Q(("pk", 1)), name="heartbeat_is_one_row"),
        ),
        migrations.AddConstraint(
            model_name="lettertext",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("subject_sq", ""), _negated=True),
                    models.Q(("subject_en", ""), _negated=True),
                    models.Q(("text_sq", ""), _negated=True),
                    models.Q(("text_en", ""), _negated=True),
                    models.Q(("button_sq", ""), _negated=True),
                    models.Q(("button_en", ""), _negated=True),
                ),
                name="letter_text_in_both_languages",
            ),
        ),
        migrations.AddField(
            model_name="trialletter",
            name="user",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="trialletter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "waiting"), ("tried_at", None)),
                    models.Q(models.Q(("state", "waiting"), _negated=True), ("tried_at__isnull", False)),
                    _connector="OR",
                ),
                name="trial_letter_state_and_time",
            ),
        ),
    ]
