"""A real Chromium on a real server. No page may ask another host, set a cookie or complain on the console."""

import email
import email.policy
import os
import re
import shutil
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

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
    """The system's Chromium, or None; the one without any windows takes a quarter less time."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, candidates)), None)


@pytest.fixture(scope="package")
def browser():
    executable = find_chromium()
    if executable is None:
        reason = "no Chromium found: install one or name it in CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    # Playwright's synchronous interface runs an event loop in this thread, and Django then takes every query here for one that
    # would block it. Nothing else is in that loop.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visitor:
    """Someone with a browser of their own, which is watched: see `kept_the_promises`."""

    def __init__(self, browser, home, **options):
        self.home = home
        self.context = browser.new_context(
            **{"base_url": home, "locale": "sq-AL", "reduced_motion": "reduce"} | options
        )
        self.asked, self.complaints, self.cookies = set(), [], []
        # Other hosts that a test means to ask.
        self.expected = set()
        self.context.on("request", lambda request: self.asked.add(urlsplit(request.url)[:2]))
        self.context.on("response", self._read)
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)

    def _read(self, response):
        if "set-cookie" in response.headers:
            self.cookies.append(response.url)

    def _hear(self, message):
        # Chromium complains of every answer from 400 on, our own pages with errors among them.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def open(self, path):
        """Load a page; its answer."""
        return self.page.goto(path)

    def leave(self):
        """Close the browser."""
        self.cookies += self.context.cookies()
        self.context.close()

    def kept_the_promises(self):
        """No other host was asked, no cookie set, nothing refused by the policy or complained of."""
        assert self.asked - self.expected == {urlsplit(self.home)[:2]}
        assert self.cookies == []
        assert self.complaints == []


@pytest.fixture
def visit(browser, live_server, settings):
    """Let someone come with a browser: `visit(java_script_enabled=False)`. The promises are checked when they leave."""
    settings.SITE_URL = live_server.url
    visitors = []

    def come(**options):
        visitors.append(Visitor(browser, live_server.url, **options))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.leave()
    for visitor in visitors:
        visitor.kept_the_promises()


class Caller(Visitor):
    """Someone at the door of the admin. Of the promises only the cookie is not theirs."""

    def kept_the_promises(self):
        self.cookies = []
        super().kept_the_promises()


class Colleague(Caller):
    """A member of staff at the admin, already signed in."""

    def __init__(self, browser, home, user, **options):
        super().__init__(browser, home, **options)
        session = sign_in(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value
        place = {"domain": urlsplit(home).hostname, "path": settings.SESSION_COOKIE_PATH}
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, **place}])


@pytest.fixture
def staff_visit(browser, live_server):
    """Let a member of staff come: `staff_visit(user, locale="en-GB")`."""
    colleagues = []

    def come(user, **options):
        colleagues.append(Colleague(browser, live_server.url, user, **options))
        return colleagues[-1]

    yield come
    for colleague in colleagues:
        colleague.leave()
    for colleague in colleagues:
        colleague.kept_the_promises()


@pytest.fixture
def door(browser, live_server, settings):
    """Let someone come who is not signed in yet: `door(locale="en-GB")`."""
    settings.SITE_URL = live_server.url
    callers = []

    def come(**options):
        callers.append(Caller(browser, live_server.url, **options))
        return callers[-1]

    yield come
    for caller in callers:
        caller.leave()
    for caller in callers:
        caller.kept_the_promises()


@pytest.fixture
def inbox(settings, tmp_path):
    """What has arrived: `inbox()` lets the worker send what is owed and gives (subject, recipient, links) of each new mail."""
    settings.MAILERS = {"default": {"BACKEND": "dev.mail.FolderBackend", "OPTIONS": {"folder": tmp_path}}}
    read = set()

    def look():
        run_worker()
        new = sorted(set(tmp_path.glob("*.eml")) - read)
        read.update(new)
        return [_letter(path) for path in new]

    return look


def _letter(path):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text = message.get_body(("plain",)).get_content()
    return message["Subject"], message["To"], re.findall(r"https?://\S+", text)
