"""Addresses for the press, data protection and security, and the review of the legal texts."""

from django.db import migrations, models

import campaign.models.settings


class Migration(migrations.Migration):
    dependencies = [
        ("campaign", "0013_steps_of_demands"),
    ]

    operations = [
        migrations.AddField(
            model_name="sitesettings",
            name="data_contact",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="An email address or a web address. It appears on the contact page and in the privacy notice. Leave empty to lead to the contact form.",
                max_length=200,
                validators=[campaign.models.settings.validate_contact],
                verbose_name="address for data protection",
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="press_contact",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="An email address or a web address. It appears on the contact page and on the page for the press. Leave empty to lead to the contact form.",
                max_length=200,
                validators=[campaign.models.settings.validate_contact],
                verbose_name="address for the press",
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="reviewed_on",
            field=models.DateField(
                blank=True,
                help_text="The date on which a lawyer reviewed the privacy notice and the consent.",
                null=True,
                verbose_name="legal texts reviewed on",
            ),
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="security_contact",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="An email address or a web address. It appears on the contact page and in security.txt, where people who find a weakness look. Leave empty to lead to the contact form.",
                max_length=200,
                validators=[campaign.models.settings.validate_contact],
                verbose_name="address for security problems",
            ),
        ),
        migrations.AddConstraint(
            model_name="sitesettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("data_contact__regex", "^$|^https://\\S+$|^[^\\s@:/]+@[^\\s@:/]+$"),
                    ("press_contact__regex", "^$|^https://\\S+$|^[^\\s@:/]+@[^\\s@:/]+$"),
                    ("security_contact__regex", "^$|^https://\\S+$|^[^\\s@:/]+@[^\\s@:/]+$"),
                ),
                name="site_settings_contacts_are_addresses",
            ),
        ),
    ]
