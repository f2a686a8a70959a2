"""Triggers that change the version of the published content with the tables of this app."""

from django.db import migrations

WATCHED = [
    "article",
    "demand",
    "helpchannel",
    "oldaddress",
    "page",
    "pagetext",
    "partner",
    "picture",
    "sitesettings",
    "statistic",
    "voice",
]


class Migration(migrations.Migration):
    dependencies = [("campaign", "0001_initial"), ("pledges", "0002_live")]

    operations = [
        migrations.RunSQL([f"CALL watch_content('campaign_{table}')" for table in WATCHED], migrations.RunSQL.noop),
    ]
