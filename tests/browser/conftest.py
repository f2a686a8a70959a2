"""Fixtures for tests in Chromium. Each visitor fails a test on a request to another host, a cookie or a console message."""

import email
import email.policy
import os
import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from pledges.crypto import stamps
from tests import chromium
from tests.drill import require
from tests.factories import make_staff, run_worker, sign_in
from tests.threads import wait_for_other_connections
from tests.traces import Watch

# The network of all visitors (RFC 5737), as if the browser came through a proxy.
NETWORK = "203.0.113.211"
# How long a test waits for what must come. A busy machine is slow; what never comes fails all the same.
PATIENCE_MS = 45_000


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser():
    executable = require(chromium.find(), chromium.MISSING)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    # Playwright's synchronous API runs an event loop in this thread, in which Django refuses queries because they would block
    # it. Nothing else runs in that loop. Django has a connection for this thread in the loop and another one outside.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    connection.close()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=chromium.FLAGS)
        yield browser
        browser.close()
        connection.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def watch(django_db_setup, transactional_db, settings, tmp_path_factory):
    """After the test, no table, log, cache or temporary file of the server names a person, a network or the token of a link."""
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    with Watch(django_db_setup, tmp_path_factory.mktemp("server")).watching() as watch:
        watch.add(NETWORK)
        yield watch
        # The site may still answer a page that was closed. What it writes then would be left for the next test.
        wait_for_other_connections()
        watch.add_rows()
        assert watch.traces() == []


class Visitor:
    """A visitor with a browser context of their own, whose requests, cookies and console messages are recorded.

    `width` is that of the window; `options` are those of a context of Playwright.
    """

    def __init__(self, browser, home, watch, width=1280, **options):
        self.home, self.watch = home, watch
        self.context = browser.new_context(
            base_url=home,
            **{"locale": "sq-AL", "reduced_motion": "reduce", "viewport": {"width": width, "height": 740}} | options,
        )
        self.context.set_extra_http_headers({"X-Forwarded-For": NETWORK})
        self.asked, self.complaints, self.cookies = set(), [], []
        # Other hosts that a test requests on purpose.
        self.expected = set()
        self.context.on("request", self._record_request)
        self.context.on("response", self._record_cookies)
        self.context.on("console", self._record_message)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()

    def _record_request(self, request):
        self.asked.add(urlsplit(request.url)[:2])
        self.watch.add_request(request.url, request.post_data_buffer)

    def _record_cookies(self, response):
        if "set-cookie" in response.headers:
            self.cookies.append(response.url)

    def _record_message(self, message):
        # Chromium reports every response with a status from 400, also our own pages that show errors.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def open(self, path):
        """Load a page; returns its response."""
        return self.page.goto(path)

    def close(self):
        """Close the browser context."""
        cookies = self.context.cookies()
        self.watch.add(*(cookie["value"] for cookie in cookies if cookie["name"] == settings.SESSION_COOKIE_NAME))
        self.cookies += cookies
        self.context.close()

    def check_privacy(self):
        """Assert: no request to another host, no cookie, no message on the console, so no violation of the CSP."""
        assert self.asked - self.expected == {urlsplit(self.home)[:2]}
        assert self.cookies == []
        assert self.complaints == []


def checked(new):
    """Yield a function that makes visitors by `new`. After the test they are closed and `check_privacy()` runs."""
    visitors = []

    def make(*args, **options):
        visitors.append(new(*args, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        visitor.check_privacy()


@pytest.fixture
def visit(browser, live_server, settings, watch, monkeypatch):
    """A function that makes a visitor: `visit(width=360, java_script_enabled=False)`."""
    settings.SITE_URL = live_server.url
    # The stamp of a form is that of the last ten minutes. Just after they began a test would be too quick.
    monkeypatch.setattr(stamps, "MIN_AGE_SECONDS", 0)
    yield from checked(lambda **options: Visitor(browser, live_server.url, watch, **options))


class AdminVisitor(Visitor):
    """A visitor of the admin, which may set cookies."""

    def check_privacy(self):
        self.cookies = []
        super().check_privacy()


class StaffVisitor(AdminVisitor):
    """A member of staff who is signed in to the admin: a superuser who reads English, unless the test says otherwise."""

    def __init__(self, browser, home, watch, user=None, **options):
        super().__init__(browser, home, watch, **{"locale": "en-GB"} | options)
        session = sign_in(Client(), user or make_staff(superuser=True)).cookies[settings.SESSION_COOKIE_NAME].value
        place = {"domain": urlsplit(home).hostname, "path": settings.SESSION_COOKIE_PATH}
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, **place}])


@pytest.fixture
def staff_visit(browser, live_server, watch):
    """A function that makes a visitor who is signed in: `staff_visit(user, width=360)`."""
    yield from checked(lambda user=None, **options: StaffVisitor(browser, live_server.url, watch, user, **options))


@pytest.fixture
def admin_visit(browser, live_server, settings, watch):
    """A function that makes a visitor of the admin who is not signed in: `admin_visit(locale="en-GB")`."""
    settings.SITE_URL = live_server.url
    yield from checked(lambda **options: AdminVisitor(browser, live_server.url, watch, **options))


@pytest.fixture
def inbox(settings, tmp_path, watch):
    """A function that runs the worker and returns (subject, recipient, links) of each mail sent since the last call."""
    settings.MAILERS = {"default": {"BACKEND": "dev.mail.FolderBackend", "OPTIONS": {"folder": tmp_path}}}
    read = set()

    def receive():
        run_worker()
        new = sorted(set(tmp_path.glob("*.eml")) - read)
        read.update(new)
        mails = [_read_mail(path) for path in new]
        for _subject, _recipient, links in mails:
            watch.add_mail(" ".join(links))
        return mails

    return receive


def _read_mail(path):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text = message.get_body(("plain",)).get_content()
    return message["Subject"], message["To"], re.findall(r"https?://\S+", text)
