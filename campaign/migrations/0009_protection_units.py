"""Child protection units of the municipalities, and the texts of their page."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0008_organisations"),
        ("pledges", "0024_paper"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                    ("units_lead", "lead, what a unit does"),
                    ("units_call", "whom to call when a unit has not been checked"),
                    ("units_shared", "text in search results and when shared"),
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
                    ("units", "Page of the child protection units"),
                    ("every", "Every page"),
                ],
                editable=False,
                max_length=6,
                verbose_name="page",
            ),
        ),
        migrations.CreateModel(
            name="ProtectionUnit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "phone",
                    models.CharField(
                        blank=True,
                        help_text="One number, with spaces, as people read it out.",
                        max_length=30,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^(?=(\\D*\\d){3})\\+?[\\d ()/.-]+$",
                                "Enter one phone number: digits and spaces, for example 04 000 0000.",
                            )
                        ],
                        verbose_name="phone",
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        help_text="The address of the unit, not of a person.",
                        max_length=120,
                        verbose_name="email",
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        blank=True,
                        help_text="Street, building and floor, as people there say it.",
                        max_length=160,
                        verbose_name="address",
                    ),
                ),
                (
                    "hours_sq",
                    models.CharField(
                        blank=True,
                        help_text="When someone is there, for example “Monday to Friday, 8:00–16:00”.",
                        max_length=120,
                        verbose_name="hours",
                    ),
                ),
                (
                    "hours_en",
                    models.CharField(
                        blank=True,
                        help_text="When someone is there, for example “Monday to Friday, 8:00–16:00”.",
                        max_length=120,
                        verbose_name="hours",
                    ),
                ),
                (
                    "verified_on",
                    models.DateField(
                        blank=True,
                        help_text="The date someone last called the unit. Visitors see the contact data only with this date.",
                        null=True,
                        verbose_name="verified on",
                    ),
                ),
                (
                    "municipality",
                    models.OneToOneField(
                        help_text="Each municipality has one unit.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="protection_unit",
                        to="pledges.municipality",
                        verbose_name="municipality",
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="The member of staff who checked it.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="verified by",
                    ),
                ),
            ],
            options={
                "verbose_name": "child protection unit",
                "verbose_name_plural": "child protection units",
                "ordering": ["municipality__county__sort_key", "municipality__sort_key"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verified_on", None),
                            models.Q(("phone", ""), _negated=True),
                            models.Q(("email", ""), _negated=True),
                            models.Q(("address", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="unit_verified_has_contact",
                        violation_error_message="Enter a phone number, an email or an address before you tick that it is checked.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verified_by", None), ("verified_on__isnull", False), _connector="OR"),
                        name="unit_verified_by_with_date",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hours_en", ""), ("hours_sq", "")),
                            models.Q(
                                models.Q(("hours_sq", ""), _negated=True), models.Q(("hours_en", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="unit_hours_in_both_languages",
                        violation_error_message="Write this in both languages, or leave both empty.",
                    ),
                ],
            },
        ),
        migrations.RunSQL("CALL watch_content('campaign_protectionunit')", migrations.RunSQL.noop),
    ]
