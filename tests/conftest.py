"""Settings of the tests, the seeded database, the order of the tests, and the marker `drill`."""

import contextlib
import gc
import os
import re
import tempfile

import pytest
from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.cache import caches
from django.core.signals import request_started
from django.db import Error, connection
from django.template.response import SimpleTemplateResponse
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from pledges.counting.models import count
from pledges.health import views
from pledges.serving import snapshot
from tests import changed, drill, numbers, seed, template
from tests.cases import pytest_generate_tests, pytest_pyfunc_call  # noqa: F401 - hooks
from tests.clock import DatabaseClock, wait_for_the_new_day
from tests.factories import make_staff, sign_in
from tests.snapshot import Snapshot
from tests.threads import wait_for_other_connections
from tests.wsgi import CachedSite

LONGEST = (
    *("tests/faults/", "tests/deploy/", "tests/dev/test_serve.py", "tests/browser/test_guide.py"),
    "tests/browser/test_access.py",
)

# Browsers, several processes, whole machines: slow, but for the tests marked `quick`.
SLOW = tuple(f"tests/{folder}/" for folder in ("bench", "browser", "deploy", "dev", "faults"))
# CPU seconds of a test that is not marked `slow`. A busy machine counts several times as many, so tests above the first number
# are only named at the end of a run, and those above the second fail.
CPU_LIMIT, CPU_FAULT = 1, 60


class Seeded:
    """The content of the seeded database, None in a run without a database."""

    content = None


def pytest_addoption(parser):
    parser.addoption(
        "--changed", action="store_true", help="run the tests that the changes since the last commit can reach"
    )


def pytest_configure(config):
    drill.is_long = config.getoption("markexpr") == "drill"
    # The same examples in every run but a drill, however slow the machine is.
    slowness = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    hypothesis.register_profile(
        "tests", derandomize=not drill.is_long, database=None, deadline=None, suppress_health_check=slowness
    )
    hypothesis.load_profile("tests")
    if not hasattr(config, "workerinput"):
        # Workers inherit the name.
        os.environ["TEST_TEMPLATE"] = template.make()
        if config.getoption("changed"):
            config.args[:] = changed.reached()
    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = os.environ["TEST_TEMPLATE"]
    # Hashed file names need collectstatic; the tests serve the files from their source folders.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    # The cache of production is in the database, which not every test may use.
    locmem = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": settings.CACHES["default"] | {"BACKEND": locmem}}
    # Argon2 is slow by design, and no test depends on it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # The live server keeps a thread for each connection of the browser. Such a thread must not hold a database connection between
    # requests, because the test database is dropped while the browser may still be open.
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
    # Tests see every change at once. Those of serving set the real time.
    settings.STATE_SECONDS = settings.READINESS_PATIENCE_SECONDS = 0
    # Pictures of tests stay apart from those of bin/serve.
    config.media = tempfile.TemporaryDirectory()
    settings.MEDIA_ROOT = config.media.name
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_unconfigure(config):
    config.media.cleanup()


def pytest_terminal_summary(terminalreporter):
    if terminalreporter.stats.keys() & {"failed", "error"}:
        terminalreporter.write_line(
            f"The seed of this run: PYTEST_SEED={seed.SEED} (it also shuffles, unless it is unset)."
        )
    for report in terminalreporter.getreports("passed"):
        for name, sentence in report.sections:
            if name == "Captured cpu call":
                terminalreporter.write_line(f"{report.nodeid}: {sentence}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    # Before all fixtures: what one of them takes as today is still today in the test.
    wait_for_the_new_day(300 if item.get_closest_marker("slow") else 60)


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item):
    if item.nodeid.startswith(SLOW) and not item.get_closest_marker("quick"):
        item.add_marker("slow")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    before = _cpu_seconds()
    result = yield
    used = _cpu_seconds() - before
    if used > CPU_LIMIT and not (item.get_closest_marker("slow") or item.get_closest_marker("quick")):
        sentence = f"{used:.1f} CPU seconds: make it smaller, or mark it slow or, if it must run always, quick"
        item.add_report_section("call", "cpu", sentence)
        assert used < CPU_FAULT, sentence
    return result


def _cpu_seconds():
    """The CPU seconds of this process and of the children that have ended."""
    return sum(os.times()[:4])


