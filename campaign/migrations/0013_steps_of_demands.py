"""Demands get steps with sources, an address, an institution and a next date; goals get hand-overs.

The columns `step`, `as_of` and `source` stay in the table for the release before; a later one removes them. They hold no source
with an address and no sentence, so they do not become steps. `seed` writes the known steps of the demands that staff left alone,
which the digests of its items tell.
"""

import zoneinfo
from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"

# Rows are inserted without these columns from now on.
OLD_COLUMNS = """
ALTER TABLE campaign_demand ALTER COLUMN step SET DEFAULT 'asked', ALTER COLUMN as_of DROP NOT NULL,
    ALTER COLUMN source SET DEFAULT ''
"""
OLD_COLUMNS_AS_BEFORE = """
UPDATE campaign_demand SET as_of = current_date WHERE as_of IS NULL;
ALTER TABLE campaign_demand ALTER COLUMN step DROP DEFAULT, ALTER COLUMN as_of SET NOT NULL,
    ALTER COLUMN source DROP DEFAULT
"""
# The address of a demand that is there already is its key; in Albanian, those of the starter content have an Albanian one.
ADDRESSES = """
UPDATE campaign_demand SET slug_en = key, slug_sq = CASE key
    WHEN 'register' THEN 'regjistri' WHEN 'criminal-law' THEN 'ligji-penal' WHEN 'internet-law' THEN 'ligji-per-internetin'
    ELSE key END
"""
# Demands whose old columns staff changed are no longer followed: the digest of their key matches nothing.
STARTER = """
UPDATE pledges_starteritem AS item SET written = (written - 'step' - 'as_of' - 'source')
    || CASE WHEN written @> jsonb_build_object(
        'step', left(encode(sha256(step::bytea), 'hex'), 16),
        'as_of', left(encode(sha256(as_of::text::bytea), 'hex'), 16),
        'source', left(encode(sha256(source::bytea), 'hex'), 16)
    ) THEN '{}'::jsonb ELSE '{"key": "changed by staff"}'::jsonb END
FROM campaign_demand AS demand WHERE item.key = 'demand:' || demand.key AND jsonb_exists(written, 'step')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0012_words_of_events_and_organisations"),
        ("pledges", "0032_goals_of_counties"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DemandStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "date",
                    models.DateField(
                        help_text="The date on which it happened, or on which the source says how things were.",
                        verbose_name="date",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("in_review", "In review"),
                            ("adopted", "Adopted"),
                            ("in_force", "In force"),
                            ("working", "Working"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                            ("unknown", "We do not know"),
                        ],
                        help_text="How far the demand has come with it. News without a change has the same step as before.",
                        max_length=9,
                        verbose_name="step",
                    ),
                ),
                (
                    "sentence_sq",
                    models.CharField(
                        help_text="One sentence that the source supports, for example “The law on the register was passed.”",
                        max_length=300,
                        verbose_name="what happened",
                    ),
                ),
                (
                    "sentence_en",
                    models.CharField(
                        help_text="One sentence that the source supports, for example “The law on the register was passed.”",
                        max_length=300,
                        verbose_name="what happened",
                    ),
                ),
                (
                    "source_title",
                    models.CharField(
                        help_text="Who says so, for example “crca.al, 4.4.2023”.", max_length=160, verbose_name="source"
                    ),
                ),
                (
                    "source_url",
                    models.URLField(
                        help_text="Where people can read it, for example https://crca.al/en/.",
                        max_length=300,
                        verbose_name="address of the source",
                    ),
                ),
                (
                    "entered_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="entered"),
                ),
                (
                    "reason_sq",
                    models.CharField(
                        blank=True,
                        help_text="What was wrong, in one sentence. Visitors see it.",
                        max_length=240,
                        verbose_name="why it is corrected",
                    ),
                ),
                (
                    "reason_en",
                    models.CharField(
                        blank=True,
                        help_text="What was wrong, in one sentence. Visitors see it.",
                        max_length=240,
                        verbose_name="why it is corrected",
                    ),
                ),
            ],
            options={
                "verbose_name": "step of a demand",
                "verbose_name_plural": "steps of demands",
                "ordering": ["-date", "-pk"],
                "default_permissions": ("add", "view"),
            },
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "institution",
                    models.CharField(
                        help_text="The institution that receives it, by its official name in Albanian, for example “Kuvendi”. Never a person.",
                        max_length=160,
                        verbose_name="institution",
                    ),
                ),
                (
                    "handed_on",
                    models.DateField(
                        blank=True,
                        help_text="The date on which the institution registered it. The page counts the days from here.",
                        null=True,
                        verbose_name="handed over on",
                    ),
                ),
                (
                    "registry_number",
                    models.CharField(
                        blank=True,
                        help_text="The number that the institution gave it, for example “1234/1”. The page shows it.",
                        max_length=60,
                        verbose_name="registry number",
                    ),
                ),
                (
                    "answered_on",
                    models.DateField(
                        blank=True,
                        help_text="The date of the answer. Leave empty until there is one.",
                        null=True,
                        verbose_name="answered on",
                    ),
                ),
                (
                    "answer_sq",
                    models.TextField(
                        blank=True,
                        help_text="The institution’s own words, without quotation marks; in the other language an exact translation. Leave out the names of people.",
                        max_length=1500,
                        verbose_name="answer",
                    ),
                ),
                (
                    "answer_en",
                    models.TextField(
                        blank=True,
                        help_text="The institution’s own words, without quotation marks; in the other language an exact translation. Leave out the names of people.",
                        max_length=1500,
                        verbose_name="answer",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "hand-over",
                "verbose_name_plural": "hand-overs",
                "ordering": ["goal__people", "pk"],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("demand", "as_of"),
                migrations.RemoveField("demand", "source"),
                migrations.RemoveField("demand", "step"),
            ],
            database_operations=[migrations.RunSQL(OLD_COLUMNS, OLD_COLUMNS_AS_BEFORE)],
        ),
        migrations.AddField(
            model_name="demand",
            name="institution",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The institution that answers for it today, by its official name in Albanian, never a person. Leave empty if we do not know: the page says so.",
                max_length=160,
                verbose_name="institution",
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="next_date",
            field=models.DateField(
                blank=True,
                help_text="The date of what is known to come next, such as a vote. The page shows it until that day is over.",
                null=True,
                verbose_name="next known date",
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="next_event_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="For example “Parliament votes on the law”.",
                max_length=160,
                verbose_name="what happens then",
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="next_event_sq",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="For example “Parliament votes on the law”.",
                max_length=160,
                verbose_name="what happens then",
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="slug_en",
            field=models.SlugField(
                error_messages={"unique": "Another demand already uses this address. Choose a different one."},
                help_text="The last part of the page’s address. It cannot be changed later.",
                max_length=80,
                null=True,
                unique=True,
                verbose_name="address",
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="slug_sq",
            field=models.SlugField(
                error_messages={"unique": "Another demand already uses this address. Choose a different one."},
                help_text="The last part of the page’s address. It cannot be changed later.",
                max_length=80,
                null=True,
                unique=True,
                verbose_name="address",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("next_date", None), ("next_event_en", ""), ("next_event_sq", "")),
                    models.Q(
                        ("next_date__isnull", False),
                        models.Q(("next_event_sq", ""), _negated=True),
                        models.Q(("next_event_en", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="demand_next_date_with_what_happens",
                violation_error_message="Give the next date together with what happens then, or leave both empty.",
            ),
        ),
        migrations.AddField(
            model_name="demandstep",
            name="corrects",
            field=models.OneToOneField(
                blank=True,
                error_messages={"unique": "This step has been corrected already. Correct the step that replaced it."},
                help_text="The step that this one replaces. The page goes on showing it in small letters.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="correction",
                to="campaign.demandstep",
                verbose_name="corrects",
            ),
        ),
        migrations.AddField(
            model_name="demandstep",
            name="demand",
            field=models.ForeignKey(
                help_text="The demand that moved.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="steps",
                to="campaign.demand",
                verbose_name="demand",
            ),
        ),
        migrations.AddField(
            model_name="demandstep",
            name="entered_by",
            field=models.ForeignKey(
                editable=False,
                help_text="The member of staff who entered it. Visitors do not see the name.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="entered by",
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="demand",
            field=models.ForeignKey(
                help_text="What is handed over.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="handovers",
                to="campaign.demand",
                verbose_name="demand",
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="goal",
            field=models.OneToOneField(
                error_messages={"unique": "This goal already has a hand-over."},
                help_text="The demand is handed over when so many people have signed.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="handover",
                to="pledges.goal",
                verbose_name="goal",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sentence_sq", ""), _negated=True), models.Q(("sentence_en", ""), _negated=True)
                ),
                name="demandstep_in_both_languages",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandstep",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("source_title", ""), _negated=True), ("source_url__regex", "^https?://")),
                name="demandstep_has_a_source",
                violation_error_message="A step needs a source with its web address.",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "date__lte",
                        django.db.models.functions.datetime.TruncDate(
                            models.F("entered_at"), tzinfo=zoneinfo.ZoneInfo(key="Europe/Tirane")
                        ),
                    )
                ),
                name="demandstep_is_not_in_the_future",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrects", None), ("reason_en", ""), ("reason_sq", "")),
                    models.Q(
                        ("corrects__isnull", False),
                        models.Q(("reason_sq", ""), _negated=True),
                        models.Q(("reason_en", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="demandstep_correction_says_why",
                violation_error_message="Say in both languages what was wrong.",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("institution", ""), _negated=True), name="handover_names_an_institution"
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("handed_on", None), ("registry_number", "")),
                    models.Q(("handed_on__isnull", False), models.Q(("registry_number", ""), _negated=True)),
                    _connector="OR",
                ),
                name="handover_date_with_registry_number",
                violation_error_message="Enter the date and the registry number together.",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer_en", ""), ("answer_sq", ""), ("answered_on", None)),
                    models.Q(
                        ("answered_on__gte", models.F("handed_on")),
                        ("answered_on__isnull", False),
                        ("handed_on__isnull", False),
                        models.Q(("answer_sq", ""), _negated=True),
                        models.Q(("answer_en", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="handover_answer_is_whole",
                violation_error_message="An answer needs its date, its words in both languages, and a hand-over before it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("handed_on", None),
                        (
                            "handed_on__lte",
                            django.db.models.functions.datetime.TruncDate(
                                models.F("changed_at"), tzinfo=zoneinfo.ZoneInfo(key="Europe/Tirane")
                            ),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("answered_on", None),
                        (
                            "answered_on__lte",
                            django.db.models.functions.datetime.TruncDate(
                                models.F("changed_at"), tzinfo=zoneinfo.ZoneInfo(key="Europe/Tirane")
                            ),
                        ),
                        _connector="OR",
                    ),
                ),
                name="handover_is_not_in_the_future",
            ),
        ),
        migrations.RunSQL(ADDRESSES, migrations.RunSQL.noop),
        migrations.RunSQL(STARTER, migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "demands.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL(
            ["CALL watch_content('campaign_demandstep')", "CALL watch_content('campaign_handover')"],
            migrations.RunSQL.noop,
        ),
    ]
