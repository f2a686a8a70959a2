"""Handouts: their words in both languages, and whether the safeguarding lead has reviewed them."""

from django.db import migrations, models

TITLE = {
    "help_text": "The words in large letters. They are made to fit.",
    "max_length": 80,
    "verbose_name": "title",
}
TEXT = {
    "help_text": "Plain text. In the lesson outline, a line that begins with “# ” is a heading, and one that begins with “- ” is an item of a list. On the page for the wall, the first line is in bold.",
    "max_length": 6000,
    "verbose_name": "text",
}


class Migration(migrations.Migration):
    dependencies = [("campaign", "0006_more_words"), ("pledges", "0002_live")]

    operations = [
        migrations.CreateModel(
            name="Handout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        choices=[
                            ("sheet", "sheet to colour"),
                            ("certificate", "certificate of a group"),
                            ("wall", "page for the classroom wall"),
                            ("lesson", "lesson outline"),
                        ],
                        editable=False,
                        max_length=11,
                        unique=True,
                        verbose_name="handout",
                    ),
                ),
                ("title_sq", models.CharField(**TITLE)),
                ("title_en", models.CharField(**TITLE)),
                ("text_sq", models.TextField(**TEXT)),
                ("text_en", models.TextField(**TEXT)),
                (
                    "is_reviewed",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="The safeguarding lead ticks this. Until then the lesson outline appears nowhere. If someone else changes a word, it has to be reviewed again.",
                        verbose_name="reviewed",
                    ),
                ),
            ],
            options={
                "verbose_name": "handout",
                "verbose_name_plural": "handouts",
                "ordering": ["pk"],
                "permissions": [("review_handout", "Can review handouts")],
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(title_sq="")
                        & ~models.Q(title_en="")
                        & ~models.Q(text_sq="")
                        & ~models.Q(text_en=""),
                        name="handout_in_both_languages",
                    )
                ],
            },
        ),
        migrations.RunSQL("CALL watch_content('campaign_handout')", migrations.RunSQL.noop),
    ]
