"""All tables of pledges, with the triggers and functions in sql/."""

import datetime
import uuid
from pathlib import Path

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BlockedAddress",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("address_digest", models.BinaryField(max_length=32, unique=True)),
                ("address_digest_last", models.BinaryField(max_length=32, unique=True)),
                ("address_cipher", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "blocked address",
                "verbose_name_plural": "blocked addresses",
            },
        ),
        migrations.CreateModel(
            name="Commitment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.SlugField(
                        help_text="A short name that stays, such as “parents-house-rules”.",
                        unique=True,
                        verbose_name="key",
                    ),
                ),
                (
                    "text_sq",
                    models.CharField(
                        help_text="One sentence in the first person: what one will do.",
                        max_length=240,
                        verbose_name="text",
                    ),
                ),
                (
                    "text_en",
                    models.CharField(
                        help_text="One sentence in the first person: what one will do.",
                        max_length=240,
                        verbose_name="text",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Lower comes first.", verbose_name="position"
                    ),
                ),
            ],
            options={
                "verbose_name": "commitment",
                "verbose_name_plural": "commitments",
                "ordering": ["sector", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="County",
            fields=[
                (
                    "name_sq",
                    models.CharField(
                        help_text="As it stands in lists, such as “Durrës”.", max_length=60, verbose_name="name"
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        help_text="As it stands in lists, such as “Durrës”.", max_length=60, verbose_name="name"
                    ),
                ),
                ("sort_key", models.CharField(editable=False, max_length=80, verbose_name="sort key")),
                (
                    "code",
                    models.CharField(
                        help_text="ISO 3166-2, such as AL-11; partners rely on it.",
                        max_length=6,
                        primary_key=True,
                        serialize=False,
                        verbose_name="code",
                    ),
                ),
                (
                    "full_name_sq",
                    models.CharField(
                        help_text="As it stands alone, such as “Durrës County”.",
                        max_length=80,
                        verbose_name="full name",
                    ),
                ),
                (
                    "full_name_en",
                    models.CharField(
                        help_text="As it stands alone, such as “Durrës County”.",
                        max_length=80,
                        verbose_name="full name",
                    ),
                ),
                (
                    "population",
                    models.PositiveIntegerField(
                        blank=True, help_text="INSTAT census of 2023.", null=True, verbose_name="population"
                    ),
                ),
            ],
            options={
                "verbose_name": "county",
                "verbose_name_plural": "counties",
                "ordering": ["sort_key"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FailedStep",
            fields=[
                ("step", models.CharField(editable=False, max_length=200, primary_key=True, serialize=False)),
                ("failed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("error", models.CharField(editable=False, max_length=80)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ProviderRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "domain",
                    models.CharField(
                        help_text="Such as gmail.com, in lower case.",
                        max_length=253,
                        unique=True,
                        verbose_name="domain",
                    ),
                ),
                (
                    "same_as",
                    models.CharField(
                        blank=True,
                        help_text="The domain whose mailboxes these are, such as gmail.com for googlemail.com.",
                        max_length=253,
                        verbose_name="same as",
                    ),
                ),
                (
                    "ignores",
                    models.CharField(
                        blank=True,
                        help_text="Characters that make no difference before the @, such as the dot at Gmail.",
                        max_length=5,
                        verbose_name="ignored characters",
                    ),
                ),
                (
                    "tag",
                    models.CharField(
                        blank=True,
                        help_text="The sign after which the rest is a tag, such as +.",
                        max_length=1,
                        verbose_name="tag sign",
                    ),
                ),
                ("source", models.URLField(help_text="Where the provider says so.", verbose_name="source")),
                ("version", models.PositiveIntegerField(default=0, editable=False, verbose_name="version")),
            ],
            options={
                "verbose_name": "provider rule",
                "verbose_name_plural": "provider rules",
                "ordering": ["domain"],
            },
        ),
        migrations.CreateModel(
            name="PublishedState",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("as_of", models.DateTimeField()),
                ("figures", models.JSONField()),
            ],
            options={
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="RefusedWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "word",
                    models.CharField(
                        help_text="One word; accents and capitals do not matter. * at its end stands for any ending: “idiot*”.",
                        max_length=40,
                        unique=True,
                        verbose_name="word",
                    ),
                ),
            ],
            options={
                "verbose_name": "refused word",
                "verbose_name_plural": "refused words",
                "ordering": ["word"],
            },
        ),
        migrations.CreateModel(
            name="StarterItem",
            fields=[
                ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="TallyCell",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "sector", "county", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sector", models.BigIntegerField()),
                ("county", models.CharField(max_length=6)),
                ("n", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="TallyDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "sector", "county", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("sector", models.BigIntegerField()),
                ("county", models.CharField(max_length=6)),
                ("n", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="TallyDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("sector", models.BigIntegerField()),
                ("county", models.CharField(max_length=6)),
                ("n", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network_digest", models.BinaryField(max_length=32)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["network_digest", "created_at"], name="attempt_network")],
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("confirm", "confirm"), ("invalidate", "invalidate"), ("restore", "restore")],
                        editable=False,
                        max_length=10,
                        verbose_name="what is done",
                    ),
                ),
                (
                    "chosen",
                    models.CharField(
                        choices=[
                            ("selection", "ticked one by one"),
                            ("filters", "all that the filters showed"),
                            ("networks", "from the same networks"),
                            ("domains", "with the same mail domains"),
                        ],
                        editable=False,
                        max_length=9,
                        verbose_name="how they were chosen",
                    ),
                ),
                ("choice", models.JSONField(default=dict, editable=False, verbose_name="details of the choice")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting its turn"),
                            ("running", "under way"),
                            ("done", "done"),
                            ("cancelled", "stopped half-way"),
                            ("failed", "failed"),
                            ("undoing", "being undone"),
                            ("undone", "undone"),
                        ],
                        default="waiting",
                        editable=False,
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="begun"
                    ),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                ("undo_asked_at", models.DateTimeField(editable=False, null=True, verbose_name="undoing begun")),
                ("undone_at", models.DateTimeField(editable=False, null=True, verbose_name="undone")),
                (
                    "worked_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("reached", models.UUIDField(editable=False, null=True)),
                ("count", models.PositiveIntegerField(default=0, editable=False, verbose_name="pledges chosen")),
                ("changed", models.PositiveIntegerField(default=0, editable=False, verbose_name="changed")),
                (
                    "skipped",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="already so, or erased"),
                ),
                ("undone", models.PositiveIntegerField(default=0, editable=False, verbose_name="brought back")),
                (
                    "kept",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="changed or erased since, and left alone"
                    ),
                ),
                ("error", models.CharField(blank=True, editable=False, max_length=80, verbose_name="last error")),
                (
                    "by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by whom",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="undone by",
                    ),
                ),
            ],
            options={
                "verbose_name": "batch",
                "verbose_name_plural": "batches",
                "ordering": ["-pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="BatchRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "batch_id", "pledge", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("pledge", models.UUIDField(db_index=True)),
                ("invalidated_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="pledges.batch",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "content",
                    models.CharField(
                        choices=[
                            ("pledges", "pledges, without names and addresses"),
                            ("people", "pledges, with names and addresses"),
                            ("updates", "names and addresses of those who want news"),
                        ],
                        max_length=7,
                        verbose_name="content",
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "XLSX")],
                        default="xlsx",
                        help_text="XLSX opens in Excel and LibreOffice. Choose CSV when another program asks for it, such as one for mailings.",
                        max_length=4,
                        verbose_name="kind of file",
                    ),
                ),
                ("filters", models.JSONField(default=dict, editable=False, verbose_name="filters")),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "running"), ("finished", "finished"), ("broken_off", "broken off")],
                        default="running",
                        editable=False,
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="started"
                    ),
                ),
                ("read_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                ("rows", models.PositiveIntegerField(default=0, editable=False, verbose_name="rows")),
                ("expected", models.PositiveIntegerField(default=0, editable=False, verbose_name="expected rows")),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="exports",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member of staff",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ["-started_at"],
                "permissions": [
                    ("export_pledges", "Can export pledges, and with “see people” their names and addresses"),
                    ("export_updates", "Can export those who want news, if they may see people"),
                ],
                "default_permissions": ["view"],
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("beat_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="heartbeat_single_row")],
            },
        ),
        migrations.CreateModel(
            name="MessageText",
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("subject_sq", ""), _negated=True),
                            models.Q(("subject_en", ""), _negated=True),
                            models.Q(("text_sq", ""), _negated=True),
                            models.Q(("text_en", ""), _negated=True),
                            models.Q(("button_sq", ""), _negated=True),
                            models.Q(("button_en", ""), _negated=True),
                        ),
                        name="message_text_in_both_languages",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Municipality",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name_sq",
                    models.CharField(
                        help_text="As it stands in lists, such as “Durrës”.", max_length=60, verbose_name="name"
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        help_text="As it stands in lists, such as “Durrës”.", max_length=60, verbose_name="name"
                    ),
                ),
                ("sort_key", models.CharField(editable=False, max_length=80, verbose_name="sort key")),
                (
                    "county",
                    models.ForeignKey(
                        help_text="The county it belongs to.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="municipalities",
                        to="pledges.county",
                        verbose_name="county",
                    ),
                ),
            ],
            options={
                "verbose_name": "municipality",
                "verbose_name_plural": "municipalities",
                "ordering": ["sort_key"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Pledge",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "language",
                    models.CharField(
                        choices=[("sq", "Albanian"), ("en", "English")],
                        help_text="In which we write to this person.",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("web", "form"), ("demo", "demonstration")],
                        default="web",
                        max_length=8,
                        verbose_name="source",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "waiting for confirmation"),
                            ("confirmed", "confirmed"),
                            ("invalidated", "invalidated"),
                        ],
                        default="pending",
                        max_length=11,
                        verbose_name="state",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="signed"
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
                ("invalidated_at", models.DateTimeField(editable=False, null=True, verbose_name="invalidated")),
                ("name_cipher", models.BinaryField()),
                ("address_cipher", models.BinaryField()),
                ("new_address_cipher", models.BinaryField(null=True)),
                ("new_address_at", models.DateTimeField(editable=False, null=True)),
                ("address_digest", models.BinaryField(max_length=32)),
                ("address_digest_last", models.BinaryField(max_length=32)),
                ("name_digest", models.BinaryField(max_length=32)),
                ("name_digest_last", models.BinaryField(max_length=32)),
                ("domain_digest", models.BinaryField(max_length=32)),
                ("network_digest", models.BinaryField(max_length=32, null=True)),
                ("digest_mark", models.CharField(editable=False, max_length=12)),
                ("slot", models.PositiveSmallIntegerField(editable=False)),
                (
                    "consent_language",
                    models.CharField(
                        choices=[("sq", "Albanian"), ("en", "English")],
                        max_length=2,
                        verbose_name="language of the consent",
                    ),
                ),
                (
                    "consented_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="consented"
                    ),
                ),
                (
                    "worded_language",
                    models.CharField(
                        choices=[("sq", "Albanian"), ("en", "English")],
                        max_length=2,
                        verbose_name="language of the words",
                    ),
                ),
                (
                    "worded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="words signed",
                    ),
                ),
                (
                    "show_name",
                    models.BooleanField(
                        default=False,
                        help_text="Tick it only when the person asked for it and is 18 or over.",
                        verbose_name="shows the name",
                    ),
                ),
                (
                    "wall",
                    models.CharField(
                        choices=[("waiting", "waiting to be looked at"), ("shown", "shown"), ("refused", "refused")],
                        db_default="waiting",
                        default="waiting",
                        editable=False,
                        max_length=7,
                        verbose_name="name on the wall",
                    ),
                ),
                ("wall_at", models.DateTimeField(editable=False, null=True, verbose_name="decided")),
                (
                    "updates",
                    models.BooleanField(
                        default=False,
                        help_text="Tick it only when the person asked for news by e-mail.",
                        verbose_name="wants news",
                    ),
                ),
                ("link_version", models.PositiveIntegerField(default=1, editable=False)),
                ("code", models.CharField(editable=False, max_length=8, null=True, unique=True)),
                ("reminded_at", models.DateTimeField(editable=False, null=True, verbose_name="reminded")),
                ("repeats", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "written_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "came_through",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="brought",
                        to="pledges.pledge",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: the person did not say.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pledges",
                        to="pledges.county",
                        verbose_name="county",
                    ),
                ),
            ],
            options={
                "verbose_name": "pledge",
                "verbose_name_plural": "pledges",
                "ordering": ["-created_at"],
                "permissions": [("see_people", "Can see names and addresses of supporters")],
            },
        ),
        migrations.CreateModel(
            name="Message",
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
                        max_length=11,
                        verbose_name="kind",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("sq", "Albanian"), ("en", "English")], max_length=2, verbose_name="language"
                    ),
                ),
                ("address_cipher", models.BinaryField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "to be sent"),
                            ("sent", "sent"),
                            ("failing", "given up after three days"),
                            ("refused", "refused by the recipient's server"),
                        ],
                        default="queued",
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
                (
                    "queued_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="due"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="attempts")),
                ("tried_at", models.DateTimeField(editable=False, null=True)),
                ("sent_at", models.DateTimeField(editable=False, null=True, verbose_name="sent")),
                ("error", models.CharField(blank=True, editable=False, max_length=80, verbose_name="last error")),
                (
                    "pledge",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="pledges.pledge",
                        verbose_name="pledge",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="ChosenCommitment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "chosen_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="chosen"
                    ),
                ),
                (
                    "commitment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chosen",
                        to="pledges.commitment",
                        verbose_name="commitment",
                    ),
                ),
                (
                    "pledge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chosen",
                        to="pledges.pledge",
                        verbose_name="pledge",
                    ),
                ),
            ],
            options={
                "verbose_name": "chosen commitment",
                "verbose_name_plural": "chosen commitments",
            },
        ),
        migrations.CreateModel(
            name="WallName",
            fields=[],
            options={
                "verbose_name": "name for the wall",
                "verbose_name_plural": "names for the wall",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("pledges.pledge",),
        ),
        migrations.CreateModel(
            name="PledgingSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("paused", "paused"), ("closed", "closed")],
                        default="open",
                        help_text="Paused or closed: people read your message instead of the form. Whoever has signed can still confirm.",
                        max_length=6,
                        verbose_name="state",
                    ),
                ),
                (
                    "message_sq",
                    models.TextField(
                        blank=True,
                        help_text="Shown instead of the form while pledging is paused or closed: why, and until when.",
                        max_length=600,
                        verbose_name="message",
                    ),
                ),
                (
                    "message_en",
                    models.TextField(
                        blank=True,
                        help_text="Shown instead of the form while pledging is paused or closed: why, and until when.",
                        max_length=600,
                        verbose_name="message",
                    ),
                ),
                (
                    "goal",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How many supporters we aim for next. Empty: the next round number after the total.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(10)],
                        verbose_name="goal",
                    ),
                ),
                (
                    "next_goals",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(
                            validators=[django.core.validators.MinValueValidator(10)]
                        ),
                        blank=True,
                        default=list,
                        help_text="With commas between them, such as 20000, 50000, 100000. Each one opens by itself once nine tenths of the one before are reached.",
                        size=12,
                        verbose_name="the goals after it",
                    ),
                ),
                (
                    "network_limit",
                    models.PositiveSmallIntegerField(
                        default=60,
                        help_text="How many people may sign from one network in ten minutes before others there are asked to wait a little.",
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="sign-ups from one network",
                    ),
                ),
            ],
            options={
                "verbose_name": "pledging settings",
                "verbose_name_plural": "pledging settings",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="pledging_settings_single_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="Sector",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(
                        help_text="Used in addresses and open data, such as “parents”. It cannot be changed later.",
                        unique=True,
                        verbose_name="slug",
                    ),
                ),
                (
                    "name_sq",
                    models.CharField(help_text="In the plural, such as “Parents”.", max_length=60, verbose_name="name"),
                ),
                (
                    "name_en",
                    models.CharField(help_text="In the plural, such as “Parents”.", max_length=60, verbose_name="name"),
                ),
                (
                    "hint_sq",
                    models.CharField(
                        blank=True,
                        help_text="Shown under the name on the form, when the name is not enough.",
                        max_length=160,
                        verbose_name="hint",
                    ),
                ),
                (
                    "hint_en",
                    models.CharField(
                        blank=True,
                        help_text="Shown under the name on the form, when the name is not enough.",
                        max_length=160,
                        verbose_name="hint",
                    ),
                ),
                (
                    "pledged_sq",
                    models.CharField(
                        blank=True,
                        help_text="In the first person, such as “I pledged as a parent.” Empty: “I pledged.”",
                        max_length=60,
                        verbose_name="words on the picture to share",
                    ),
                ),
                (
                    "pledged_en",
                    models.CharField(
                        blank=True,
                        help_text="In the first person, such as “I pledged as a parent.” Empty: “I pledged.”",
                        max_length=60,
                        verbose_name="words on the picture to share",
                    ),
                ),
                (
                    "invitation_sq",
                    models.CharField(
                        blank=True,
                        help_text="What supporters of this sector send with the link when they share it, such as “I pledged as a parent to listen, believe and report. Join in:” The link follows. Empty: words that suit everyone.",
                        max_length=200,
                        verbose_name="words of an invitation",
                    ),
                ),
                (
                    "invitation_en",
                    models.CharField(
                        blank=True,
                        help_text="What supporters of this sector send with the link when they share it, such as “I pledged as a parent to listen, believe and report. Join in:” The link follows. Empty: words that suit everyone.",
                        max_length=200,
                        verbose_name="words of an invitation",
                    ),
                ),
                (
                    "color",
                    models.CharField(
                        choices=[
                            ("s1", "indigo"),
                            ("s2", "orange"),
                            ("s3", "teal"),
                            ("s4", "plum"),
                            ("s5", "navy"),
                            ("s6", "olive"),
                            ("s7", "violet"),
                            ("s8", "wine"),
                            ("s9", "petrol"),
                            ("s10", "deep violet"),
                            ("s11", "lavender and cream"),
                            ("s12", "aubergine and lime"),
                        ],
                        help_text="One colour a sector, on every page and picture. Left: in light mode. Right: in dark mode.",
                        max_length=3,
                        verbose_name="colour",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Lower comes first.", verbose_name="position"
                    ),
                ),
                (
                    "shows_names",
                    models.BooleanField(
                        default=True,
                        help_text="Off for young people: their names are never shown.",
                        verbose_name="may show names",
                    ),
                ),
                (
                    "is_open",
                    models.BooleanField(
                        default=True,
                        help_text="Off: it stays in the totals, but nobody new can choose it.",
                        verbose_name="open",
                    ),
                ),
            ],
            options={
                "verbose_name": "sector",
                "verbose_name_plural": "sectors",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("shows_names", True), ("slug", "youth"), _negated=True),
                        name="sector_of_young_people_shows_no_names",
                        violation_error_message="The names of young people are never shown. Untick “may show names”.",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="pledge",
            name="sector",
            field=models.ForeignKey(
                help_text="Where the person counts. The words signed stay those of the sector chosen then.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pledges",
                to="pledges.sector",
                verbose_name="sector",
            ),
        ),
        migrations.CreateModel(
            name="Milestone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("people", "so many supporters"),
                            ("counties", "supporters from every county"),
                            ("sector", "so many supporters in one sector"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("people", models.PositiveIntegerField(blank=True, null=True, verbose_name="people")),
                ("reached_on", models.DateField(verbose_name="reached")),
                ("recorded_at", models.DateTimeField(auto_now_add=True, verbose_name="recorded")),
                (
                    "sector",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="milestones",
                        to="pledges.sector",
                        verbose_name="sector",
                    ),
                ),
            ],
            options={
                "verbose_name": "milestone",
                "verbose_name_plural": "milestones",
                "ordering": ["-reached_on", "-people", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="commitment",
            name="sector",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="commitments",
                to="pledges.sector",
                verbose_name="sector",
            ),
        ),
        migrations.CreateModel(
            name="TrialMessage",
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
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Wording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("consent", "consent"), ("pledge", "pledge of a sector")],
                        help_text="The consent is the same for all; each sector has a pledge of its own.",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(default=1, editable=False, verbose_name="version")),
                (
                    "text_sq",
                    models.TextField(help_text="In the first person, as the supporter says it.", verbose_name="text"),
                ),
                (
                    "text_en",
                    models.TextField(help_text="In the first person, as the supporter says it.", verbose_name="text"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "sector",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty for the consent.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wordings",
                        to="pledges.sector",
                        verbose_name="sector",
                    ),
                ),
            ],
            options={
                "verbose_name": "wording",
                "verbose_name_plural": "wordings",
                "ordering": ["kind", "sector", "-version"],
            },
        ),
        migrations.AddField(
            model_name="pledge",
            name="consent",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="pledges.wording",
                verbose_name="consent",
            ),
        ),
        migrations.AddField(
            model_name="pledge",
            name="wording",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="pledges.wording",
                verbose_name="signed words",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at", None),
                        ("state__in", ("waiting", "running")),
                        ("undo_asked_at", None),
                        ("undone_at", None),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state__in", ("done", "cancelled")),
                        ("undo_asked_at", None),
                        ("undone_at", None),
                    ),
                    models.Q(("state", "failed"), ("undone_at", None)),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state", "undoing"),
                        ("undo_asked_at__isnull", False),
                        ("undone_at", None),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state", "undone"),
                        ("undo_asked_at__isnull", False),
                        ("undone_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="batch_state_and_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "count__gte",
                        django.db.models.expressions.CombinedExpression(models.F("changed"), "+", models.F("skipped")),
                    ),
                    (
                        "changed__gte",
                        django.db.models.expressions.CombinedExpression(models.F("undone"), "+", models.F("kept")),
                    ),
                ),
                name="batch_counts_add_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "running")),
                    models.Q(("ended_at__isnull", False), ("state__in", ["finished", "broken_off"])),
                    _connector="OR",
                ),
                name="export_state_and_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="municipality",
            constraint=models.UniqueConstraint(fields=("county", "name_sq"), name="municipality_unique_in_county"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("state", "queued")), fields=["due_at"], name="message_queued"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("tried_at__isnull", False)), fields=["-tried_at"], name="message_tried"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state__in", ["failing", "refused"])), fields=["created_at"], name="message_failed"
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_at__isnull", False), ("state", "sent")),
                    models.Q(models.Q(("state", "sent"), _negated=True), ("sent_at", None)),
                    _connector="OR",
                ),
                name="message_state_and_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("address_cipher", None), ("pledge__isnull", False)),
                    models.Q(("address_cipher__isnull", False), ("pledge", None)),
                    _connector="OR",
                ),
                name="message_pledge_or_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="chosencommitment",
            constraint=models.UniqueConstraint(fields=("pledge", "commitment"), name="chosen_commitment_unique"),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.UniqueConstraint(
                fields=("kind", "people", "sector"), name="milestone_unique", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "people"), ("people__isnull", False), ("sector", None)),
                    models.Q(("kind", "counties"), ("people", None), ("sector", None)),
                    models.Q(("kind", "sector"), ("people__isnull", False), ("sector__isnull", False)),
                    _connector="OR",
                ),
                name="milestone_fields_of_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="trialmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "waiting"), ("tried_at", None)),
                    models.Q(models.Q(("state", "waiting"), _negated=True), ("tried_at__isnull", False)),
                    _connector="OR",
                ),
                name="trial_message_state_and_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="wording",
            constraint=models.UniqueConstraint(
                fields=("kind", "sector", "version"), name="wording_version_unique", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="wording",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "consent"), ("sector", None)),
                    models.Q(("kind", "pledge"), ("sector__isnull", False)),
                    _connector="OR",
                ),
                name="wording_sector_for_pledges_only",
                violation_error_message="A pledge belongs to a sector; the consent belongs to none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="wording",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("text_sq", ""), _negated=True), models.Q(("text_en", ""), _negated=True)),
                name="wording_in_both_languages",
            ),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(
                fields=["-created_at", "-id"],
                include=("state", "sector", "county", "source", "language", "slot"),
                name="pledge_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(fields=["sector", "county"], name="pledge_sector_county"),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(fields=["source", "-created_at", "-id"], name="pledge_source"),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(fields=["confirmed_at"], name="pledge_confirmed"),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(
                condition=models.Q(("invalidated_at__isnull", False)),
                fields=["invalidated_at"],
                name="pledge_invalidated",
            ),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(
                condition=models.Q(("show_name", True), ("state", "confirmed"), ("wall", "shown")),
                fields=["-wall_at", "id"],
                include=("sector",),
                name="pledge_wall_shown",
            ),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(
                condition=models.Q(("show_name", True), ("state", "confirmed"), ("wall", "waiting")),
                fields=["confirmed_at", "id"],
                include=("sector",),
                name="pledge_wall_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(fields=["domain_digest"], include=("state",), name="pledge_domain"),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(fields=["digest_mark"], name="pledge_digest_mark"),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(
                condition=models.Q(("network_digest__isnull", False)),
                fields=["network_digest", "created_at"],
                name="pledge_network",
            ),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(condition=models.Q(("state", "pending")), fields=["expires_at"], name="pledge_pending"),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.CheckConstraint(condition=models.Q(("slot__in", (1, 2))), name="pledge_slot_one_or_two"),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.UniqueConstraint(fields=("address_digest", "slot"), name="pledge_address_slot_unique"),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.UniqueConstraint(
                fields=("address_digest_last", "slot"), name="pledge_address_slot_unique_last"
            ),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.UniqueConstraint(fields=("address_digest", "name_digest"), name="pledge_person_unique"),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.UniqueConstraint(
                fields=("address_digest_last", "name_digest_last"), name="pledge_person_unique_last"
            ),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("invalidated_at", None), ("state", "pending")),
                    models.Q(("confirmed_at__isnull", False), ("invalidated_at", None), ("state", "confirmed")),
                    models.Q(("invalidated_at__isnull", False), ("state", "invalidated")),
                    _connector="OR",
                ),
                name="pledge_state_and_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("new_address_at", None), ("new_address_cipher", None)),
                    models.Q(("new_address_at__isnull", False), ("new_address_cipher__isnull", False)),
                    _connector="OR",
                ),
                name="pledge_new_address_and_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("wall", "waiting"), ("wall_at", None)),
                    models.Q(("wall__in", ["shown", "refused"]), ("wall_at__isnull", False)),
                    _connector="OR",
                ),
                name="pledge_wall_and_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))), name="pledge_expires_after_signing"
            ),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.CheckConstraint(condition=models.Q(("repeats__lte", 5)), name="pledge_repeats_limit"),
        ),
        migrations.AddConstraint(
            model_name="pledge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("address_digest__length", 32),
                    ("address_digest_last__length", 32),
                    ("domain_digest__length", 32),
                    ("name_digest__length", 32),
                    ("name_digest_last__length", 32),
                ),
                name="pledge_digest_lengths",
            ),
        ),
        migrations.RunSQL((SQL / "tally.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "wordings.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "storage.sql").read_text(), migrations.RunSQL.noop),
    ]
