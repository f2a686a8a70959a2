"""Social links, banner and share picture of the site; the places of pages in the footer, which were fixed in the code."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

# Where the pages of the starter content were.
PLACES = """
    UPDATE campaign_page SET footer_column = place.col, footer_position = place.position
    FROM (VALUES
        ('child', 1, 10), ('questions', 1, 40), ('abroad', 1, 50),
        ('about', 2, 10), ('press', 2, 30), ('contact', 2, 40),
        ('accessibility', 3, 20), ('history', 3, 30)
    ) AS place (key, col, position)
    WHERE campaign_page.key = place.key
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0016_pages_of_sectors"),
    ]

    operations = [
        migrations.CreateModel(
            name="SocialLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "network",
                    models.CharField(
                        choices=[
                            ("facebook", "Facebook"),
                            ("instagram", "Instagram"),
                            ("youtube", "YouTube"),
                            ("tiktok", "TikTok"),
                            ("linkedin", "LinkedIn"),
                            ("x", "X"),
                        ],
                        help_text="Its name is shown at the foot of every page.",
                        max_length=9,
                        verbose_name="network",
                    ),
                ),
                (
                    "url",
                    models.URLField(
                        help_text="Beginning with https://, for example https://www.facebook.com/crca.al.",
                        verbose_name="address of the page there",
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
                "verbose_name": "page on a social network",
                "verbose_name_plural": "pages on social networks",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MenuPlace",
            fields=[],
            options={
                "verbose_name": "place in menu and footer",
                "verbose_name_plural": "menu and footer",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("campaign.page",),
        ),
        migrations.AddField(
            model_name="page",
            name="footer_column",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "not in the footer"), (1, "first column"), (2, "second column"), (3, "third column")],
                db_default=0,
                default=0,
                help_text="Phones show the columns one after the other.",
                verbose_name="column of the footer",
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="footer_position",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="Lower comes first. The fixed links have the places 20, 30 and so on.",
                verbose_name="place in the column",
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="banner_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="For example “On 18 November the site is slower from 10 to 12.” Leave empty for no banner.",
                max_length=160,
                verbose_name="sentence",
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="banner_from",
            field=models.DateTimeField(
                blank=True, help_text="Leave empty to show it straight away.", null=True, verbose_name="shown from"
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="banner_sq",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="For example “On 18 November the site is slower from 10 to 12.” Leave empty for no banner.",
                max_length=160,
                verbose_name="sentence",
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="banner_until",
            field=models.DateTimeField(
                blank=True,
                help_text="It is taken down automatically at this time.",
                null=True,
                verbose_name="shown until",
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="banner_url_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A page of this site, such as /en/events/, or an address that begins with https://. Optional.",
                max_length=200,
                validators=[
                    django.core.validators.RegexValidator(
                        "^$|^/([^/\\s]\\S*)?$|^https://\\S+$",
                        "Enter a page of this site, such as /en/events/, or an https:// address.",
                    )
                ],
                verbose_name="where the sentence leads",
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="banner_url_sq",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A page of this site, such as /en/events/, or an address that begins with https://. Optional.",
                max_length=200,
                validators=[
                    django.core.validators.RegexValidator(
                        "^$|^/([^/\\s]\\S*)?$|^https://\\S+$",
                        "Enter a page of this site, such as /en/events/, or an https:// address.",
                    )
                ],
                verbose_name="where the sentence leads",
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="share_picture",
            field=models.ForeignKey(
                blank=True,
                help_text="Shown next to the link when someone shares a page that has no picture of its own. Leave empty for a drawing with the title of the page.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaign.picture",
                verbose_name="picture when shared",
            ),
        ),
        migrations.AddConstraint(
            model_name="sitesettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("banner_en", ""), ("banner_sq", ""), ("banner_url_en", ""), ("banner_url_sq", "")),
                    models.Q(models.Q(("banner_sq", ""), _negated=True), models.Q(("banner_en", ""), _negated=True)),
                    _connector="OR",
                ),
                name="site_settings_banner_in_both_languages",
                violation_error_message="Write the sentence of the banner in both languages.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sitesettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("banner_from", None),
                    ("banner_until", None),
                    ("banner_until__gt", models.F("banner_from")),
                    _connector="OR",
                ),
                name="site_settings_banner_ends_after_it_begins",
                violation_error_message="The banner ends before it begins. Choose a later end.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sitesettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("banner_url_en__regex", "^$|^/([^/\\s]\\S*)?$|^https://\\S+$"),
                    ("banner_url_sq__regex", "^$|^/([^/\\s]\\S*)?$|^https://\\S+$"),
                ),
                name="site_settings_banner_leads_here_or_to_https",
                violation_error_message="Enter a page of this site, such as /en/events/, or an https:// address.",
            ),
        ),
        migrations.AddField(
            model_name="sociallink",
            name="settings",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="social_links",
                to="campaign.sitesettings",
            ),
        ),
        migrations.AddConstraint(
            model_name="sociallink",
            constraint=models.UniqueConstraint(
                fields=("settings", "network"),
                name="social_link_one_of_each_network",
                violation_error_message="This network is already in the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sociallink",
            constraint=models.CheckConstraint(
                condition=models.Q(("url__startswith", "https://")),
                name="social_link_is_https",
                violation_error_message="The address must begin with https://.",
            ),
        ),
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
        migrations.RunSQL("CALL watch_content('campaign_sociallink')", migrations.RunSQL.noop),
    ]
