"""Status, headers and cookies of every address for anonymous visitors: one row an address (acceptance story 21)."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve
from django.utils import timezone, translation

from campaign.models import Page
from campaign.pages.models import preview_path
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.fixed_pages import fixed_pages
from pledges.models import Heartbeat, Pledge
from tests.events import make_event
from tests.factories import form_data, make_pledge
from tests.mailings import make_mailing, release
from tests.pages import LANGUAGES, Document, path_of, want_new_address
from tests.pledges.groups.made import make_group

pytestmark = pytest.mark.django_db

CACHED = "public, max-age=0, s-maxage=2, stale-while-revalidate=1, stale-if-error=86400"
CACHED_FORM = "public, max-age=0, s-maxage=2"
CACHED_ERROR = "public, max-age=0, s-maxage=10"
NOT_CACHED = "private, no-store"
IMMUTABLE = "public, max-age=31536000, immutable"
# The views of Django's admin set this longer form.
ADMIN_NOT_CACHED = "max-age=0, no-cache, no-store, must-revalidate, private"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Of the one page that shows the counter in a frame.
FRAMING = f"{POLICY}; frame-src 'self'"
# Of the counter, which other sites may frame.
FRAMED = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors *"
HTML, TEXT, JSON = "text/html; charset=utf-8", "text/plain; charset=utf-8", "application/json"
CSV, PDF, PNG = "text/csv; charset=utf-8", "application/pdf", "image/png"
ATOM, CALENDAR = "application/atom+xml; charset=utf-8", "text/calendar; charset=utf-8"


@dataclass
class Row:
    """An address and the expected response to GET."""

    path: str
    status: int = 200
    cache_control: str = CACHED
    type: str = HTML
    language: str = "sq"
    policy: str = POLICY
    # Names in Vary
    varies: set = field(default_factory=set)
    more: dict = field(default_factory=dict)

    def __str__(self):
        return self.path


def leads(path, status, target, cache_control=NOT_CACHED, more=None, **values):
    """The row of an address that leads to another one."""
    return Row(path, status, cache_control=cache_control, more=(more or {}) | {"Location": target}, **values)


def missing(path, **values):
    """The row of an address that does not exist."""
    return Row(path, 404, cache_control=CACHED_ERROR, **values)


LIBRARY_FILE = f"pictures/{'0' * 24}/full.jpg"

FROM_ELSEWHERE = {"Cross-Origin-Resource-Policy": "cross-origin"}
LICENCE = {"Link": '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'}
EMBED = {"Access-Control-Allow-Origin": "*", **FROM_ELSEWHERE}
OPEN = {**EMBED, **LICENCE}
HIDDEN = {"X-Robots-Tag": "noindex, nofollow"}
BY_STAFF = {"Accept-Language", "Cookie"}

# How pages that the code declares differ from one that is kept and shown by search engines.
FORMS = [
    *("sign", "from_a_friend", "group", "join", "my_pledge"),
    *(f"enquiry_{purpose}" for purpose in ("press", "offer", "data", "site", "other")),
]
DECLARED = {
    **{f"pledges:{name}": {"cache_control": CACHED_FORM} for name in FORMS},
    "pledges:wall": {"cache_control": CACHED_FORM, "more": HIDDEN},
    "pledges:open_data": {"policy": FRAMING},
    "campaign:search": {"cache_control": NOT_CACHED, "more": HIDDEN},
}
# Other addresses have one language.
ROWS = [
    *(
        Row(path_of(name, language), language=language, **DECLARED.get(name, {}))
        for name in {**fixed_pages(), **DECLARED}
        for language in LANGUAGES
    ),
    leads("/", 302, "/sq/", CACHED, varies={"Accept-Language"}),
    Row("/sq/kontakt/"),
    Row("/sq/zotimi/me/abcdefgh/", cache_control=NOT_CACHED, more=HIDDEN),
    leads("/sq/faleminderit/…/", 302, "/sq/zotimi-im/", more=HIDDEN),
    Row("/sq/zotimi/ngjarja/0abcdefg/", cache_control=CACHED_FORM),
    leads("/sq/zotimi/ngjarja/abcdefgh/", 302, "/sq/zotimi/"),
    Row("/sq/zotimi-ne-grup/ngjarja/0abcdefg/", cache_control=CACHED_FORM),
    leads("/sq/zotimi-ne-grup/ngjarja/abcdefgh/", 302, "/sq/zotimi-ne-grup/"),
    Row("/sq/sa-jemi/shkoder/"),
    missing("/sq/sa-jemi/x/"),
    leads("/sq/muri/1/", 301, "/sq/muri/", CACHED_ERROR, HIDDEN),
    missing("/sq/muri/2/"),
    Row("/sq/lajme/2020/"),
    Row("/sq/lajme/nis-levizja/"),
    Row("/sq/lajme/burimi/", type=ATOM),
    Row("/sq/lajme-me-email/1/"),
    missing("/sq/lajme-me-email/2/"),
    # In the header of mails. One that opens nothing leads to the same page as any other.
    leads("/u/x", 302, "/sq/mos-me-dergoni-lajme/x/", more=HIDDEN),
    Row("/sq/ngjarje/mbremja/"),
    leads("/en/events/mbremja/", 301, "/en/events/evening/", CACHED_ERROR, language="en"),
    Row("/sq/ngjarje/mbremja/calendar.ics", type=CALENDAR),
    missing("/sq/ngjarje/x/"),
    Row("/sq/kerkesat/regjistri/"),
    leads("/en/demands/regjistri/", 301, "/en/demands/register/", CACHED_ERROR, language="en"),
    Row("/sq/kerkesat/steps.atom", type=ATOM),
    missing("/sq/kerkesat/x/"),
    Row("/sq/levizja/"),
    *(leads(path, 302, "/sq/ndihme/", CACHED) for path in ("/ndihme", "/ndihme/")),
    *(leads(path, 302, "/en/help/", CACHED) for path in ("/help", "/help/")),
    Row("/.well-known/security.txt", type=TEXT),
    *(
        Row(f"/pictures/sq/{name}.png", type=PNG, more=FROM_ELSEWHERE)
        for name in (
            *("site/card", "totals", "square/parents", "county/tirane", "demand/regjistri", "organisation/crca"),
            "ribbon-frame",
        )
    ),
    Row("/pictures/en/totals.png", type=PNG, more=FROM_ELSEWHERE, language="en"),
    *(missing(f"/pictures/sq/{key}.png") for key in ("site/x", "page/x", "square/x", "county/x", "ribbon-x")),
    Row("/handouts/sq/wall-a4.pdf", type=PDF),
    Row("/handouts/en/wall-a3.pdf", type=PDF, language="en"),
    missing("/handouts/sq/wall-a5.pdf"),
    Row("/handouts/sq/event-0abcdefg-a4.pdf", type=PDF),
    missing("/handouts/sq/event-0zzzzzzz-a4.pdf"),
    missing("/handouts/sq/lesson.pdf"),
    missing(f"/handouts/sq/lesson/{'0' * 16}.webp"),
    Row("/counter/sq/light/", policy=FRAMED, more=FROM_ELSEWHERE),
    Row("/counter/en/dark/", policy=FRAMED, more=FROM_ELSEWHERE, language="en"),
    Row(f"/media/{LIBRARY_FILE}", cache_control=IMMUTABLE, type="image/jpeg", more=FROM_ELSEWHERE),
    missing("/media/pictures/nuk-ka.jpg"),
    *(Row(f"/api/v1/{name}.json", type=JSON, more=OPEN) for name in ("totals", "demands", "commitments", "openapi")),
    *(Row(f"/api/v1/{name}.csv", type=CSV, more=OPEN) for name in ("totals", "commitments")),
    Row(f"/oembed?url={quote_plus(settings.SITE_URL)}/sq/sa-jemi/", type=JSON, more=EMBED),
    Row(f"/oembed?url={quote_plus(settings.SITE_URL)}/en/totals/", type=JSON, more=EMBED, language="en"),
    Row("/oembed", 400, cache_control=NOT_CACHED, type=JSON, more=EMBED | HIDDEN),
    missing("/oembed?url=https://other.example/sq/", type=JSON, more=EMBED | HIDDEN),
    Row("/oembed?url=x&format=xml", 501, cache_control=NOT_CACHED, type=JSON, more=EMBED | HIDDEN),
    Row("/signed-link/x:1:y", 401, cache_control=NOT_CACHED, type=TEXT),
    Row("/mail-reports/postmark/", 405, cache_control=NOT_CACHED, more=HIDDEN),
    Row("/mail-replies/postmark/", 405, cache_control=NOT_CACHED, more=HIDDEN),
    Row("/challenge/pledge/", cache_control=NOT_CACHED, type=JSON, more=HIDDEN),
    Row("/figures/sq/sectors.png", type=PNG, more=FROM_ELSEWHERE),
    Row("/figures/en/growth.csv", type=CSV, more=FROM_ELSEWHERE, language="en"),
    missing("/figures/en/unknown.png"),
    Row("/favicon.ico", cache_control="public, max-age=86400", type="image/x-icon"),
    Row("/robots.txt", type=TEXT),
    Row("/sitemap.xml", type="application/xml", more={"X-Robots-Tag": "noindex, noodp, noarchive"}),
    Row("/site.webmanifest", type="application/manifest+json"),
    Row("/healthz", cache_control=NOT_CACHED, type=TEXT),
    Row("/readyz", cache_control=NOT_CACHED, type=JSON),
    leads("/admin/login/", 302, "/admin/account/login/", varies=BY_STAFF),
    Row("/admin/account/login/", cache_control=ADMIN_NOT_CACHED, varies=BY_STAFF),
    leads("/admin/", 302, "/admin/login/?next=/admin/", ADMIN_NOT_CACHED, varies=BY_STAFF),
    leads("/admin/language/setlang/", 302, "/", varies=BY_STAFF),
    missing("/sq/nuk-ka/"),
    missing("/en/nuk-ka/", language="en"),
    missing("/nuk-ka"),
    # The paths of one language do not exist in the other.
    missing("/en/zotimi/", language="en"),
    missing("/sq/pledge/"),
]
# Which other tests of this file open, and those of groups, organisations, commitments and handouts.
ELSEWHERE = {
    *("campaign:preview", "pledges:end_news", "pledges:calendar", "handout_preview"),
    *("campaign:sheet_a4", "campaign:sheet_a3", "campaign:group_certificate"),
    *("campaign:organisation_certificate", "campaign:organisation_logo"),
}


@pytest.fixture(autouse=True)
def library():
    """A file in the picture library."""
    path = Path(default_storage.path(LIBRARY_FILE))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


@pytest.fixture(autouse=True)
def event():
    """An event that everyone sees."""
    make_event(slug_sq="mbremja", slug_en="evening", code="0abcdefg")


@pytest.fixture(autouse=True)
def mailing():
    """News by email that was sent."""
    return release(make_mailing(pk=1))


def check(row, response):
    """Assert that a response matches its row and what holds for every address."""
    headers = response.headers
    if response.streaming:
        response.getvalue()
    assert response.status_code == row.status
    assert headers["Cache-Control"] == row.cache_control
    if "Location" not in row.more:
        assert headers["Content-Type"] == row.type
    assert set(filter(None, headers.get("Vary", "").split(", "))) - {"Accept-Encoding"} == row.varies
    if "Cookie" not in row.varies:
        assert "Set-Cookie" not in headers and not response.cookies
    assert headers["Content-Language"] == row.language
    assert headers["Content-Security-Policy"] == row.policy
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers.get("X-Frame-Options") == (None if row.policy == FRAMED else "DENY")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == settings.PERMISSIONS_POLICY
    defaults = {"Cross-Origin-Resource-Policy": "same-origin"}
    if row.status >= 400 or (row.status < 300 and "no-store" in row.cache_control):
        defaults |= HIDDEN
    for name in {**OPEN, **HIDDEN}:
        assert headers.get(name) == (defaults | row.more).get(name)
    for name, value in row.more.items():
        assert headers[name] == value


@pytest.mark.quick
def test_21_every_address_answers_as_its_row_states(subtests):
    Heartbeat.beat()
    for row in ROWS:
        with subtests.test(row.path):
            client = Client()
            if "Cookie" not in row.varies:
                # No page of the public looks at them.
                client.cookies.load({"django_language": "en", "sessionid": "x"})
            check(row, client.get(row.path))
    # Cookies, Accept-Language and Origin make no difference. What is no key of a session, and one of none.
    for row in {(row.type, row.cache_control): row for row in ROWS if not row.varies}.values():
        for session in ("x", "a" * 32):
            with subtests.test(row.path, session=session):
                client = Client()
                client.cookies.load({"django_language": "en", "sessionid": session})
                check(row, client.get(row.path, headers={"Accept-Language": "en", "Origin": "https://other.example"}))


def personal_row(purpose, pledge):
    kind = JSON if purpose == Purpose.DATA else HTML
    return Row(links.path(purpose, pledge, "sq"), cache_control=NOT_CACHED, type=kind, more=HIDDEN)


def pledge_for(purpose):
    """The pledge, or the group pledge, that a page with this purpose is about."""
    if purpose in (Purpose.GROUP_CONFIRM, Purpose.GROUP_BLOCK, Purpose.GROUP_MANAGE):
        return make_group("approved" if purpose == Purpose.GROUP_MANAGE else "submitted")
    if purpose == Purpose.CORRECT_NAME:
        make_pledge("Drita Kola", "kola@shembull.al", state="confirmed")
        return make_pledge("Drita Kolla", "kola@shembull.al")
    of_pending = (Purpose.CONFIRM, Purpose.BLOCK)
    pledge = make_pledge(state="pending" if purpose in of_pending else "confirmed")
    want_new_address(pledge)
    return pledge


def test_21_a_preview_is_neither_cached_nor_indexed(client):
    path = preview_path(Page.objects.get(key="problem").take_down(None), "sq")
    check(Row(path, cache_control=NOT_CACHED, more=HIDDEN), client.get(path))


@pytest.mark.quick
def test_21_a_personal_page_is_neither_cached_nor_indexed(client, subtests):
    for purpose in Purpose:
        pledge = pledge_for(purpose)
        with subtests.test(str(purpose)):
            row = personal_row(purpose, pledge)
            check(row, client.get(row.path))
        with subtests.test(str(purpose), when="sent, and after the pledge ended"):
            if purpose != Purpose.DATA:
                check(row, client.post(row.path))
            pledge.withdraw()
            row.type = HTML
            check(row, client.get(row.path))


@pytest.mark.cases(
    ("path", "fields", "status", "more"),
    [
        ("/sq/zotimi/", {}, 303, HIDDEN | {"Location": "/sq/zotimi/email/"}),
        ("/sq/zotimi/", {"over_16": "no"}, 303, HIDDEN | {"Location": "/sq/zotimi/nen-16/"}),
        ("/sq/zotimi/", {"consent": None}, 422, HIDDEN),
        ("/sq/zotimi/", {"switch": "1"}, 200, HIDDEN),
        ("/sq/zotimi-ne-grup/", {"over_18": "no"}, 303, HIDDEN | {"Location": "/sq/zotimi-ne-grup/nen-18/"}),
        ("/sq/zotimi-ne-grup/", {"over_18": "yes"}, 422, HIDDEN),
        ("/sq/zotimi-im/", {}, 303, HIDDEN | {"Location": "/sq/zotimi-im/derguar/"}),
        ("/sq/zotimi-im/", {"email": ""}, 422, HIDDEN),
        ("/sq/sa-jemi/", {}, 405, {}),
        ("/", {}, 405, {}),
    ],
)
def test_21_responses_to_post_are_not_cached(client, path, fields, status, more):
    response = client.post(path, form_data(**fields))
    assert response.status_code == status
    check(Row(path, status, cache_control=NOT_CACHED, more=more), response)


@pytest.mark.cases(
    ("wanted", "home"),
    [
        ("", "/sq/"),
        ("sq", "/sq/"),
        ("en", "/en/"),
        ("sq-AL,sq;q=0.9,en;q=0.8", "/sq/"),
        ("de-DE,de;q=0.9,en;q=0.5", "/en/"),
        ("en;q=0.1,sq;q=0.9", "/sq/"),
        ("q=\x00,;;", "/sq/"),
        ("de, en;q=0", "/sq/"),
    ],
)
def test_the_root_redirects_to_the_language_the_browser_prefers(client, wanted, home):
    response = client.get("/", headers={"Accept-Language": wanted})
    assert (response.status_code, response.url) == (302, home)


# Completeness of the table


def patterns(resolver, prefix="", namespace=""):
    """(route, name) of every URL pattern, nested ones included; the name is that of Django's ResolverMatch.view_name."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, namespace + (pattern.name or pattern.lookup_str)
        else:
            yield from patterns(pattern, route, f"{pattern.namespace}:" if pattern.namespace else namespace)


