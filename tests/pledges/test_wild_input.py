"""Whatever is sent, nobody gets a 5xx: they read what is wrong, in the language of the page.

These go through the WSGI application as gunicorn calls it: Django's test client parses a request before we see it.
"""

import io
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
from tests.factories import form_data, make_pledge
from weare1.wsgi import application

pytestmark = pytest.mark.django_db

SQ, EN = "/sq/zotimi/", "/en/pledge/"
MY_SQ, MY_EN = "/sq/zotimi-im/", "/en/my-pledge/"
FORM = "application/x-www-form-urlencoded"
METHODS = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X"]


@pytest.fixture(autouse=True)
def one_connection():
    """As Django's test client does it: a request inside a test's transaction must not close the connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def wild(examples):
    """The same examples in each run; what the database gets is undone at the test's end."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


class Answer:
    """What the server said."""

    def __init__(self, status, headers, body):
        self.status = int(status.split()[0])
        self.headers = dict(headers)
        self.body = body

    @property
    def words(self):
        return self.body.decode()


def ask(method, path, query="", body=b"", content_type=FORM, **environ):
    """Ask the application; `path` as it comes out of the socket, percent signs decoded (bytes as Latin-1)."""
    said = {}
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
        said.update(status=status, headers=headers)

    # What a request does is undone, and does not decide what the next one meets.
    with transaction.atomic():
        parts = application(environ, start)
        try:
            answer = Answer(said["status"], said["headers"], b"".join(parts))
        finally:
            getattr(parts, "close", lambda: None)()
        transaction.set_rollback(True)
    return answer


def assert_fit(answer, language=None):
    """Not our fault, and if it is a page, one in the right language."""
    assert answer.status < 500, answer.status
    if answer.body and answer.headers["Content-Type"].startswith("text/html"):
        assert f'<html lang="{language or "sq"}"' in answer.words
        assert answer.words.count("<h1") == 1
        assert "Traceback" not in answer.words
    if "Location" in answer.headers:
        assert re.match(r"/(?!/)", answer.headers["Location"]), "nobody is led elsewhere"
    if answer.status >= 400:
        # That nothing is here is true for everyone, and a shared cache must learn it soon.
        known = ("s-maxage=10",) if answer.status == 404 else ()
        assert not set(re.findall(r"s-maxage=\d+", answer.headers.get("Cache-Control", ""))) - set(known)


# Forms

NASTY = [
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
    st.sampled_from(NASTY).map(str.encode),
    st.text(max_size=60).map(str.encode),
    st.binary(max_size=40),
    st.emails().map(str.encode),
)
PLEDGE_FIELDS = [
    *"over_16 sector name email email_as_typed county consent show_name updates website stamp switch".split()
]
MANAGE_FIELDS = "name sector county language show_name updates new_email change_address save".split()


def forms(names):
    """Bodies: a good form of which some fields are missing, replaced or repeated, and a few that are not ours."""
    return st.fixed_dictionaries(
        {
            "changed": st.dictionaries(st.sampled_from(names), texts, max_size=4),
            "missing": st.sets(st.sampled_from(names), max_size=2),
            "repeated": st.lists(st.tuples(st.sampled_from(names), texts), max_size=3),
            "strange": st.lists(st.tuples(st.binary(max_size=12), texts), max_size=3),
        }
    )


def as_body(good, wild_form):
    fields = {name: str(value).encode() for name, value in good.items()} | wild_form["changed"]
    pairs = [(name.encode(), value) for name, value in fields.items() if name not in wild_form["missing"]]
    pairs += [(name.encode(), value) for name, value in wild_form["repeated"]] + wild_form["strange"]
    return b"&".join(quote_from_bytes(key).encode() + b"=" + quote_from_bytes(value).encode() for key, value in pairs)


@wild(400)
@given(forms(PLEDGE_FIELDS), st.sampled_from([(SQ, "sq"), (EN, "en")]))
def test_a_wild_pledge_is_accepted_or_given_back_in_words(wild_form, where):
    path, language = where
    answer = ask("POST", path, body=as_body(form_data(), wild_form))
    assert_fit(answer, language)
    assert answer.status in (200, 303, 400, 422)
    assert answer.headers["Cache-Control"] == "private, no-store" or answer.status == 400


@wild(150)
@given(forms(["email", "website", "stamp"]), st.sampled_from([(MY_SQ, "sq"), (MY_EN, "en")]))
def test_a_wild_wish_for_ones_link_is_accepted_or_given_back_in_words(wild_form, where):
    path, language = where
    good = {"email": "drita@shembull.al", "stamp": form_data()["stamp"]}
    answer = ask("POST", path, body=as_body(good, wild_form))
    assert_fit(answer, language)
    assert answer.status in (303, 400, 422)


@pytest.fixture
def pledge():
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    make_pledge("Agim Kola", "drita@shembull.al")
    pledge.set_new_address("tjeter@shembull.al")
    pledge.save()
    pledge.refresh_from_db()
    return pledge


