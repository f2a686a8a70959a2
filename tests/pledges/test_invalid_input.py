"""Malformed input is never a server error: the response says what is wrong, in the language of the page.

Requests go through the WSGI application as gunicorn calls it, because Django's test client would parse them first.
"""

import io
import itertools
import re
from urllib.parse import quote_from_bytes

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.urls import URLPattern, get_resolver
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Commitment, Pledge
from tests import drill
from tests.drill import rounds
from tests.enquiries import enquiry_data
from tests.factories import form_data, make_pledge
from tests.organisations import join_data
from tests.pledges.groups.made import group_data
from weare1.wsgi import application

pytestmark = pytest.mark.django_db

SQ, EN = "/sq/zotimi/", "/en/pledge/"
MY_SQ, MY_EN = "/sq/zotimi-im/", "/en/my-pledge/"
FORM = "application/x-www-form-urlencoded"
METHODS = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X"]


@pytest.fixture(autouse=True)
def one_connection():
    """Keep the connection open over requests inside a test's transaction, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def examples(number):
    """A drill with this many reproducible examples; under `bin/test -m drill` with twenty times as many random ones."""
    configure = settings(
        max_examples=rounds(number, 20 * number),
        derandomize=not drill.is_long,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    return lambda test: pytest.mark.drill(configure(test))


class Response:
    """Status, headers and body of a WSGI response."""

    def __init__(self, status, headers, body):
        self.status = int(status.split()[0])
        self.headers = dict(headers)
        self.body = body

    @property
    def text(self):
        return self.body.decode()


def request(method, path, query="", body=b"", content_type=FORM, **environ):
    """The response of the WSGI application. `path` is percent-decoded, its bytes as Latin-1, as servers pass it (PEP 3333)."""
    started = {}
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost:8000",
        "REMOTE_ADDR": "198.51.100.7",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **environ,
    }

    def start(status, headers, exc_info=None):
        started.update(status=status, headers=headers)

    # Each request is rolled back, so that it does not influence the next one.
    with transaction.atomic():
        parts = application(environ, start)
        try:
            response = Response(started["status"], started["headers"], b"".join(parts))
        finally:
            getattr(parts, "close", lambda: None)()
        transaction.set_rollback(True)
    return response


def assert_acceptable(response, language=None):
    """Check that a response is no server error, is in the right language if a page, and is not cached if an error."""
    assert response.status < 500, response.status
    if response.body and response.headers["Content-Type"].startswith("text/html"):
        assert f'<html lang="{language or "sq"}"' in response.text
        assert response.text.count("<h1") == 1
        assert "Traceback" not in response.text
    if "Location" in response.headers:
        assert re.match(r"/(?!/)", response.headers["Location"]), "redirects stay on this site"
    if response.status >= 400:
        # A 404 is the same for everyone and may be cached briefly.
        allowed = ("s-maxage=10",) if response.status == 404 else ()
        assert not set(re.findall(r"s-maxage=\d+", response.headers.get("Cache-Control", ""))) - set(allowed)


# Forms

HOSTILE_TEXTS = [
    "",
    " ",
    "\x00",
    "Drita\x00Kola",
    "\ufffe\uffff",
    "\u202edrita",
    "🙂" * 40,
    "e" + "\u0301" * 300,
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% load x %}%(name)s%s",
    "../../../../etc/passwd",
    "' OR 1=1; DROP TABLE pledges_pledge; --",
    "-1",
    "9" * 400,
    "1e309",
    "NaN",
    "ſİıK",
    "٠١٢",
    "a" * 70_000,
    "@" * 500,
    "a@" + "b." * 3000 + "al",
    "a@" + "ë" * 2000 + ".al",
    '"a b"@[127.0.0.1]',
    "a@localhost",
    "yes",
    "no",
    "on",
    "parents",
    "AL-11",
    "abroad",
    "Drita Kola",
    "drita@shembull.al",
    "drita@gmial.com",
    "\r\nBcc: arta@shembull.al",
]
texts = st.one_of(
    st.sampled_from(HOSTILE_TEXTS).map(str.encode),
    st.text(max_size=60).map(str.encode),
    st.binary(max_size=40),
    st.emails().map(str.encode),
)
PLEDGE_FIELDS = [
    *"over_16 sector name email email_as_typed county consent show_name updates website stamp switch".split()
]
MANAGE_FIELDS = [
    *"name sector county language show_name updates demands counties follow new_email change_address save".split()
]


def form_changes(names):
    """Changes of a valid form: some fields missing, replaced or repeated, and some unknown fields."""
    return st.fixed_dictionaries(
        {
            "changed": st.dictionaries(st.sampled_from(names), texts, max_size=4),
            "missing": st.sets(st.sampled_from(names), max_size=2),
            "repeated": st.lists(st.tuples(st.sampled_from(names), texts), max_size=3),
            "unknown": st.lists(st.tuples(st.binary(max_size=12), texts), max_size=3),
        }
    )


def as_body(valid, form):
    """The urlencoded body of a valid form with these changes."""
    fields = {name: str(value).encode() for name, value in valid.items()} | form["changed"]
    pairs = [(name.encode(), value) for name, value in fields.items() if name not in form["missing"]]
    pairs += [(name.encode(), value) for name, value in form["repeated"]] + form["unknown"]
    return b"&".join(quote_from_bytes(key).encode() + b"=" + quote_from_bytes(value).encode() for key, value in pairs)


def my_pledge_data():
    return {"email": "drita@shembull.al", "stamp": form_data()["stamp"]}


ALL_FORMS = {
    SQ: form_data,
    EN: form_data,
    MY_SQ: my_pledge_data,
    MY_EN: my_pledge_data,
    "/sq/zotimi-ne-grup/": group_data,
    "/en/group-pledge/": group_data,
    "/sq/organizata/bashkohuni/": join_data,
    "/en/organisations/join/": join_data,
    "/sq/kontakt/te-dhenat/": enquiry_data,
    "/en/contact/press/": enquiry_data,
}


@pytest.mark.slow
@examples(250)
@given(st.sampled_from(list(ALL_FORMS)), st.data())
def test_an_invalid_form_is_accepted_or_redisplayed(path, data):
    valid = ALL_FORMS[path]()
    names = [*valid, "email_as_typed", "altcha", "slow", "switch", "event", "no_domain", "people_parents"]
    names += ["show_name", "updates"]
    response = request("POST", path, body=as_body(valid, data.draw(form_changes(names))))
    assert_acceptable(response, path[1:3])
    assert response.status in (200, 303, 400, 422)
    assert "\x00" not in response.text
    assert response.headers["Cache-Control"] == "private, no-store" or response.status == 400


@pytest.fixture
def pledge():
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    make_pledge("Agim Kola", "drita@shembull.al")
    pledge.set_new_address("tjeter@shembull.al")
    pledge.save()
    pledge.refresh_from_db()
    return pledge


@pytest.mark.slow
@examples(50)
@given(form=form_changes(MANAGE_FIELDS), language=st.sampled_from(["sq", "en"]))
@example({"changed": {"name": b"Agim Kola"}, "missing": set(), "repeated": [], "unknown": []}, "sq")
def test_an_invalid_correction_is_accepted_or_redisplayed(pledge, form, language):
    path = links.path(Purpose.MANAGE, pledge, language=language)
    valid = {"name": "Drita Lela", "sector": "artists", "county": "", "language": "en"}
    response = request("POST", path, body=as_body(valid, form))
    assert_acceptable(response, language)
    assert response.status in (200, 400, 422)


MULTIPART = "multipart/form-data; boundary=xx"
PART = b'--xx\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
parts = st.lists(
    st.builds(
        lambda name, extra, value: PART % (name, extra, value),
        st.sampled_from(PLEDGE_FIELDS).map(str.encode) | st.binary(max_size=8),
        st.sampled_from(
            [
                b"",
                b'; filename="x.jpg"\r\nContent-Type: image/jpeg',
                b'; filename="\x00"',
                b"; filename*=utf-8''%ff",
                b"\r\nContent-Transfer-Encoding: base64",
                b"\r\nContent-Type: text/plain; charset=nothing",
                b"\r\nContent-Type: text/plain; charset=utf-16",
            ]
        ),
        texts,
    ),
    max_size=4,
).map(lambda made: b"".join([*made, b"--xx--\r\n"]))
CONTENT_TYPES = [
    FORM,
    MULTIPART,
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 300,
    "multipart/form-data; boundary=\xff",
    "multipart/mixed; boundary=xx",
    "application/json",
    "text/plain",
    "text/xml",
    "",
    "\x00",
    ";;;=",
    "application/x-www-form-urlencoded; charset",
    "application/x-www-form-urlencoded; charset=utf-8",
]


@pytest.mark.slow
@examples(70)
@given(
    st.one_of(parts, st.binary(max_size=300), parts.map(lambda body: body[: len(body) // 2])),
    st.sampled_from([MULTIPART, MULTIPART, *CONTENT_TYPES]),
    st.sampled_from([(SQ, "sq"), (EN, "en"), (MY_SQ, "sq")]),
)
def test_a_malformed_body_is_refused(body, content_type, where):
    path, language = where
    response = request("POST", path, body=body, content_type=content_type)
    assert_acceptable(response, language)
    assert response.status in (200, 303, 400, 422)
    assert response.body or response.status == 303


# Codecs that Python knows, some of which decode no text, and unknown ones.
CHARSETS = "utf-16 hex rot13 idna punycode undefined unicode_escape base64 zlib utf-7 mbcs nothing \x00 '".split(" ")


@pytest.mark.slow
def test_an_unknown_charset_is_refused_or_ignored(subtests):
    for method, kind, charset in itertools.product(("GET", "POST"), (FORM, MULTIPART, "text/html"), CHARSETS):
        is_multipart = kind == MULTIPART
        body = PART % (b"name", b"", b"Drita \xc3\xab") + b"--xx--\r\n" if is_multipart else b"name=%C3%AB&x=\xff"
        with subtests.test(method=method, kind=kind, charset=charset):
            assert_acceptable(request(method, SQ, "sector=%C3%AB", body, f"{kind}; charset={charset}"), "sq")


@pytest.mark.cases(
    ("body", "status"),
    [
        (b"&".join(b"a%d=" % number for number in range(2000)), 400),
        (b"name=" + b"a" * 300_000, (400, 413)),
        (b"name=" + b"a" * 200_000, 422),
        (b"over_16=" + b"&over_16=".join([b"yes"] * 900), 422),
        (b"email=" + b"a@" + b"b." * 60_000, 422),
        (b"email=" + b"a@" + b"%C3%AB" * 20_000, 422),
        (b"", 422),
        (b"=", 422),
        (b"&&&==&", 422),
        (b"%", 422),
        (b"name=%E0%A4%A", 422),
        (b"over_16=no&" + b"name=%ff" * 100, 303),
    ],
)
def test_an_oversized_form_is_answered(body, status):
    response = request("POST", SQ, body=body)
    assert_acceptable(response, "sq")
    assert response.status in (status if isinstance(status, tuple) else (status,))


def all_addresses(patterns=None, prefix=""):
    """Every URL pattern of the site except the admin's."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith("admin/"):
            continue
        if isinstance(pattern, URLPattern):
            yield "/" + route
        else:
            yield from all_addresses(pattern.url_patterns, route)


