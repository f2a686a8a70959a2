"""Events with their counters and published figures; paper sheets and group pledges can belong to one."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.math
import django.db.models.lookups
import django.utils.timezone
from django.db import migrations, models

import pledges.models.events

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0026_messages_of_joinings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "title_sq",
                    models.CharField(
                        help_text="What it is, for example “Blue Ribbon march in Shkodër”.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "title_en",
                    models.CharField(
                        help_text="What it is, for example “Blue Ribbon march in Shkodër”.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "slug_sq",
                    models.SlugField(
                        error_messages={"unique": "Another event already uses this address. Choose a different one."},
                        help_text="The last part of the page’s address. It cannot be changed later, because posters show it.",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "slug_en",
                    models.SlugField(
                        error_messages={"unique": "Another event already uses this address. Choose a different one."},
                        help_text="The last part of the page’s address. It cannot be changed later, because posters show it.",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "text_sq",
                    models.TextField(
                        help_text="What happens, for whom, and who organises it. Plain text; an empty line begins a paragraph.",
                        max_length=3000,
                        verbose_name="text",
                    ),
                ),
                (
                    "text_en",
                    models.TextField(
                        help_text="What happens, for whom, and who organises it. Plain text; an empty line begins a paragraph.",
                        max_length=3000,
                        verbose_name="text",
                    ),
                ),
                (
                    "place_sq",
                    models.CharField(
                        help_text="Where people go, for example “in front of the town hall”. “Online” if there is no place.",
                        max_length=160,
                        verbose_name="place",
                    ),
                ),
                (
                    "place_en",
                    models.CharField(
                        help_text="Where people go, for example “in front of the town hall”. “Online” if there is no place.",
                        max_length=160,
                        verbose_name="place",
                    ),
                ),
                (
                    "map_url",
                    models.URLField(
                        blank=True,
                        help_text="The link that openstreetmap.org shows under “Share”. The page has it as a link, not as a map.",
                        verbose_name="map",
                    ),
                ),
                ("begins", models.DateTimeField(verbose_name="begins")),
                ("ends", models.DateTimeField(verbose_name="ends")),
                (
                    "is_all_day",
                    models.BooleanField(
                        default=False,
                        help_text="Tick this to show the days only, without times.",
                        verbose_name="whole days",
                    ),
                ),
                (
                    "is_shown",
                    models.BooleanField(
                        default=False,
                        help_text="Everyone can see it. Until you tick this, only staff can.",
                        verbose_name="shown",
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        default=pledges.models.events.make_code, editable=False, max_length=8, unique=True
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "municipality",
                    models.ForeignKey(
                        blank=True,
                        help_text="Leave empty if it is online or outside Albania.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="pledges.municipality",
                        verbose_name="municipality",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["-begins", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="EventCount",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="pledges.event",
                    ),
                ),
                ("confirmations", models.PositiveIntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="grouppledge",
            name="event",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="groups",
                to="pledges.event",
                verbose_name="event",
            ),
        ),
        migrations.AddField(
            model_name="papersheet",
            name="event",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sheets",
                to="pledges.event",
                verbose_name="event",
            ),
        ),
        migrations.CreateModel(
            name="EventFigures",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="figures",
                        serialize=False,
                        to="pledges.event",
                    ),
                ),
                ("link", models.PositiveIntegerField(default=0)),
                ("paper", models.PositiveIntegerField(default=0)),
                ("groups", models.PositiveIntegerField(default=0)),
                ("published_on", models.DateField(default=django.utils.timezone.localdate)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("link", 5), 0),
                        name="event_figures_link_in_steps_of_five",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("paper", 5), 0),
                        name="event_figures_paper_in_steps_of_five",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("groups", 5), 0),
                        name="event_figures_groups_in_steps_of_five",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends__gt", models.F("begins"))),
                name="event_ends_after_it_begins",
                violation_error_message="It must end after it begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("title_sq", ""), _negated=True),
                    models.Q(("title_en", ""), _negated=True),
                    models.Q(("slug_sq", ""), _negated=True),
                    models.Q(("slug_en", ""), _negated=True),
                    models.Q(("text_sq", ""), _negated=True),
                    models.Q(("text_en", ""), _negated=True),
                    models.Q(("place_sq", ""), _negated=True),
                    models.Q(("place_en", ""), _negated=True),
                ),
                name="event_in_both_languages",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__startswith", "0")), name="event_code_with_its_mark"
            ),
        ),
        migrations.RunSQL(
            [f"CALL watch_content('pledges_{table}')" for table in ("event", "eventfigures")], migrations.RunSQL.noop
        ),
        # Replaces settle_group(): a form can name an event.
        migrations.RunSQL((SQL / "groups.sql").read_text(), migrations.RunSQL.noop),
    ]
