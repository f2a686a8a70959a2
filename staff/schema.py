"""Refuses to migrate a database that was made by other migrations: before release 1.0 they change in place."""

import hashlib
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError
from django.db import connection


class OtherVersion(CommandError):
    """The database was made by other migrations."""


def refuse_other_database(**_signal):
    """Before `migrate`: raise OtherVersion if the database was made by other migrations. It stays as it is."""
    with connection.cursor() as cursor:
        # The tables of campaign come last: without them a first `migrate` broke off, and may go on.
        cursor.execute("SELECT to_regclass('campaign_page'), obj_description(to_regclass('django_migrations'))")
        table, digest = cursor.fetchone()
    if (table or digest) and digest != _digest():
        raise OtherVersion(
            "The database was made by another version of the code, and before release 1.0 none is migrated: it is left as it "
            "is, and this version needs an empty one."
        )


def remember_migrations(**_signal):
    """After `migrate`: note by which migrations this database was made."""
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON TABLE django_migrations IS '{_digest()}'")


def _digest():
    """The digest of the migrations of our own apps, with their SQL files."""
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        folder = Path(app.path, "migrations")
        if folder.is_relative_to(settings.BASE_DIR / app.label):
            for file in sorted([*folder.glob("*.py"), *folder.glob("sql/*.sql")]):
                digest.update(file.read_bytes())
    return digest.hexdigest()