def addresses():
    found = set()
    for language in ("sq", "en"):
        with translation.override(language):
            found.update(all_addresses())
    # An example replaces each pattern of a path converter.
    return sorted(
        {re.sub("|".join(map(re.escape, EXAMPLES)), lambda match: EXAMPLES[match[0]], each) for each in found}
    )


EXAMPLES = {
    "/lajme/<slug:slug>": "/lajme/nis-levizja",
    "/news/<slug:slug>": "/news/the-movement-begins",
    "/sa-jemi/<slug:slug>": "/sa-jemi/tirane",
    "/totals/<slug:slug>": "/totals/tirana",
    "/ngjarje/<slug:slug>": "/ngjarje/nje-takim",
    "/events/<slug:slug>": "/events/a-meeting",
    "/kerkesat/<slug:slug>": "/kerkesat/regjistri",
    "/demands/<slug:slug>": "/demands/register",
    "sq/<slug:slug>": "sq/levizja",
    "en/<slug:slug>": "en/movement",
    "<int:year>": "2020",
    "<int:number>": "1",
    "<code:code>": "abcdefgh",
    r"pictures/<language:language>/^(?P<kind>site|page|news)/(?P<key>[\w-]{1,80})\.png$": "pictures/sq/site/card.png",
    r"pictures/<language:language>/^ribbon-(?P<kind>frame|ready|small)\.png$": "pictures/sq/ribbon-ready.png",
    r"^media/(?P<name>(?:pictures|materials)/[0-9a-f]{24}/[\w-]{1,50}"
    r"\.(?:avif|webp|jpg|png|pdf))$": f"media/pictures/{'0' * 24}/full.jpg",
    "pictures/<language:language>/totals.png": "pictures/sq/totals.png",
    r"pictures/<language:language>/^county/(?P<slug>[\w-]{1,50})\.png$": "pictures/sq/county/tirane.png",
    r"pictures/<language:language>/^demand/(?P<slug>[\w-]{1,80})\.png$": "pictures/sq/demand/regjistri.png",
    r"counter/<language:language>/^(?P<theme>light|dark)/$": "counter/sq/dark/",
    "challenge/<slug:form>/": "challenge/pledge/",
    "mail-reports/<slug:provider>/": "mail-reports/postmark/",
    "mail-replies/<slug:provider>/": "mail-replies/postmark/",
    "handouts/<language:language>/<slug:name>.pdf": "handouts/sq/wall-a4.pdf",
    r"handouts/<language:language>/^event-(?P<code>[0-9a-z]{8})-(?P<size>a4|a3)\.pdf$": "handouts/sq/event-0abcdefg-a4.pdf",
    r"pictures/<language:language>/^organisation/(?P<key>[\w-]{1,50})\.png$": "pictures/sq/organisation/crca.png",
    r"handouts/<language:language>/^(?P<name>[\w-]{1,50})"
    r"/(?P<digest>[0-9a-f]{16})\.webp$": f"handouts/sq/wall-a4/{'0' * 16}.webp",
    r"pictures/<language:language>/^(?P<layout>(?:small-)?(?:square|story)|preview)"
    r"/(?P<slug>[\w-]{1,50})\.png$": "pictures/en/story/1.png",
    r"figures/<language:language>/^(?P<name>one|sectors|counties|growth|ways)"
    r"\.(?P<kind>png|csv)$": "figures/sq/sectors.png",
}
ADDRESSES = addresses()
# Pages that accept a POST.
FORMS = (
    *(SQ, EN, MY_SQ, MY_EN, "/sq/kerkoni/", "/en/search/", "/sq/zotimi-ne-grup/", "/en/group-pledge/"),
    *("/sq/organizata/bashkohuni/", "/en/organisations/join/"),
    *(
        "/sq/kontakt/media/",
        "/sq/kontakt/te-dhenat/",
        "/sq/kontakt/faqja/",
        "/sq/kontakt/tjeter/",
        "/sq/kontakt/dua-te-ndihmoj/",
    ),
    *(
        "/en/contact/press/",
        "/en/contact/data/",
        "/en/contact/site/",
        "/en/contact/other/",
        "/en/contact/i-want-to-help/",
    ),
    "/mail-reports/postmark/",
    "/mail-replies/postmark/",
)
PERSONAL = [address for address in ADDRESSES if "<token:token>" in address]