def test_no_address_is_missing_from_the_table():
    visited = set()
    for row in ROWS:
        if row.status != 404:
            with translation.override(row.language):
                visited.add(resolve(row.path.partition("?")[0]).view_name)
    personal = Pledge(language="sq", new_address_at=timezone.now())
    with translation.override("sq"):
        visited |= {resolve(links.path(purpose, personal)).view_name for purpose in Purpose}
        all_names = {name for route, name in patterns(get_resolver()) if not route.startswith("admin/")}
    assert len(all_names) > 100
    assert all_names - visited - ELSEWHERE == set(), "add a row for this address"


# The pages for signing in, which open for everyone.
AT_THE_DOOR = {
    "admin/account/login/": 200,
    "admin/account/recover/": 200,
    "admin/account/inactive/": 200,
    "admin/account/awake/": 403,
    "admin/account/invitation/<str:token>/": 404,
}


def test_no_page_of_the_admin_opens_without_signing_in(client):
    visited = 0
    for route, name in patterns(get_resolver()):
        of_account = route.startswith("admin/account/")
        if not of_account and (not name.startswith("admin:") or route in ("admin/login/", "admin/logout/")):
            continue
        arguments = (
            ("int:pk", "str:token") if of_account else ("path:object_id", "path:url", "int:content_type_id", "id")
        )
        path = re.sub(f"<({'|'.join(arguments)})>", "1", f"/{route}")
        response = client.get(path)
        if of_account:
            assert response.status_code == AT_THE_DOOR.get(route, 302), route
            assert route in AT_THE_DOOR or response.url.partition("?")[0] == "/admin/account/login/", route
        else:
            assert response.status_code in (302, 404), path
            assert response.status_code != 302 or response.url.startswith("/admin/"), path
        assert "no-store" in response.headers["Cache-Control"], path
        assert response.headers["Content-Security-Policy"] == POLICY, path
        assert set(response.headers["Vary"].split(", ")) >= BY_STAFF, path
        visited += 1
    assert visited > 55


SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def without_headers(response):
    """The security headers that a response lacks or has otherwise."""
    return {name: response.headers.get(name) for name, value in SECURITY_HEADERS.items() if response.get(name) != value}


@pytest.mark.parametrize(
    ("path", "status", "extra"),
    [
        ("/sq/", 400, {"HTTP_HOST": "not a host"}),
        ("/admin/", 400, {"HTTP_HOST": "not a host"}),
        ("/static/css/base.css", 200, {}),
        ("/static/css/nuk-ka.css", 404, {}),
    ],
)
def test_errors_of_middleware_and_files_have_all_security_headers(client, settings, path, status, extra):
    settings.ALLOWED_HOSTS = ["testserver"]
    client.raise_request_exception = False
    response = client.get(path, **extra)
    response.close()
    assert response.status_code == status
    assert without_headers(response) == {}
    assert response.headers.get("X-Robots-Tag") == ("noindex, nofollow" if status >= 400 else None)


def test_pages_of_every_origin_may_load_the_files_of_the_counter(client):
    for path in (
        "/static/css/counter.css",
        "/static/css/tokens.css",
        "/static/fonts/figtree-latin-wght-normal.woff2",
    ):
        response = client.get(path)
        response.close()
        assert without_headers(response) == {"Cross-Origin-Resource-Policy": "cross-origin"}
        assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_view_that_fails_has_all_security_headers(client):
    client.raise_request_exception = False
    with connection.execute_wrapper(lambda *_call: 1 / 0):
        response = client.get("/sq/")
    assert response.status_code == 500
    assert without_headers(response) == {} and response.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_a_malformed_body_at_a_missing_address_gets_the_404_page():
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies["csrftoken"] = "a" * 32
    for path in ("/nuk-ka", "/admin/nuk-ka%0A/"):
        response = client.generic("POST", path, b"x=1", f"multipart/form-data; boundary={'y' * 300}")
        assert response.status_code == 404 and Document(response).one("h1")


class NeverRead:
    """A request body that must not be read."""

    def read(self, *_size):
        raise AssertionError("the body was read")

    readline = __iter__ = read


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/campaign/picture/add/", 302),
        ("/sq/zotimi/", 400),
    ],
)
def test_a_large_body_of_a_stranger_is_refused_before_it_is_read(client, path, status):
    for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        client.cookies["sessionid"] = "x" * 32
        unread = {"wsgi.input": NeverRead(), "CONTENT_LENGTH": str(14 * 1024 * 1024)}
        response = client.generic("POST", path, b"", kind, **unread)
        assert response.status_code == status
        assert response.headers.get("Location") == ("/admin/account/login/?lost=" if status == 302 else None)
