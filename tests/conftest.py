"""What every test stands on: PostgreSQL, the starter content, and no leftovers of another test."""

import os
import tempfile

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tests.factories import sign_in


def pytest_configure(config):
    from django.conf import settings

    # Hashed names need a collectstatic run; tests read the files as they lie.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    # Argon2 is slow on purpose; no test is about a password's strength.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Only tests/pledges/views/test_limits.py is about response times; it sets the real step.
    settings.RESPONSE_TIME_STEP_SECONDS = 1e-6
    # Pictures of tests lie apart from those of the site that runs here.
    config.media = tempfile.TemporaryDirectory()
    settings.MEDIA_ROOT = config.media.name
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_unconfigure(config):
    config.media.cleanup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    # More than there are cores: whoever waits for a browser, a server or a minute leaves one free.
    return os.cpu_count() * 3 // 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    # What mostly waits comes first, so that the others need not wait for it at the end.
    items.sort(key=lambda item: "tests/deploy/" not in item.nodeid)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The starter content, once for all tests: planting it takes as long as a test."""
    with django_db_blocker.unblock():
        call_command("seed", verbosity=0)
        with connection.cursor() as cursor:
            # Transactional tests end by emptying every table.
            cursor.execute("ALTER TABLE staff_auditentry DISABLE TRIGGER audit_log_is_not_truncated")


@pytest.fixture
def admin_client(admin_user):
    """pytest-django's, with the second factor given that our admin demands."""
    return sign_in(Client(), admin_user)


@pytest.fixture(autouse=True)
def starter_content(request):
    """The seeded sectors, words, places and channels; a transactional test before may have emptied the tables."""
    cache.clear()
    needs = {"db", "transactional_db", "live_server", "admin_client", "admin_user"} & set(request.fixturenames)
    if request.node.get_closest_marker("django_db") is None and not needs:
        return
    request.getfixturevalue("django_db_setup")
    from pledges.models import StarterItem

    # Before the test's own transaction, so that it is done once for all that follow.
    with request.getfixturevalue("django_db_blocker").unblock():
        if not StarterItem.objects.exists():
            call_command("seed", verbosity=0)
    request.getfixturevalue("_django_db_helper")