def language_of(path):
    return path[1:3] if re.match(r"/(sq|en)(/|$)", path) else "sq"


def test_the_list_of_addresses_is_complete():
    assert {SQ, EN, MY_SQ, "/", "/healthz", "/api/v1/totals.csv", "/robots.txt"} <= set(ADDRESSES)
    # Previews, the page that ends news and the second look at the thanks have tokens too; five handouts, the logo and a calendar
    # have the token of their page.
    assert len(PERSONAL) == 2 * (len(Purpose) + 3 + 4 + 1 + 1)


queries = st.one_of(
    st.lists(st.tuples(st.sampled_from(["sector", "lang", "page", "next", ""]), texts), max_size=3).map(
        lambda pairs: "&".join(f"{key}={quote_from_bytes(value)}" for key, value in pairs)
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=40),
)


# /readyz answers 503: no worker runs in the tests.
@pytest.mark.slow
@examples(80)
@given(
    st.sampled_from([each for each in ADDRESSES if each != "/readyz"]),
    queries,
    st.sampled_from(["GET", "HEAD", "POST"]),
    texts,
)
def test_any_query_string_is_answered(address, query, method, body):
    path = address.replace("<token:token>", "x" * 30)
    assert_acceptable(request(method, path, query[:4000], body), language_of(path))


