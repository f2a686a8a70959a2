"""Materials of staff, the words of posters, leaflet and letters, and those of the page of the materials."""

from django.db import migrations, models

import campaign.models.materials


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0009_protection_units"),
    ]

    operations = [
        migrations.AlterField(
            model_name="handout",
            name="key",
            field=models.CharField(
                choices=[
                    ("sheet", "sheet to colour"),
                    ("certificate", "certificate of a group"),
                    ("wall", "page for the classroom wall"),
                    ("lesson", "lesson outline"),
                    ("poster", "poster for children"),
                    ("leaflet", "leaflet for adults"),
                    ("mayor", "letter to a mayor"),
                    ("headteacher", "letter to a headteacher"),
                ],
                editable=False,
                max_length=11,
                unique=True,
                verbose_name="handout",
            ),
        ),
        migrations.AlterField(
            model_name="handout",
            name="text_en",
            field=models.TextField(
                help_text="Plain text. A line that begins with “- ” is an item of a list. In the lesson outline and the leaflet, a line that begins with “# ” is a heading; each heading of the leaflet begins a page. On the poster and the page for the wall, the first line is in bold.",
                max_length=6000,
                verbose_name="text",
            ),
        ),
        migrations.AlterField(
            model_name="handout",
            name="text_sq",
            field=models.TextField(
                help_text="Plain text. A line that begins with “- ” is an item of a list. In the lesson outline and the leaflet, a line that begins with “# ” is a heading; each heading of the leaflet begins a page. On the poster and the page for the wall, the first line is in bold.",
                max_length=6000,
                verbose_name="text",
            ),
        ),
        migrations.AlterField(
            model_name="pagetext",
            name="key",
            field=models.CharField(
                choices=[
                    ("home_eyebrow", "small line above the headline"),
                    ("home_lead", "lead, the sentence under the headline"),
                    ("home_vows", "title above the three promises"),
                    ("home_vows_lead", "sentence above the three promises"),
                    ("home_groups", "title above the groups"),
                    ("home_groups_lead", "sentence above the groups"),
                    ("home_demands", "title above the demands"),
                    ("home_demands_lead", "sentence above the demands"),
                    ("home_call", "last line, above the button at the end"),
                    ("vow_1", "first promise"),
                    ("vow_1_text", "what the first promise means"),
                    ("vow_2", "second promise"),
                    ("vow_2_text", "what the second promise means"),
                    ("vow_3", "third promise"),
                    ("vow_3_text", "what the third promise means"),
                    ("pledge_lead", "lead, the sentence above the form"),
                    ("pledge_shared", "text in search results and when shared"),
                    ("thanks_title", "title after confirming"),
                    ("thanks_bring", "title above the link to pass on"),
                    ("thanks_bring_text", "sentence above the link to pass on"),
                    ("thanks_withdrawn", "farewell after withdrawing"),
                    ("child_title", "title"),
                    ("child_lead", "lead, saying that nothing is kept"),
                    ("child_danger", "what to do in danger"),
                    ("child_part", "title of “You can be part of it”"),
                    ("child_part_text", "text of “You can be part of it”"),
                    ("child_hurt", "title of what to do if someone hurts you"),
                    ("child_hurt_first", "first sentence about it, in bold"),
                    ("child_hurt_text", "text of what to do if someone hurts you"),
                    ("totals_method", "how we count"),
                    ("totals_shared", "text in search results and when shared"),
                    ("help_lead", "lead, what to do now"),
                    ("help_child", "title of what a child reads"),
                    ("help_child_first", "first sentence to a child, in bold"),
                    ("help_child_text", "text to a child"),
                    ("help_abroad", "what to do outside Albania"),
                    ("help_shared", "text in search results and when shared"),
                    ("materials_lead", "lead, the sentence under the title"),
                    ("materials_licence", "what people may do with the materials"),
                    ("every_footer", "sentence at the foot of the page"),
                    ("every_shared", "text in search results and when shared"),
                    ("every_card", "text on the picture of a shared link"),
                ],
                editable=False,
                max_length=20,
                unique=True,
                verbose_name="place",
            ),
        ),
        migrations.AlterField(
            model_name="pagetext",
            name="page",
            field=models.CharField(
                choices=[
                    ("home", "Home page"),
                    ("vows", "The three promises (home page and pledge form)"),
                    ("pledge", "Pledge form"),
                    ("thanks", "After confirming or withdrawing"),
                    ("child", "Page for under-16s"),
                    ("totals", "Supporters so far"),
                    ("help", "Help page"),
                    ("prints", "Materials"),
                    ("every", "Every page"),
                ],
                editable=False,
                max_length=6,
                verbose_name="page",
            ),
        ),
        migrations.CreateModel(
            name="Material",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.SlugField(
                        help_text="A short name. You cannot change it later.", unique=True, verbose_name="key"
                    ),
                ),
                (
                    "is_shown",
                    models.BooleanField(
                        default=True,
                        help_text="If this is off, visitors do not see it, but it is kept here.",
                        verbose_name="shown",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Lower comes first.", verbose_name="position"
                    ),
                ),
                (
                    "section",
                    models.CharField(
                        choices=[
                            ("posters", "posters and leaflets"),
                            ("letters", "letters"),
                            ("sheets", "sheets for classes and groups"),
                            ("pictures", "pictures to share"),
                            ("logos", "logos"),
                        ],
                        help_text="The part of the page in which it appears.",
                        max_length=8,
                        verbose_name="section",
                    ),
                ),
                (
                    "title_sq",
                    models.CharField(
                        help_text="What it is, in a few words, for example “Poster for the bus stop”.",
                        max_length=80,
                        verbose_name="title",
                    ),
                ),
                (
                    "title_en",
                    models.CharField(
                        help_text="What it is, in a few words, for example “Poster for the bus stop”.",
                        max_length=80,
                        verbose_name="title",
                    ),
                ),
                (
                    "text_sq",
                    models.CharField(
                        blank=True,
                        help_text="One sentence on what it is for. Leave empty if the title says it.",
                        max_length=240,
                        verbose_name="text",
                    ),
                ),
                (
                    "text_en",
                    models.CharField(
                        blank=True,
                        help_text="One sentence on what it is for. Leave empty if the title says it.",
                        max_length=240,
                        verbose_name="text",
                    ),
                ),
                (
                    "licence_sq",
                    models.CharField(
                        blank=True,
                        help_text="What people may do with it, for example “You can print and share it unchanged”. Leave empty to use the sentence at the top of the page.",
                        max_length=160,
                        verbose_name="licence",
                    ),
                ),
                (
                    "licence_en",
                    models.CharField(
                        blank=True,
                        help_text="What people may do with it, for example “You can print and share it unchanged”. Leave empty to use the sentence at the top of the page.",
                        max_length=160,
                        verbose_name="licence",
                    ),
                ),
                (
                    "file_sq",
                    campaign.models.materials.MaterialFileField(
                        blank=True,
                        help_text="PDF, PNG or JPEG, 15 MB or smaller, a PDF of 40 pages or fewer. We remove the data about who made it, where and when. If it has no words, choose the same file for both languages.",
                        max_length=120,
                        upload_to=campaign.models.materials.upload_path,
                        verbose_name="file",
                    ),
                ),
                (
                    "file_en",
                    campaign.models.materials.MaterialFileField(
                        blank=True,
                        help_text="PDF, PNG or JPEG, 15 MB or smaller, a PDF of 40 pages or fewer. We remove the data about who made it, where and when. If it has no words, choose the same file for both languages.",
                        max_length=120,
                        upload_to=campaign.models.materials.upload_path,
                        verbose_name="file",
                    ),
                ),
                ("details", models.JSONField(default=dict, editable=False)),
            ],
            options={
                "verbose_name": "material",
                "verbose_name_plural": "materials",
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title_sq", ""), _negated=True), models.Q(("title_en", ""), _negated=True)
                        ),
                        name="material_in_both_languages",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_shown", False),
                            models.Q(
                                models.Q(("file_sq", ""), _negated=True), models.Q(("file_en", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="material_shown_has_files",
                    ),
                ],
            },
        ),
        migrations.RunSQL("CALL watch_content('campaign_material')", migrations.RunSQL.noop),
    ]