@wild(150)
@given(wild_form=forms(MANAGE_FIELDS), language=st.sampled_from(["sq", "en"]))
@example({"changed": {"name": b"Agim Kola"}, "missing": set(), "repeated": [], "strange": []}, "sq")
def test_a_wild_correction_is_accepted_or_given_back_in_words(pledge, wild_form, language):
    path = links.path(Purpose.MANAGE, pledge, language=language)
    good = {"name": "Drita Lela", "sector": "artists", "county": "", "language": "en"}
    answer = ask("POST", path, body=as_body(good, wild_form))
    assert_fit(answer, language)
    assert answer.status in (200, 400, 422)


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


@wild(200)
@given(
    st.one_of(parts, st.binary(max_size=300), parts.map(lambda body: body[: len(body) // 2])),
    st.sampled_from([MULTIPART, MULTIPART, *CONTENT_TYPES]),
    st.sampled_from([(SQ, "sq"), (EN, "en"), (MY_SQ, "sq")]),
)
def test_a_damaged_body_of_any_kind_is_refused_in_words(body, content_type, where):
    path, language = where
    answer = ask("POST", path, body=body, content_type=content_type)
    assert_fit(answer, language)
    assert answer.status in (200, 303, 400, 422)
    assert answer.body or answer.status == 303


# Codecs that Python knows, not all of which decode text, or anything.
CHARSETS = "utf-16 hex rot13 idna punycode undefined unicode_escape base64 zlib utf-7 mbcs nothing \x00 '".split(" ")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("kind", [FORM, MULTIPART, "text/html"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_charset_that_is_none_is_refused_or_ignored(method, kind, charset):
    body = PART % (b"name", b"", b"Drita \xc3\xab") + b"--xx--\r\n" if kind == MULTIPART else b"name=%C3%AB&x=\xff"
    assert_fit(ask(method, SQ, "sector=%C3%AB", body, f"{kind}; charset={charset}"), "sq")


@pytest.mark.parametrize(
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
    ids=[
        "too many fields", "too large", "a huge name", "one field 900 times", "a huge domain", "a huge domain of ë",
        "nothing", "no name", "only signs", "a lone percent sign", "half a letter", "a child and garbage",
    ],
)  # fmt: skip
def test_a_form_beyond_all_measure_is_answered_soon(body, status):
    answer = ask("POST", SQ, body=body)
    assert_fit(answer, "sq")
    assert answer.status in (status if isinstance(status, tuple) else (status,))


# Addresses


def all_addresses(patterns=None, prefix=""):
    """Every address of the site as a pattern, but the admin's."""
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
    # Of what staff write, one address each stands for its pattern.
    return sorted(
        {re.sub("|".join(map(re.escape, EXAMPLES)), lambda match: EXAMPLES[match[0]], each) for each in found}
    )


EXAMPLES = {
    "/lajme/<slug:slug>": "/lajme/nis-levizja",
    "/news/<slug:slug>": "/news/the-movement-begins",
    "sq/<slug:slug>": "sq/levizja",
    "en/<slug:slug>": "en/movement",
    "<int:year>": "2020",
    "<int:number>": "1",
    "<code:code>": "abcdefgh",
    r"pictures/<language:language>/^(?P<kind>site|page|news)/(?P<key>[\w-]{1,80})\.png$": "pictures/sq/site/card.png",
    r"pictures/<language:language>/^ribbon-(?P<kind>frame|ready)\.png$": "pictures/sq/ribbon-ready.png",
    r"^media/(?P<name>pictures/[0-9a-f]{24}/[a-z0-9-]{1,40}\.(?:avif|webp|jpg|png))$": f"media/pictures/{'0' * 24}/full.jpg",
    "pictures/<language:language>/totals.png": "pictures/sq/totals.png",
    r"counter/<language:language>/^(?P<theme>light|dark)/$": "counter/sq/dark/",
    r"pictures/<language:language>/^(?P<layout>square|story)/(?P<slug>[\w-]{1,50})\.png$": "pictures/en/story/1.png",
    r"figures/<language:language>/^(?P<name>one|sectors|counties|counties-per-10000|growth|ways|groups-by-county)"
    r"\.(?P<kind>png|csv)$": "figures/sq/sectors.png",
}
ADDRESSES = addresses()
# Forms, which take a POST.
FORMS = (SQ, EN, MY_SQ, MY_EN, "/sq/kerko/", "/en/search/")
PERSONAL = [address for address in ADDRESSES if "<token:token>" in address]


def language_of(path):
    return path[1:3] if re.match(r"/(sq|en)(/|$)", path) else "sq"


def test_the_list_of_addresses_is_whole():
    assert {SQ, EN, MY_SQ, "/", "/healthz", "/api/v1/totals.csv", "/robots.txt"} <= set(ADDRESSES)
    # Of the same kind are previews of what is not published.
    assert len(PERSONAL) == 2 * (len(Purpose) + 1)


queries = st.one_of(
    st.lists(st.tuples(st.sampled_from(["sector", "lang", "page", "next", ""]), texts), max_size=3).map(
        lambda pairs: "&".join(f"{key}={quote_from_bytes(value)}" for key, value in pairs)
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=40),
)


@wild(250)
@given(st.sampled_from(ADDRESSES), queries, st.sampled_from(["GET", "HEAD", "POST"]), texts)
def test_any_query_is_answered(address, query, method, body):
    path = address.replace("<token:token>", "x" * 30)
    assert_fit(ask(method, path, query[:4000], body), language_of(path))


def test_a_sector_in_the_address_may_be_anything():
    for value in NASTY:
        answer = ask("GET", SQ, "sector=" + quote_from_bytes(value.encode())[:8000])
        assert_fit(answer, "sq")
        assert answer.status == 200


def damaged(token):
    """Tokens that are nearly right."""
    return st.one_of(
        st.integers(0, len(token) - 1).flatmap(
            lambda place: st.sampled_from("aZ0-_.:é").map(lambda letter: token[:place] + letter + token[place + 1 :])
        ),
        st.integers(0, len(token)).map(lambda place: token[:place]),
        st.sampled_from([token + "x", token + ":" + token, token[::-1], token.replace(":", "."), ":::" * 10]),
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=60),
        st.text("abAB01.:-_", min_size=20, max_size=210),
    )


@wild(250)
@given(st.data())
def test_12_a_tampered_link_opens_and_does_nothing(pledge, data):
    purpose = data.draw(st.sampled_from(list(Purpose)))
    token = links.token(purpose, pledge)
    wrong = data.draw(damaged(token))
    address = data.draw(st.sampled_from(PERSONAL))
    path = address.replace("<token:token>", wrong).encode().decode("latin-1")
    before = list(Pledge.objects.values())
    method = data.draw(st.sampled_from(["GET", "HEAD", "POST"]))
    answer = ask(method, path)
    assert_fit(answer, language_of(path))
    if wrong != token:
        assert answer.status in (301, 303, 404, 405), answer.status
        assert "Drita" not in answer.words and "drita@" not in answer.words
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


@wild(300)
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
    answer = ask(method, path)
    spoken = re.search(rb'<html lang="(..)"', answer.body)
    assert_fit(answer, spoken and spoken[1].decode())
    if answer.status == 404 and spoken:
        # Whatever the path looks like, the page speaks the language it says it does.
        title = {b"sq": "Kjo faqe nuk gjendet", b"en": "This page is not here"}[spoken[1]]
        assert title in answer.words
    assert "\n" not in "".join(answer.headers.values())


# Headers


@pytest.mark.parametrize(
    "headers",
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
    + [{"HTTP_X_FORWARDED_PROTO": "x"}, {"HTTP_X_FORWARDED_HOST": "evil.example"}, {"HTTP_ACCEPT_ENCODING": "\xff"}],
    ids=lambda header: ":".join(header).removeprefix("HTTP_"),
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", EN), ("POST", EN), ("POST", MY_EN)])
def test_any_header_is_answered(headers, method, path):
    body = b"email=x" if method == "POST" else b""
    assert_fit(ask(method, path, body=body, **headers), "en" if path != "/" else None)


@pytest.mark.parametrize("host", ["evil.example", "", "a b", "[", "localhost:x", "localhost\x00", "x" * 300, "\xff"])
def test_a_host_that_is_not_ours_is_refused_in_words(settings, host):
    settings.ALLOWED_HOSTS = ["localhost"]
    for path in (EN, "/en/help/", "/admin/"):
        answer = ask("GET", path, HTTP_HOST=host)
        assert answer.status == 400
        assert "evil.example" not in answer.words and "s-maxage" not in answer.headers.get("Cache-Control", "")
    assert '<html lang="en"' in ask("GET", EN, HTTP_HOST=host).words


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_method_that_an_address_does_not_know_is_refused(pledge, address):
    with_token = {language: {links.path(purpose, pledge, language) for purpose in Purpose} for language in ("sq", "en")}
    path = address
    if "<token:token>" in address:
        start = address.partition("<")[0]
        # A preview's way in is no pledge's; a method is refused before its token is read.
        [path] = [path for path in with_token[address[1:3]] if path.startswith(start)] or [f"{start}{'x' * 30}/"]
    for method in METHODS:
        answer = ask(method, path)
        if method == "OPTIONS" and path.startswith("/api/"):
            # The browser of another site's page asks what it may send.
            assert (answer.status, answer.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")
            continue
        assert_fit(answer, language_of(path))
        assert answer.status == 405, f"{method} {path}: {answer.status}"
        assert answer.headers["Allow"]


@pytest.mark.parametrize("address", [address for address in ADDRESSES if address not in FORMS and "<" not in address])
def test_a_page_that_is_only_read_refuses_a_form(address):
    answer = ask("POST", address, body=b"a=b")
    assert_fit(answer, language_of(address))
    assert answer.status == 405


# What staff may do to what the form stands on


@pytest.mark.parametrize("path", [SQ, EN])
def test_a_sector_without_commitments_can_be_signed(path):
    Commitment.objects.all().delete()
    assert ask("GET", path).status == 200
    assert (
        ask(
            "POST", path, body=as_body(form_data(), {"changed": {}, "missing": (), "repeated": [], "strange": []})
        ).status
        == 303
    )