def damaged(token):
    """Tokens that are almost valid."""
    return st.one_of(
        st.integers(0, len(token) - 1).flatmap(
            lambda place: st.sampled_from("aZ0-_.:é").map(lambda letter: token[:place] + letter + token[place + 1 :])
        ),
        st.integers(0, len(token)).map(lambda place: token[:place]),
        st.sampled_from([token + "x", token + ":" + token, token[::-1], token.replace(":", "."), ":::" * 10]),
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=60),
        st.text("abAB01.:-_", min_size=20, max_size=210),
    )


@examples(80)
@given(st.data())
def test_12_a_tampered_link_shows_and_changes_nothing(pledge, data):
    purpose = data.draw(st.sampled_from(list(Purpose)))
    token = links.token(purpose, pledge)
    wrong = data.draw(damaged(token))
    address = data.draw(st.sampled_from(PERSONAL))
    path = address.replace("<token:token>", wrong).encode().decode("latin-1")
    before = list(Pledge.objects.values())
    method = data.draw(st.sampled_from(["GET", "HEAD", "POST"]))
    response = request(method, path)
    assert_acceptable(response, language_of(path))
    if wrong != token:
        assert response.status in (200, 301, 302, 303, 404, 405), response.status
        assert "Drita" not in response.text and "drita@" not in response.text
    assert list(Pledge.objects.values()) == before


