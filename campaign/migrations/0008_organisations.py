"""Partners become organisations. Table and columns keep their names, so that the release before goes on working."""

import django.db.models.deletion
from django.db import migrations, models

# Stored versions name the model and the field of before. There are few: staff write partners by hand.
HISTORY = """
UPDATE reversion_version version SET serialized_data = jsonb_set(
    jsonb_set(data #- '{0,fields,kind}', '{0,model}', '"campaign.organisation"'),
    '{0,fields,role}', coalesce(data #> '{0,fields,kind}', '"partner"')
)::text
FROM (SELECT id, serialized_data::jsonb AS data FROM reversion_version) stored
WHERE stored.id = version.id AND data #>> '{0,model}' = 'campaign.partner'
"""
STARTER = """
UPDATE pledges_starteritem SET written = written - 'kind' || jsonb_build_object('role', written -> 'kind')
WHERE key LIKE 'partner:%' AND jsonb_exists(written, 'kind')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0007_handouts"),
        ("pledges", "0025_joinings"),
        ("reversion", "0002_add_index_on_version_for_content_type_and_db"),
    ]

    operations = [
        migrations.AlterModelTable("partner", "campaign_partner"),
        migrations.RenameModel("Partner", "Organisation"),
        migrations.AlterField(
            "organisation",
            "kind",
            models.CharField(
                choices=[("founder", "founder"), ("partner", "partner"), ("donor", "donor")],
                db_column="kind",
                default="partner",
                help_text="Shown under the name.",
                max_length=7,
                verbose_name="kind",
            ),
        ),
        migrations.RenameField("organisation", "kind", "role"),
        migrations.AlterModelOptions(
            name="organisation",
            options={
                "ordering": ["position", "pk"],
                "verbose_name": "organisation",
                "verbose_name_plural": "organisations",
            },
        ),
        migrations.AddField(
            model_name="organisation",
            name="is_abroad",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Tick this if its main office is abroad. Then choose no municipality.",
                verbose_name="outside Albania",
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="joining",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entry",
                to="pledges.joining",
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="kind",
            field=models.CharField(
                choices=[
                    ("school", "school"),
                    ("kindergarten", "kindergarten"),
                    ("municipality", "municipality"),
                    ("institution", "public institution"),
                    ("association", "association"),
                    ("culture", "culture"),
                    ("media", "media"),
                    ("sport", "sport"),
                    ("business", "business"),
                    ("other", "other organisation"),
                ],
                db_column="organisation_kind",
                db_default="other",
                default="other",
                help_text="Shown under the name. Visitors filter the list by it.",
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="logo",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=24),
        ),
        migrations.AddField(
            model_name="organisation",
            name="municipality",
            field=models.ForeignKey(
                blank=True,
                help_text="Where its main office is. Leave empty if it works in the whole country.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="pledges.municipality",
                verbose_name="municipality",
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="new_logo",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=24),
        ),
        migrations.AddField(
            model_name="organisation",
            name="renewed_at",
            field=models.DateTimeField(
                blank=True,
                help_text="An entry lapses a year after this, and is hidden 90 days later. Leave empty for an organisation that does not have to renew, such as a founder.",
                null=True,
                verbose_name="renewed",
            ),
        ),
        migrations.AlterField(
            model_name="organisation",
            name="role",
            field=models.CharField(
                choices=[
                    ("founder", "founder"),
                    ("patron", "patron"),
                    ("donor", "donor"),
                    ("partner", "partner"),
                    ("supporter", "supporter"),
                ],
                db_column="kind",
                default="supporter",
                help_text="Founders stand first. The role of a patron, a donor or a partner is shown under the name.",
                max_length=9,
                verbose_name="role",
            ),
        ),
        migrations.AlterField(
            model_name="organisation",
            name="text_en",
            field=models.CharField(
                blank=True,
                help_text="What the organisation does for the movement, or why it joined, in one or two sentences.",
                max_length=300,
                verbose_name="text",
            ),
        ),
        migrations.AlterField(
            model_name="organisation",
            name="text_sq",
            field=models.CharField(
                blank=True,
                help_text="What the organisation does for the movement, or why it joined, in one or two sentences.",
                max_length=300,
                verbose_name="text",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_abroad", False), ("municipality", None), _connector="OR"),
                name="organisation_is_in_one_place",
                violation_error_message="Choose a municipality or tick “outside Albania”, not both.",
            ),
        ),
        migrations.RunSQL(HISTORY, migrations.RunSQL.noop),
        migrations.RunSQL(STARTER, migrations.RunSQL.noop),
    ]
