"""All tables of campaign. The search columns need the configuration in sql/search.sql."""

import uuid
from pathlib import Path

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations, models

import campaign.models.pictures

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("pledges", "0001_initial"),
    ]

    operations = [
        UnaccentExtension(),
        migrations.RunSQL((SQL / "search.sql").read_text(), "DROP TEXT SEARCH CONFIGURATION site"),
        migrations.CreateModel(
            name="Demand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(help_text="A short name that stays.", unique=True, verbose_name="key")),
                (
                    "is_shown",
                    models.BooleanField(
                        default=True,
                        help_text="Off: it is kept here, but visitors do not see it.",
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
                    "title_sq",
                    models.CharField(
                        help_text="What is asked for, in a few words, such as “A national register of sexual crimes”.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "title_en",
                    models.CharField(
                        help_text="What is asked for, in a few words, such as “A national register of sexual crimes”.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "text_sq",
                    models.TextField(help_text="How it stands, with dates.", max_length=500, verbose_name="text"),
                ),
                (
                    "text_en",
                    models.TextField(help_text="How it stands, with dates.", max_length=500, verbose_name="text"),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("considered", "In review"),
                            ("adopted", "Adopted"),
                            ("implemented", "Applied"),
                        ],
                        default="asked",
                        help_text="How far it has come: the page shows it as four dots.",
                        max_length=11,
                        verbose_name="step",
                    ),
                ),
                ("as_of", models.DateField(help_text="The day of the last thing that is known.", verbose_name="as of")),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        help_text="Where it says so, such as “crca.al, 4 April 2023”.",
                        max_length=200,
                        verbose_name="source",
                    ),
                ),
                (
                    "checked_on",
                    models.DateField(
                        blank=True,
                        help_text="The day someone last made sure that this is still how it stands. Visitors do not see it.",
                        null=True,
                        verbose_name="last looked at",
                    ),
                ),
            ],
            options={
                "verbose_name": "demand",
                "verbose_name_plural": "demands",
                "ordering": ["position", "pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Partner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(help_text="A short name that stays.", unique=True, verbose_name="key")),
                (
                    "is_shown",
                    models.BooleanField(
                        default=True,
                        help_text="Off: it is kept here, but visitors do not see it.",
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
                    "kind",
                    models.CharField(
                        choices=[("founder", "founder"), ("partner", "partner"), ("donor", "donor")],
                        default="partner",
                        help_text="Stands under the name.",
                        max_length=7,
                        verbose_name="kind",
                    ),
                ),
                (
                    "name_sq",
                    models.CharField(
                        help_text="As the organisation writes it, such as “Barnahus Albania”.",
                        max_length=120,
                        verbose_name="name",
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        help_text="As the organisation writes it, such as “Barnahus Albania”.",
                        max_length=120,
                        verbose_name="name",
                    ),
                ),
                (
                    "text_sq",
                    models.CharField(
                        blank=True,
                        help_text="What it does for the movement, in a sentence.",
                        max_length=300,
                        verbose_name="text",
                    ),
                ),
                (
                    "text_en",
                    models.CharField(
                        blank=True,
                        help_text="What it does for the movement, in a sentence.",
                        max_length=300,
                        verbose_name="text",
                    ),
                ),
                (
                    "url",
                    models.URLField(
                        blank=True,
                        help_text="With https:// in front, such as https://www.crca.al.",
                        verbose_name="address on the web",
                    ),
                ),
            ],
            options={
                "verbose_name": "partner",
                "verbose_name_plural": "partners",
                "ordering": ["position", "pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Preview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("row", models.TextField(editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "verbose_name": "preview",
                "verbose_name_plural": "previews",
            },
        ),
        migrations.CreateModel(
            name="Term",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.SlugField(
                        help_text="A short name that stays, such as “child-pornography”.",
                        unique=True,
                        verbose_name="key",
                    ),
                ),
                (
                    "forms_sq",
                    models.TextField(
                        help_text="One a line, small letters, accents do not matter. * stands for any ending, and alone for one word or none: “child* * porn*” finds “children in pornography”.",
                        verbose_name="words to avoid",
                    ),
                ),
                (
                    "forms_en",
                    models.TextField(
                        help_text="One a line, small letters, accents do not matter. * stands for any ending, and alone for one word or none: “child* * porn*” finds “children in pornography”.",
                        verbose_name="words to avoid",
                    ),
                ),
                (
                    "better_sq",
                    models.CharField(
                        help_text="What to write instead, such as “child sexual abuse material”.",
                        max_length=160,
                        verbose_name="better",
                    ),
                ),
                (
                    "better_en",
                    models.CharField(
                        help_text="What to write instead, such as “child sexual abuse material”.",
                        max_length=160,
                        verbose_name="better",
                    ),
                ),
                (
                    "why_sq",
                    models.CharField(
                        help_text="One sentence that the editor reads beside the warning.",
                        max_length=300,
                        verbose_name="why",
                    ),
                ),
                (
                    "why_en",
                    models.CharField(
                        help_text="One sentence that the editor reads beside the warning.",
                        max_length=300,
                        verbose_name="why",
                    ),
                ),
            ],
            options={
                "verbose_name": "word to avoid",
                "verbose_name_plural": "words to avoid",
                "ordering": ["key"],
            },
        ),
        migrations.CreateModel(
            name="Voice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(help_text="A short name that stays.", unique=True, verbose_name="key")),
                (
                    "is_shown",
                    models.BooleanField(
                        default=True,
                        help_text="Off: it is kept here, but visitors do not see it.",
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
                    "text_sq",
                    models.TextField(
                        help_text="What the person said, without quotation marks: the page shows that it is a quotation.",
                        max_length=400,
                        verbose_name="words",
                    ),
                ),
                (
                    "text_en",
                    models.TextField(
                        help_text="What the person said, without quotation marks: the page shows that it is a quotation.",
                        max_length=400,
                        verbose_name="words",
                    ),
                ),
                (
                    "person",
                    models.CharField(
                        help_text="First name and surname. Never someone who suffered violence.",
                        max_length=80,
                        verbose_name="person",
                    ),
                ),
                (
                    "role_sq",
                    models.CharField(
                        help_text="Who the person is, such as “Director of CRCA Albania”.",
                        max_length=160,
                        verbose_name="role",
                    ),
                ),
                (
                    "role_en",
                    models.CharField(
                        help_text="Who the person is, such as “Director of CRCA Albania”.",
                        max_length=160,
                        verbose_name="role",
                    ),
                ),
                ("date", models.DateField(help_text="The day on which it was said.", verbose_name="date")),
                (
                    "source",
                    models.CharField(
                        help_text="Where one can read or hear it, such as “crca.al”.",
                        max_length=160,
                        verbose_name="source",
                    ),
                ),
                (
                    "is_paraphrased",
                    models.BooleanField(
                        default=False,
                        help_text="Not quoted to the letter: the page says so.",
                        verbose_name="in our own words",
                    ),
                ),
            ],
            options={
                "verbose_name": "voice",
                "verbose_name_plural": "voices",
                "ordering": ["position", "pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="HelpChannel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.SlugField(
                        help_text="A short name that stays, such as “alo-116111”.", unique=True, verbose_name="key"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("phone", "phone"), ("web", "website"), ("place", "place")],
                        help_text="How one reaches it.",
                        max_length=5,
                        verbose_name="kind",
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        blank=True,
                        help_text="With spaces, as one reads it out: 116 111.",
                        max_length=30,
                        verbose_name="number as shown",
                    ),
                ),
                (
                    "tel",
                    models.CharField(
                        blank=True,
                        help_text="Digits only, as a phone dials it: 116111.",
                        max_length=20,
                        verbose_name="number to dial",
                    ),
                ),
                (
                    "url",
                    models.URLField(
                        blank=True,
                        help_text="With https:// in front, such as https://www.crca.al.",
                        verbose_name="address on the web",
                    ),
                ),
                (
                    "name_sq",
                    models.CharField(
                        help_text="As people know it, such as “ALO, the national child helpline”.",
                        max_length=120,
                        verbose_name="name",
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        help_text="As people know it, such as “ALO, the national child helpline”.",
                        max_length=120,
                        verbose_name="name",
                    ),
                ),
                (
                    "short_sq",
                    models.CharField(
                        blank=True,
                        help_text="Beside the number on every page, such as “police”.",
                        max_length=20,
                        verbose_name="one word",
                    ),
                ),
                (
                    "short_en",
                    models.CharField(
                        blank=True,
                        help_text="Beside the number on every page, such as “police”.",
                        max_length=20,
                        verbose_name="one word",
                    ),
                ),
                (
                    "text_sq",
                    models.TextField(
                        blank=True,
                        help_text="Who answers, for whom, at what cost. One or two sentences.",
                        verbose_name="text",
                    ),
                ),
                (
                    "text_en",
                    models.TextField(
                        blank=True,
                        help_text="Who answers, for whom, at what cost. One or two sentences.",
                        verbose_name="text",
                    ),
                ),
                (
                    "hours_sq",
                    models.CharField(
                        blank=True,
                        help_text="When someone answers, such as “Day and night”.",
                        max_length=60,
                        verbose_name="hours",
                    ),
                ),
                (
                    "hours_en",
                    models.CharField(
                        blank=True,
                        help_text="When someone answers, such as “Day and night”.",
                        max_length=60,
                        verbose_name="hours",
                    ),
                ),
                (
                    "in_strip",
                    models.BooleanField(
                        default=False,
                        help_text="Stands in the strip with the quick exit. Three at most fit on a phone.",
                        verbose_name="on every page",
                    ),
                ),
                (
                    "from_abroad",
                    models.BooleanField(
                        default=False,
                        help_text="Also named on the help page for people outside Albania, where short numbers do not work.",
                        verbose_name="works from abroad",
                    ),
                ),
                (
                    "is_shown",
                    models.BooleanField(
                        default=True,
                        help_text="Off: it is kept here, but visitors do not see it.",
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
                    "verified_on",
                    models.DateField(
                        blank=True,
                        help_text="The day someone last called the number or opened the site.",
                        null=True,
                        verbose_name="last verified",
                    ),
                ),
            ],
            options={
                "verbose_name": "help channel",
                "verbose_name_plural": "help channels",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("in_strip", False),
                            models.Q(
                                models.Q(("tel", ""), _negated=True),
                                models.Q(("number", ""), _negated=True),
                                models.Q(("short_sq", ""), _negated=True),
                                models.Q(("short_en", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="help_channel_strip_has_number",
                        violation_error_message="A channel on every page needs a number and one word in both languages.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OldAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("language", models.CharField(max_length=2)),
                ("slug", models.CharField(max_length=80)),
                ("target", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "old address",
                "verbose_name_plural": "old addresses",
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "language", "slug"), name="old_address_is_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="PageText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        choices=[
                            ("home_eyebrow", "small line above the headline"),
                            ("home_lead", "lead, the sentence under the headline"),
                            ("home_vows", "title above the three sentences"),
                            ("home_vows_lead", "sentence above the three sentences"),
                            ("home_groups", "title above the groups"),
                            ("home_groups_lead", "sentence above the groups"),
                            ("home_demands", "title above the demands"),
                            ("home_demands_lead", "sentence above the demands"),
                            ("home_call", "last call, above the button at the end"),
                            ("vow_1", "first sentence"),
                            ("vow_1_text", "what the first sentence means"),
                            ("vow_2", "second sentence"),
                            ("vow_2_text", "what the second sentence means"),
                            ("vow_3", "third sentence"),
                            ("vow_3_text", "what the third sentence means"),
                            ("pledge_lead", "lead, the sentence above the form"),
                            ("pledge_shared", "words in search results and when shared"),
                            ("thanks_title", "title after confirming"),
                            ("thanks_bring", "title above the address to pass on"),
                            ("thanks_bring_text", "sentence above the address to pass on"),
                            ("thanks_withdrawn", "farewell after withdrawing"),
                            ("child_title", "title"),
                            ("child_lead", "lead, that nothing is kept"),
                            ("child_danger", "what to do in danger"),
                            ("child_part", "title of being part of it"),
                            ("child_part_text", "text on being part of it"),
                            ("child_hurt", "title of what to do if someone hurts you"),
                            ("child_hurt_first", "first sentence on it, in bold"),
                            ("child_hurt_text", "text on what to do if someone hurts you"),
                            ("totals_method", "how we count"),
                            ("totals_shared", "words in search results and when shared"),
                            ("help_lead", "lead, what to do now"),
                            ("help_child", "title of what a child reads"),
                            ("help_child_first", "first sentence to a child, in bold"),
                            ("help_child_text", "text to a child"),
                            ("help_abroad", "what to do outside Albania"),
                            ("help_shared", "words in search results and when shared"),
                            ("every_footer", "sentence at the foot of the page"),
                            ("every_shared", "words in search results and when shared"),
                            ("every_card", "words on the picture of a shared link"),
                        ],
                        editable=False,
                        max_length=20,
                        unique=True,
                        verbose_name="place",
                    ),
                ),
                (
                    "page",
                    models.CharField(
                        choices=[
                            ("home", "Home page"),
                            ("vows", "The three sentences (home page and pledge form)"),
                            ("pledge", "Pledge form"),
                            ("thanks", "After confirming or withdrawing"),
                            ("child", "Page for those under 16"),
                            ("totals", "How many we are"),
                            ("help", "Help page"),
                            ("every", "Every page"),
                        ],
                        editable=False,
                        max_length=6,
                        verbose_name="page",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="position")),
                (
                    "text_sq",
                    models.TextField(
                        help_text="Plain words, without HTML. In a longer text an empty line begins a new paragraph.",
                        max_length=1000,
                        verbose_name="words",
                    ),
                ),
                (
                    "text_en",
                    models.TextField(
                        help_text="Plain words, without HTML. In a longer text an empty line begins a new paragraph.",
                        max_length=1000,
                        verbose_name="words",
                    ),
                ),
            ],
            options={
                "verbose_name": "words on a page",
                "verbose_name_plural": "words on pages",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text_sq", ""), _negated=True), models.Q(("text_en", ""), _negated=True)
                        ),
                        name="page_text_in_both_languages",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    campaign.models.pictures.PictureFileField(
                        height_field="height",
                        help_text="JPEG, PNG or WebP, at most 15 MB. Where and with what it was taken is removed. Never a photo of a child in distress, and nothing by which a victim could be recognised.",
                        max_length=60,
                        upload_to=campaign.models.pictures.upload_path,
                        verbose_name="picture file",
                        width_field="width",
                    ),
                ),
                ("width", models.PositiveSmallIntegerField(editable=False, verbose_name="width")),
                ("height", models.PositiveSmallIntegerField(editable=False, verbose_name="height")),
                (
                    "alt_sq",
                    models.CharField(
                        blank=True,
                        help_text="For those who do not see it, in one sentence, such as “Pupils and their teacher plant a tree in the school yard”.",
                        max_length=250,
                        verbose_name="what it shows",
                    ),
                ),
                (
                    "alt_en",
                    models.CharField(
                        blank=True,
                        help_text="For those who do not see it, in one sentence, such as “Pupils and their teacher plant a tree in the school yard”.",
                        max_length=250,
                        verbose_name="what it shows",
                    ),
                ),
                (
                    "is_decorative",
                    models.BooleanField(
                        default=False,
                        help_text="It tells nothing that the text does not: screen readers pass over it, and it needs no description.",
                        verbose_name="decoration only",
                    ),
                ),
                (
                    "credit_sq",
                    models.CharField(
                        blank=True,
                        help_text="Stands in small letters below it, such as “Photo: CRCA Albania”.",
                        max_length=120,
                        verbose_name="credit",
                    ),
                ),
                (
                    "credit_en",
                    models.CharField(
                        blank=True,
                        help_text="Stands in small letters below it, such as “Photo: CRCA Albania”.",
                        max_length=120,
                        verbose_name="credit",
                    ),
                ),
                (
                    "focus",
                    models.CharField(
                        choices=[
                            ("top-left", "top left"),
                            ("top", "top"),
                            ("top-right", "top right"),
                            ("left", "left"),
                            ("center", "middle"),
                            ("right", "right"),
                            ("bottom-left", "bottom left"),
                            ("bottom", "bottom"),
                            ("bottom-right", "bottom right"),
                        ],
                        default="center",
                        help_text="Touch the part that must stay in view when the picture is cut for messengers and social networks.",
                        max_length=12,
                        verbose_name="what matters most",
                    ),
                ),
                ("sizes", models.JSONField(default=dict, editable=False)),
                ("sized_at", models.DateTimeField(editable=False, null=True, verbose_name="sizes made")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "picture",
                "verbose_name_plural": "pictures",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("alt_en", ""), ("alt_sq", ""), ("is_decorative", True)),
                            models.Q(
                                ("is_decorative", False),
                                models.Q(("alt_sq", ""), _negated=True),
                                models.Q(("alt_en", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="picture_is_described_or_decorative",
                        violation_error_message="Describe the picture in both languages, or say that it is decoration only.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("credit_en", ""), ("credit_sq", "")),
                            models.Q(
                                models.Q(("credit_sq", ""), _negated=True), models.Q(("credit_en", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="picture_credit_in_both_languages",
                        violation_error_message="Write this in both languages, or leave both empty.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("height__gt", 0), ("width__gt", 0), models.Q(("file", ""), _negated=True)),
                        name="picture_has_dimensions",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sized_at", None), models.Q(("sizes", {}), _negated=True), _connector="OR"),
                        name="picture_sized_has_sizes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SiteSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "exit_url",
                    models.URLField(
                        default="https://www.google.com/",
                        help_text="A neutral page that raises no question when someone looks at the screen, such as a search engine.",
                        validators=[
                            django.core.validators.RegexValidator(
                                "^https://", "The address must begin with https://, so that nobody on the way reads it."
                            )
                        ],
                        verbose_name="where the quick exit leads",
                    ),
                ),
            ],
            options={
                "verbose_name": "site settings",
                "verbose_name_plural": "site settings",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="site_settings_are_one_row"),
                    models.CheckConstraint(
                        condition=models.Q(("exit_url__startswith", "https://")), name="site_settings_exit_is_https"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Statistic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(help_text="A short name that stays.", unique=True, verbose_name="key")),
                (
                    "is_shown",
                    models.BooleanField(
                        default=True,
                        help_text="Off: it is kept here, but visitors do not see it.",
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
                    "value_sq",
                    models.CharField(
                        help_text="As shown large, such as “1 in 10”.", max_length=20, verbose_name="figure"
                    ),
                ),
                (
                    "value_en",
                    models.CharField(
                        help_text="As shown large, such as “1 in 10”.", max_length=20, verbose_name="figure"
                    ),
                ),
                (
                    "text_sq",
                    models.CharField(
                        help_text="What the figure says, such as “children had an unwanted sexual experience online”.",
                        max_length=240,
                        verbose_name="words",
                    ),
                ),
                (
                    "text_en",
                    models.CharField(
                        help_text="What the figure says, such as “children had an unwanted sexual experience online”.",
                        max_length=240,
                        verbose_name="words",
                    ),
                ),
                (
                    "source_sq",
                    models.CharField(
                        help_text="Who found it out, such as “UNICEF, One Click Away”.",
                        max_length=200,
                        verbose_name="source",
                    ),
                ),
                (
                    "source_en",
                    models.CharField(
                        help_text="Who found it out, such as “UNICEF, One Click Away”.",
                        max_length=200,
                        verbose_name="source",
                    ),
                ),
                (
                    "year",
                    models.PositiveSmallIntegerField(
                        help_text="The year of the source, such as 2013.", verbose_name="year"
                    ),
                ),
                (
                    "url",
                    models.URLField(
                        blank=True,
                        help_text="Where one can read it, such as https://www.unicef.org/albania.",
                        verbose_name="address of the source",
                    ),
                ),
                (
                    "on_home",
                    models.BooleanField(
                        default=False,
                        help_text="The home page shows one: the first that has this ticked.",
                        verbose_name="on the home page",
                    ),
                ),
            ],
            options={
                "verbose_name": "figure",
                "verbose_name_plural": "figures",
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_sq", ""), _negated=True),
                            models.Q(("source_en", ""), _negated=True),
                            ("year__gt", 1990),
                        ),
                        name="statistic_has_a_source",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Page",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug_sq",
                    models.SlugField(
                        error_messages={"unique": "This is the address of another one already. Choose another."},
                        help_text="The last part of the page's address, such as “the-problem”.",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "slug_en",
                    models.SlugField(
                        error_messages={"unique": "This is the address of another one already. Choose another."},
                        help_text="The last part of the page's address, such as “the-problem”.",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "title_sq",
                    models.CharField(
                        blank=True,
                        help_text="Says what it is about, in a few words: it is also the link.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "title_en",
                    models.CharField(
                        blank=True,
                        help_text="Says what it is about, in a few words: it is also the link.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "lead_sq",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the title.",
                        max_length=400,
                        verbose_name="lead",
                    ),
                ),
                (
                    "lead_en",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the title.",
                        max_length=400,
                        verbose_name="lead",
                    ),
                ),
                ("body_sq", models.TextField(blank=True, verbose_name="text")),
                ("body_en", models.TextField(blank=True, verbose_name="text")),
                (
                    "share_title_sq",
                    models.CharField(
                        blank=True, help_text="Empty: the title.", max_length=120, verbose_name="title when shared"
                    ),
                ),
                (
                    "share_title_en",
                    models.CharField(
                        blank=True, help_text="Empty: the title.", max_length=120, verbose_name="title when shared"
                    ),
                ),
                (
                    "share_text_sq",
                    models.CharField(
                        blank=True, help_text="Empty: the lead.", max_length=240, verbose_name="words when shared"
                    ),
                ),
                (
                    "share_text_en",
                    models.CharField(
                        blank=True, help_text="Empty: the lead.", max_length=240, verbose_name="words when shared"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "draft"), ("published", "published")],
                        default="draft",
                        help_text="A draft is read by staff alone. What is published everyone reads, from the time beside it on.",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "publish_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="Empty: as soon as you publish it. A time to come: it appears by itself then.",
                        verbose_name="published from",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "search_sq",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.CombinedSearchVector(
                            django.contrib.postgres.search.CombinedSearchVector(
                                django.contrib.postgres.search.SearchVector(
                                    models.Func(
                                        models.F("title_sq"),
                                        models.Value("(\\w)/(?=\\w)"),
                                        models.Value("\\1 "),
                                        models.Value("g"),
                                        function="regexp_replace",
                                        output_field=models.TextField(),
                                    ),
                                    config="site",
                                    weight="A",
                                ),
                                "||",
                                django.contrib.postgres.search.SearchVector(
                                    models.Func(
                                        models.F("lead_sq"),
                                        models.Value("(\\w)/(?=\\w)"),
                                        models.Value("\\1 "),
                                        models.Value("g"),
                                        function="regexp_replace",
                                        output_field=models.TextField(),
                                    ),
                                    config="site",
                                    weight="B",
                                ),
                                django.contrib.postgres.search.SearchConfig("site"),
                            ),
                            "||",
                            django.contrib.postgres.search.SearchVector(
                                models.Func(
                                    models.F("body_sq"),
                                    models.Value("(\\w)/(?=\\w)"),
                                    models.Value("\\1 "),
                                    models.Value("g"),
                                    function="regexp_replace",
                                    output_field=models.TextField(),
                                ),
                                config="site",
                                weight="C",
                            ),
                            django.contrib.postgres.search.SearchConfig("site"),
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "search_en",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.CombinedSearchVector(
                            django.contrib.postgres.search.CombinedSearchVector(
                                django.contrib.postgres.search.SearchVector(
                                    models.Func(
                                        models.F("title_en"),
                                        models.Value("(\\w)/(?=\\w)"),
                                        models.Value("\\1 "),
                                        models.Value("g"),
                                        function="regexp_replace",
                                        output_field=models.TextField(),
                                    ),
                                    config="site",
                                    weight="A",
                                ),
                                "||",
                                django.contrib.postgres.search.SearchVector(
                                    models.Func(
                                        models.F("lead_en"),
                                        models.Value("(\\w)/(?=\\w)"),
                                        models.Value("\\1 "),
                                        models.Value("g"),
                                        function="regexp_replace",
                                        output_field=models.TextField(),
                                    ),
                                    config="site",
                                    weight="B",
                                ),
                                django.contrib.postgres.search.SearchConfig("site"),
                            ),
                            "||",
                            django.contrib.postgres.search.SearchVector(
                                models.Func(
                                    models.F("body_en"),
                                    models.Value("(\\w)/(?=\\w)"),
                                    models.Value("\\1 "),
                                    models.Value("g"),
                                    function="regexp_replace",
                                    output_field=models.TextField(),
                                ),
                                config="site",
                                weight="C",
                            ),
                            django.contrib.postgres.search.SearchConfig("site"),
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "key",
                    models.SlugField(
                        help_text="A short name that stays, such as “problem”.", unique=True, verbose_name="key"
                    ),
                ),
                (
                    "menu_position",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: not in the menu. Lower comes first.",
                        null=True,
                        verbose_name="place in the menu",
                    ),
                ),
                (
                    "source",
                    models.TextField(
                        blank=True,
                        help_text="Where what is said here comes from, with the year.",
                        verbose_name="sources",
                    ),
                ),
                (
                    "sector",
                    models.OneToOneField(
                        blank=True,
                        help_text="For the page of a sector: its commitments and its pledge button stand below the text.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="page",
                        to="pledges.sector",
                        verbose_name="sector",
                    ),
                ),
                (
                    "picture",
                    models.ForeignKey(
                        blank=True,
                        help_text="Stands large below the lead, and beside the link when someone shares it. It may be left out.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaign.picture",
                        verbose_name="picture",
                    ),
                ),
            ],
            options={
                "verbose_name": "page",
                "verbose_name_plural": "pages",
                "ordering": ["menu_position", "key"],
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["search_sq"], name="page_search_sq"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search_en"], name="page_search_en"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "draft"),
                            models.Q(
                                models.Q(("title_sq", ""), _negated=True),
                                models.Q(("title_en", ""), _negated=True),
                                models.Q(("lead_sq", ""), _negated=True),
                                models.Q(("lead_en", ""), _negated=True),
                                models.Q(("body_sq", ""), _negated=True),
                                models.Q(("body_en", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="page_published_in_both_languages",
                        violation_error_message="It can be published once both languages are filled.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Article",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug_sq",
                    models.SlugField(
                        error_messages={"unique": "This is the address of another one already. Choose another."},
                        help_text="The last part of the page's address, such as “the-problem”.",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "slug_en",
                    models.SlugField(
                        error_messages={"unique": "This is the address of another one already. Choose another."},
                        help_text="The last part of the page's address, such as “the-problem”.",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "title_sq",
                    models.CharField(
                        blank=True,
                        help_text="Says what it is about, in a few words: it is also the link.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "title_en",
                    models.CharField(
                        blank=True,
                        help_text="Says what it is about, in a few words: it is also the link.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "lead_sq",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the title.",
                        max_length=400,
                        verbose_name="lead",
                    ),
                ),
                (
                    "lead_en",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences under the title.",
                        max_length=400,
                        verbose_name="lead",
                    ),
                ),
                ("body_sq", models.TextField(blank=True, verbose_name="text")),
                ("body_en", models.TextField(blank=True, verbose_name="text")),
                (
                    "share_title_sq",
                    models.CharField(
                        blank=True, help_text="Empty: the title.", max_length=120, verbose_name="title when shared"
                    ),
                ),
                (
                    "share_title_en",
                    models.CharField(
                        blank=True, help_text="Empty: the title.", max_length=120, verbose_name="title when shared"
                    ),
                ),
                (
                    "share_text_sq",
                    models.CharField(
                        blank=True, help_text="Empty: the lead.", max_length=240, verbose_name="words when shared"
                    ),
                ),
                (
                    "share_text_en",
                    models.CharField(
                        blank=True, help_text="Empty: the lead.", max_length=240, verbose_name="words when shared"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "draft"), ("published", "published")],
                        default="draft",
                        help_text="A draft is read by staff alone. What is published everyone reads, from the time beside it on.",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "publish_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="Empty: as soon as you publish it. A time to come: it appears by itself then.",
                        verbose_name="published from",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "search_sq",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.CombinedSearchVector(
                            django.contrib.postgres.search.CombinedSearchVector(
                                django.contrib.postgres.search.SearchVector(
                                    models.Func(
                                        models.F("title_sq"),
                                        models.Value("(\\w)/(?=\\w)"),
                                        models.Value("\\1 "),
                                        models.Value("g"),
                                        function="regexp_replace",
                                        output_field=models.TextField(),
                                    ),
                                    config="site",
                                    weight="A",
                                ),
                                "||",
                                django.contrib.postgres.search.SearchVector(
                                    models.Func(
                                        models.F("lead_sq"),
                                        models.Value("(\\w)/(?=\\w)"),
                                        models.Value("\\1 "),
                                        models.Value("g"),
                                        function="regexp_replace",
                                        output_field=models.TextField(),
                                    ),
                                    config="site",
                                    weight="B",
                                ),
                                django.contrib.postgres.search.SearchConfig("site"),
                            ),
                            "||",
                            django.contrib.postgres.search.SearchVector(
                                models.Func(
                                    models.F("body_sq"),
                                    models.Value("(\\w)/(?=\\w)"),
                                    models.Value("\\1 "),
                                    models.Value("g"),
                                    function="regexp_replace",
                                    output_field=models.TextField(),
                                ),
                                config="site",
                                weight="C",
                            ),
                            django.contrib.postgres.search.SearchConfig("site"),
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "search_en",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.CombinedSearchVector(
                            django.contrib.postgres.search.CombinedSearchVector(
                                django.contrib.postgres.search.SearchVector(
                                    models.Func(
                                        models.F("title_en"),
                                        models.Value("(\\w)/(?=\\w)"),
                                        models.Value("\\1 "),
                                        models.Value("g"),
                                        function="regexp_replace",
                                        output_field=models.TextField(),
                                    ),
                                    config="site",
                                    weight="A",
                                ),
                                "||",
                                django.contrib.postgres.search.SearchVector(
                                    models.Func(
                                        models.F("lead_en"),
                                        models.Value("(\\w)/(?=\\w)"),
                                        models.Value("\\1 "),
                                        models.Value("g"),
                                        function="regexp_replace",
                                        output_field=models.TextField(),
                                    ),
                                    config="site",
                                    weight="B",
                                ),
                                django.contrib.postgres.search.SearchConfig("site"),
                            ),
                            "||",
                            django.contrib.postgres.search.SearchVector(
                                models.Func(
                                    models.F("body_en"),
                                    models.Value("(\\w)/(?=\\w)"),
                                    models.Value("\\1 "),
                                    models.Value("g"),
                                    function="regexp_replace",
                                    output_field=models.TextField(),
                                ),
                                config="site",
                                weight="C",
                            ),
                            django.contrib.postgres.search.SearchConfig("site"),
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "date",
                    models.DateField(
                        help_text="The day of what it tells; the newest comes first.", verbose_name="date"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        help_text="Where it says so, such as “crca.al, 4 April 2023”.",
                        max_length=160,
                        verbose_name="source",
                    ),
                ),
                (
                    "picture",
                    models.ForeignKey(
                        blank=True,
                        help_text="Stands large below the lead, and beside the link when someone shares it. It may be left out.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaign.picture",
                        verbose_name="picture",
                    ),
                ),
            ],
            options={
                "verbose_name": "article",
                "verbose_name_plural": "news",
                "ordering": ["-date", "-pk"],
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["search_sq"], name="article_search_sq"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search_en"], name="article_search_en"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "draft"),
                            models.Q(
                                models.Q(("title_sq", ""), _negated=True),
                                models.Q(("title_en", ""), _negated=True),
                                models.Q(("lead_sq", ""), _negated=True),
                                models.Q(("lead_en", ""), _negated=True),
                                models.Q(("body_sq", ""), _negated=True),
                                models.Q(("body_en", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="article_published_in_both_languages",
                        violation_error_message="It can be published once both languages are filled.",
                    )
                ],
            },
        ),
    ]