paths = st.one_of(
    st.tuples(st.sampled_from(["/", "//", "/sq/", "/en/", "/sq", "/EN/", "/admin", ""]), st.binary(max_size=30)).map(
        lambda pair: pair[0] + pair[1].decode("latin-1")
    ),
    st.sampled_from(ADDRESSES).flatmap(
        lambda address: st.sampled_from(
            [address * 2, address + "[", "//[" + address, address[:-1], address.upper(), "/" + address]
        )
    ),
)


@examples(100)
@given(paths, st.sampled_from(["GET", "POST", "HEAD"]))
@example("//[", "GET")
@example("//[x]/", "GET")
@example("//evil.example/sq", "GET")
@example("//evil.example/..", "GET")
@example("/\\evil.example/sq", "GET")
@example("/sq/zotimi", "POST")
@example("/sq/\xff\xfe", "GET")
@example("/" + "a" * 9000, "GET")
@example("/sq/%00", "GET")
@example("/sq/\r\nSet-Cookie: x=y", "GET")
def test_any_path_is_answered(path, method):
    response = request(method, path)
    language = re.search(rb'<html lang="(..)"', response.body)
    assert_acceptable(response, language and language[1].decode())
    if response.status == 404 and language:
        # The text is in the language of the lang attribute.
        title = {b"sq": "Kjo faqe nuk gjendet", b"en": "Page not found"}[language[1]]
        assert title in response.text
    assert "\n" not in "".join(response.headers.values())


