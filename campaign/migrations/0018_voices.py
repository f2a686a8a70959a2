"""The register of voices: kind, consent and owner, and the triggers by which a voice and its consent end together.

Every voice of before is from a public source. The constraint that asks for the source is not validated: a row of before without a
source, which no form could save, stays as it is and is still shown, and its next save needs a source.
"""

import datetime
from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0017_site_settings_and_menus"),
        ("pledges", "0054_messages_of_voices"),
        ("reversion", "0002_add_index_on_version_for_content_type_and_db"),
        ("staff", "0004_drafts"),
    ]

    operations = [
        migrations.AddField(
            model_name="voice",
            name="agreed_on",
            field=models.DateField(
                blank=True,
                help_text="The day on which the person agreed. If you ask again: the day on which you ask.",
                null=True,
                verbose_name="agreed on",
            ),
        ),
        migrations.AddField(
            model_name="voice",
            name="ends_on",
            field=models.DateField(
                blank=True,
                help_text="The last day on which visitors see it, at most two years after the person agreed. A month before, the front page reminds you; a month after, the voice is removed.",
                null=True,
                verbose_name="until",
            ),
        ),
        migrations.AddField(
            model_name="voice",
            name="owner",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="voice",
                to="pledges.voiceowner",
            ),
        ),
        migrations.AddField(
            model_name="voice",
            name="scope",
            field=models.CharField(
                blank=True,
                choices=[
                    ("site", "on this site"),
                    ("social", "on this site and on social media"),
                    ("print", "on this site, on social media and in print"),
                ],
                db_default="",
                default="",
                help_text="Only what the person agreed to. The preview says it too.",
                max_length=6,
                verbose_name="where we may use it",
            ),
        ),
        migrations.AddField(
            model_name="voice",
            name="how",
            field=models.CharField(
                blank=True,
                choices=[("writing", "in writing"), ("mail", "by email"), ("recorded", "in a recording")],
                db_default="",
                default="",
                help_text="Keep the letter, the email or the recording where the team keeps consents, not here.",
                max_length=8,
                verbose_name="how the person agreed",
            ),
        ),
        migrations.AddField(
            model_name="voice",
            name="is_adult",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="We take no words from anyone under 18, not even with a parent’s consent.",
                verbose_name="the person is 18 or older",
            ),
        ),
        migrations.AddField(
            model_name="voice",
            name="is_no_story",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="It does not tell what happened to a child or to a survivor, not even without names: people nearby recognise them.",
                verbose_name="it tells no story of abuse",
            ),
        ),
        migrations.AddField(
            model_name="voice",
            name="kind",
            field=models.CharField(
                choices=[("public", "from a public source"), ("given", "given to us")],
                db_default="public",
                default="public",
                help_text="From a public source: someone said it where everyone can read or hear it. Given to us: someone said it to the movement. Its owner then sees a preview, and visitors see it only once its owner agrees. You cannot change this later.",
                max_length=6,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="voice",
            name="source",
            field=models.CharField(
                blank=True,
                help_text="Where people can read or hear it, for example “crca.al”. Leave empty if it was given to us.",
                max_length=160,
                verbose_name="source",
            ),
        ),
        AddConstraintNotValid(
            model_name="voice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("agreed_on", None),
                        ("ends_on", None),
                        ("how", ""),
                        ("kind", "public"),
                        ("owner", None),
                        ("scope", ""),
                        models.Q(("source", ""), _negated=True),
                    ),
                    models.Q(
                        ("agreed_on__isnull", False),
                        ("ends_on__isnull", False),
                        ("is_adult", True),
                        ("is_no_story", True),
                        ("kind", "given"),
                        models.Q(("how", ""), _negated=True),
                        models.Q(("scope", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="voice_has_a_source_or_a_consent",
                violation_error_message="A voice from a public source needs its source, and one given to us needs its consent.",
            ),
        ),
        migrations.AddConstraint(
            model_name="voice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on", None),
                    models.Q(
                        ("ends_on__gt", models.F("agreed_on")),
                        (
                            "ends_on__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("agreed_on"), "+", models.Value(datetime.timedelta(days=731))
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="voice_consent_ends",
                violation_error_message="The last day must be at most two years after the day of the consent.",
            ),
        ),
        migrations.AddField(
            model_name="voice",
            name="fingerprint",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.Func(
                        models.Func(models.F("text_sq"), function="quote_literal", output_field=models.TextField()),
                        models.Func(models.F("text_en"), function="quote_literal", output_field=models.TextField()),
                        models.Func(models.F("person"), function="quote_literal", output_field=models.TextField()),
                        models.Func(models.F("role_sq"), function="quote_literal", output_field=models.TextField()),
                        models.Func(models.F("role_en"), function="quote_literal", output_field=models.TextField()),
                        models.Func(models.F("source"), function="quote_literal", output_field=models.TextField()),
                        models.Func(models.F("scope"), function="quote_literal", output_field=models.TextField()),
                        models.Func(
                            models.Func(
                                models.F("date"),
                                output_field=models.TextField(),
                                template="((%(expressions)s - DATE '2000-01-01')::text)",
                            ),
                            function="quote_literal",
                            output_field=models.TextField(),
                        ),
                        models.Func(
                            django.db.models.functions.comparison.Coalesce(
                                models.Func(
                                    models.F("ends_on"),
                                    output_field=models.TextField(),
                                    template="((%(expressions)s - DATE '2000-01-01')::text)",
                                ),
                                models.Value(""),
                            ),
                            function="quote_literal",
                            output_field=models.TextField(),
                        ),
                        models.Func(
                            django.db.models.functions.comparison.Cast("is_paraphrased", models.TextField()),
                            function="quote_literal",
                            output_field=models.TextField(),
                        ),
                        arg_joiner=" || ",
                        output_field=models.TextField(),
                        template="%(expressions)s",
                    ),
                    output_field=models.CharField(max_length=64),
                    template="encode(sha256(decode(%(expressions)s, 'escape')), 'hex')",
                ),
                output_field=models.CharField(max_length=64),
            ),
        ),
        migrations.RunSQL((SQL / "voices.sql").read_text(), migrations.RunSQL.noop),
    ]