def pytest_collection_finish(session):
    # Each full collection would look at thousands of collected tests: a tenth of the time of all.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    _deselect_long_drills(config, items)
    if seed.IS_SHUFFLED:
        seed.shuffle(items)
    # The longest tests start first, so that none of them is left alone at the end.
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def _deselect_long_drills(config, items):
    if drill.is_long:
        return
    long_only = [item for item in items if _is_long_only(item)]
    config.hook.pytest_deselected(items=long_only)
    items[:] = [item for item in items if not _is_long_only(item)]


def _is_long_only(item):
    marker = item.get_closest_marker("drill")
    return bool(marker and marker.kwargs.get("only"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database with the starter content, which transactional tests restore at their end; the Snapshot of it."""
    with django_db_blocker.unblock():
        rows = Snapshot()
        _hold_content()

    def restore(_test):
        rows.restore()
        _hold_content()

    with pytest.MonkeyPatch.context() as patch:
        # Django truncates every table instead, and the starter content would have to be seeded again: half a second a test.
        patch.setattr(TransactionTestCase, "_fixture_teardown", restore)
        yield rows
    with django_db_blocker.unblock():
        # Otherwise the test database cannot be dropped.
        wait_for_other_connections()


def _hold_content():
    """Read the content of the seeded database again if its rows were written again."""
    snapshot._process.snapshot, snapshot._process.content = None, Seeded.content
    Seeded.content = snapshot.fresh().content


@pytest.fixture(autouse=True)
def empty_cache():
    """Every test begins with an empty cache, and without pages, faults and numbers, which can be of another test."""
    numbers.begin_anew()
    views._known = None
    for each in caches.all():
        each.clear()
    snapshot._process.forget()
    # Its version is not that of what the last test changed. A test that changes nothing need not read it again.
    snapshot._process.content = Seeded.content


# Statements after which the figures are the same. Others may have changed a row, or the clock of the database.
READING = re.compile(
    r'SELECT ("|DISTINCT|COUNT|1 AS)|SAVEPOINT|RELEASE|SET CONSTRAINTS|UPDATE "django_session"|\s*SELECT \(SELECT'
)


@pytest.fixture(autouse=True)
def worker_counts(request):
    """Before each request of a test with a database the people are counted, as the worker does every second."""
    marked = request.node.get_closest_marker("django_db")
    names = set(request.fixturenames)
    if not marked and not {"db", "transactional_db", "live_server"} & names:
        yield
        return
    # Other connections can write too.
    has_others = (marked and marked.kwargs.get("transaction")) or {"transactional_db", "live_server"} & names
    is_due = True

    def note(execute, sql, *arguments):
        nonlocal is_due
        is_due = is_due or not READING.match(str(sql))
        return execute(sql, *arguments)

    def count_if_due(environ, **kwargs):
        nonlocal is_due
        # A file shows no figures.
        if is_due and not environ["PATH_INFO"].startswith("/static/"):
            is_due = bool(has_others)
            _count_unseen()

    request_started.connect(count_if_due)
    with contextlib.nullcontext() if has_others else connection.execute_wrapper(note):
        yield
    request_started.disconnect(count_if_due)


def _count_unseen():
    """Count, on behalf of the worker: no statement of it is one of the test."""
    is_logged, wrappers = connection.force_debug_cursor, connection.execute_wrappers
    connection.force_debug_cursor, connection.execute_wrappers = False, []
    try:
        with contextlib.suppress(Error):
            count()
    finally:
        connection.force_debug_cursor, connection.execute_wrappers = is_logged, wrappers


@pytest.fixture
def clock():
    """The clock of the database, for a test with one, which sets it by `shift`."""
    clock = DatabaseClock()
    yield clock
    clock.end()


@pytest.fixture
def cached_site():
    """The site behind its cache of pages."""
    return CachedSite()


@pytest.fixture
def admin_client(admin_user):
    """The fixture of pytest-django, with the second factor that the admin demands."""
    return sign_in(Client(), admin_user)


@pytest.fixture
def editor(client):
    """A client signed in as a superuser, whom the log names, who reads English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return sign_in(client, make_staff(superuser=True, username="vera"))


@pytest.fixture
def no_rendering(monkeypatch, caplog):
    """Pages have an empty body and no menu, and no refusal is logged: these tests read the decision, which takes less time."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    monkeypatch.setattr(AdminSite, "each_context", lambda self, request: {})
    caplog.set_level("CRITICAL", "django.request")