HEADERS = (
    [
        {"HTTP_ORIGIN": origin}
        for origin in ("null", "http://[", "http://[::1", "://", "x" * 5000, "\xff", "http://localhost:8000", "")
    ]
    + [{"HTTP_SEC_FETCH_SITE": site} for site in ("", "cross-site", "\xff", "none,none")]
    + [{"HTTP_X_FORWARDED_FOR": hops} for hops in (",,,", "x" * 5000, "::1%lo", "1.2.3.4:80", "\xff")]
    + [{"REMOTE_ADDR": address} for address in ("", "unix:", "::ffff:198.51.100.7", "fe80::1%eth0")]
    + [{"HTTP_COOKIE": cookie} for cookie in ("sessionid=\xff", "csrftoken=x; sessionid='", "=;=;=", "x" * 8000)]
    + [{"HTTP_ACCEPT_LANGUAGE": text} for text in ("x" * 5000, "en;q=x", ",;q=,", "\xff", "sq;q=1e999", "*")]
    + [{"HTTP_IF_NONE_MATCH": text} for text in ('"', 'W/"', "*", "\xff")]
    + [{"HTTP_IF_MODIFIED_SINCE": text} for text in ("0", "Thu, 99 Foo 99999 99:99:99 GMT", "\xff")]
    + [{"HTTP_RANGE": "bytes=9-1"}, {"HTTP_TRANSFER_ENCODING": "chunked"}, {"HTTP_EXPECT": "x"}]
    + [{"CONTENT_LENGTH": text} for text in ("", "-1", "x", "99999999999")]
    + [{"HTTP_X_FORWARDED_PROTO": "x"}, {"HTTP_X_FORWARDED_HOST": "evil.example"}, {"HTTP_ACCEPT_ENCODING": "\xff"}]
)


@pytest.mark.slow
def test_any_header_is_answered(subtests):
    for headers in HEADERS:
        for method, path in (("GET", "/"), ("GET", EN), ("POST", EN), ("POST", MY_EN)):
            body = b"email=x" if method == "POST" else b""
            with subtests.test(**headers, method=method, path=path):
                assert_acceptable(request(method, path, body=body, **headers), "en" if path != "/" else None)


@pytest.mark.cases("host", ["evil.example", "", "a b", "[", "localhost:x", "localhost\x00", "x" * 300, "\xff"])
def test_an_unknown_host_is_refused_with_a_page(settings, host):
    settings.ALLOWED_HOSTS = ["localhost"]
    for path in (EN, "/en/help/", "/admin/"):
        response = request("GET", path, HTTP_HOST=host)
        assert response.status == 400
        assert "evil.example" not in response.text and "s-maxage" not in response.headers.get("Cache-Control", "")
    assert '<html lang="en"' in request("GET", EN, HTTP_HOST=host).text


@pytest.mark.slow
def test_an_unsupported_method_is_refused(pledge, subtests):
    for address in ADDRESSES:
        with subtests.test(address):
            paths_with_token = {
                language: {links.path(purpose, pledge, language) for purpose in Purpose} for language in ("sq", "en")
            }
            path = address
            if "<token:token>" in address:
                start = address.partition("<")[0]
                # A preview has no pledge's token. The method is refused before the token is read.
                [path] = [path for path in paths_with_token[address[1:3]] if path.startswith(start)] or [
                    f"{start}{'x' * 30}/"
                ]
            for method in METHODS:
                response = request(method, path)
                if method == "OPTIONS" and path.startswith("/api/"):
                    # A preflight request of CORS.
                    assert (response.status, response.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")
                    continue
                assert_acceptable(response, language_of(path))
                assert response.status == 405, f"{method} {path}: {response.status}"
                assert response.headers["Allow"]


def test_a_page_without_a_form_refuses_a_post(subtests):
    for address in ADDRESSES:
        if address in FORMS or "<" in address:
            continue
        with subtests.test(address):
            response = request("POST", address, body=b"a=b")
            assert_acceptable(response, language_of(address))
            assert response.status == 405


def test_a_sector_without_commitments_can_be_signed():
    Commitment.objects.all().delete()
    assert request("GET", SQ).status == 200
    unchanged = {"changed": {}, "missing": (), "repeated": [], "unknown": []}
    assert request("POST", SQ, body=as_body(form_data(), unchanged)).status == 303
