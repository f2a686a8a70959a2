"""Fixtures for tests in Chromium. Each visitor fails a test on a request to another host, a cookie or a console message."""

import email
import email.policy
import os
import re
import shutil
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from tests.drill import require
from tests.factories import run_worker, sign_in

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker(pytest.mark.browser)


def find_chromium():
    """The path of the installed Chromium, or None. The headless shell takes a quarter less time."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, candidates)), None)


@pytest.fixture(scope="package")
def browser():
    executable = require(find_chromium(), "Chromium is missing: install one or name it in CHROMIUM")
    from playwright.sync_api import sync_playwright

    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    # Playwright's synchronous API runs an event loop in this thread, in which Django refuses queries because they would block
    # it. Nothing else runs in that loop.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visitor:
    """A visitor with a browser context of their own, whose requests, cookies and console messages are recorded."""

    def __init__(self, browser, home, **options):
        self.home = home
        self.context = browser.new_context(
            **{"base_url": home, "locale": "sq-AL", "reduced_motion": "reduce"} | options
        )
        self.asked, self.complaints, self.cookies = set(), [], []
        # Other hosts that a test requests on purpose.
        self.expected = set()
        self.context.on("request", lambda request: self.asked.add(urlsplit(request.url)[:2]))
        self.context.on("response", self._record_cookies)
        self.context.on("console", self._record_message)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)

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
        self.cookies += self.context.cookies()
        self.context.close()

    def check_privacy(self):
        """Assert: no request to another host, no cookie, no message on the console, so no violation of the CSP."""
        assert self.asked - self.expected == {urlsplit(self.home)[:2]}
        assert self.cookies == []
        assert self.complaints == []


@pytest.fixture
def visit(browser, live_server, settings):
    """A function that makes a visitor: `visit(java_script_enabled=False)`. `check_privacy()` runs after the test."""
    settings.SITE_URL = live_server.url
    visitors = []

    def make(**options):
        visitors.append(Visitor(browser, live_server.url, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        visitor.check_privacy()


class AdminVisitor(Visitor):
    """A visitor of the admin, which may set cookies."""

    def check_privacy(self):
        self.cookies = []
        super().check_privacy()


class StaffVisitor(AdminVisitor):
    """A member of staff who is signed in to the admin."""

    def __init__(self, browser, home, user, **options):
        super().__init__(browser, home, **options)
        session = sign_in(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value
        place = {"domain": urlsplit(home).hostname, "path": settings.SESSION_COOKIE_PATH}
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, **place}])


@pytest.fixture
def staff_visit(browser, live_server):
    """A function that makes a visitor who is signed in as this user: `staff_visit(user, locale="en-GB")`."""
    visitors = []

    def make(user, **options):
        visitors.append(StaffVisitor(browser, live_server.url, user, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        visitor.check_privacy()


@pytest.fixture
def admin_visit(browser, live_server, settings):
    """A function that makes a visitor of the admin who is not signed in: `admin_visit(locale="en-GB")`."""
    settings.SITE_URL = live_server.url
    visitors = []

    def make(**options):
        visitors.append(AdminVisitor(browser, live_server.url, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        visitor.check_privacy()


@pytest.fixture
def inbox(settings, tmp_path):
    """A function that runs the worker and returns (subject, recipient, links) of each mail sent since the last call."""
    settings.MAILERS = {"default": {"BACKEND": "dev.mail.FolderBackend", "OPTIONS": {"folder": tmp_path}}}
    read = set()

    def receive():
        run_worker()
        new = sorted(set(tmp_path.glob("*.eml")) - read)
        read.update(new)
        return [_read_mail(path) for path in new]

    return receive


def _read_mail(path):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text = message.get_body(("plain",)).get_content()
    return message["Subject"], message["To"], re.findall(r"https?://\S+", text)
