"""Bad input is answered with a sentence and comes back whole; malformed input is never a server error."""

import itertools
import re
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Commitment, Enquiry, GroupPledge, Joining, Message, Pledge, Submission
from tests.drill import rounds
from tests.enquiries import enquiry_data
from tests.factories import form_data, make_pledge, settle_all
from tests.organisations import join_data
from tests.pages import LANGUAGES, Document, path_of, want_new_address
from tests.pledges.groups.made import group_data
from tests.weare1.test_headers import ROWS
from tests.wsgi import call
from weare1.wsgi import application

pytestmark = pytest.mark.django_db

# {id of the form: (URL name, its data, a field of text and what is typed there)}
FORMS = {
    "pledge": ("pledges:sign", form_data, "name", "Drita Ëndërr"),
    "group": ("pledges:group", group_data, "institution", "Shkolla „Naim Frashëri”"),
    "join": ("pledges:join", join_data, "statement_sq", "Duam që çdo fëmijë të dëgjohet."),
    "enquiry": ("pledges:enquiry_other", enquiry_data, "text", "Kur mund të flasim?\nFaleminderit!"),
}
MARKUP, LINK = "<script>alert(1)</script> <b>fund</b>", "https://shembull.al/faqja"
EMAIL = "Enter an email address in the correct format, like name@example.com"
LONG_NAME = "Your name must be 80 characters or fewer."
NAME = "Your name can only include letters, spaces, hyphens, full stops and apostrophes."
LONG_INSTITUTION = "The name must be 120 characters or fewer. It has 100000."
INSTITUTION = "The name can only include letters, digits, spaces and simple punctuation."
LETTER = "Enter the letter only, for example B."
SITE = "Enter the address of your site, for example www.shkolla.al."
STATEMENT = "The statement must be 300 characters or fewer. It has 100000."
MESSAGE = "Your message must be 4,000 characters or fewer. It has 100000."
# {form: {field: (the sentence about 100,000 letters, that about markup, that about a link); None: it is taken as plain text}}
SENTENCES = {
    "pledge": {"name": (LONG_NAME, NAME, NAME), "email": (EMAIL, EMAIL, EMAIL)},
    "group": {
        "institution": (LONG_INSTITUTION, INSTITUTION, INSTITUTION),
        "letter": (LETTER, LETTER, LETTER),
        "name": (LONG_NAME, NAME, NAME),
        "email": (EMAIL, EMAIL, EMAIL),
    },
    "join": {
        "organisation": (LONG_INSTITUTION, INSTITUTION, INSTITUTION),
        "url": (SITE, SITE, None),
        "statement_sq": (STATEMENT, None, None),
        "statement_en": (STATEMENT, None, None),
        "name": (LONG_NAME, NAME, NAME),
        "email": (EMAIL, EMAIL, EMAIL),
    },
    "enquiry": {"text": (MESSAGE, None, None), "name": (LONG_NAME, NAME, NAME), "email": (EMAIL, EMAIL, EMAIL)},
}
MANY = "x" * 100_000


def inputs():
    """(form, {field: what is typed there}, {field: the sentence about it}). What is taken as plain text has no sentence.

    Only so many letters fit into one request that each field of theirs is a case of its own.
    """
    for form, fields in SENTENCES.items():
        for field, (sentence, *_others) in fields.items():
            yield form, {field: MANY}, {field: sentence}
        for place, typed in enumerate((MARKUP, LINK), 1):
            refused = {field: sentences[place] for field, sentences in fields.items() if sentences[place]}
            taken = dict.fromkeys(fields.keys() - refused.keys(), typed)
            yield form, dict.fromkeys(refused, typed), refused
            if taken:
                yield form, taken, {}


def value(page, field):
    """What a field of the page holds, in one line."""
    [element] = page.all(id=f"id_{field}")
    return page.words(element) if element.name == "textarea" else page.of(element)["value"]


@pytest.mark.quick
def test_what_does_not_fit_comes_back_whole_with_one_sentence(subtests):
    for form, typed, sentences in inputs():
        with subtests.test(form, typed={field: words[:5] for field, words in typed.items()}):
            assert_comes_back_whole(form, typed, sentences)


def assert_comes_back_whole(form, typed, sentences):
    name, data, _field, _typed = FORMS[form]
    sent = data(**typed)
    response = Client().post(path_of(name, "en"), sent)
    if not sentences:
        assert response.status_code == 303 and Submission.objects.count() == 1
        Submission.objects.all().delete()
        return
    page = Document(response)
    assert response.status_code == 422 and not Submission.objects.exists()
    for field, sentence in sentences.items():
        [error] = page.all(id=f"id_{field}_error")
        assert page.words(error).replace("\u00a0", " ") == f"Error: {sentence}"
        # A browser would cut off what is pasted, without a word.
        assert "maxlength" not in page.of(page.all(id=f"id_{field}")[0])
    shown = {each: value(page, each) for each in SENTENCES[form] if each in sent}
    assert shown == {each: sent[each] for each in shown}


@pytest.mark.parametrize("form", FORMS)
def test_control_characters_are_left_out(form):
    name, data, field, typed = FORMS[form]
    with_controls = typed.replace(" ", "\x00 \x07").replace("\n", "\r\n")
    path = path_of(name, "en")
    # In a form that comes back as well.
    response = Client().post(path, data(**{field: with_controls, "email": "x\x00"}))
    assert response.status_code == 422 and "\x00" not in response.text and "\x07" not in response.text
    page = Document(response)
    assert (value(page, field), value(page, "email")) == (" ".join(typed.split()), "x")
    sent = data(**{field: with_controls, "email": "zamira\x00@gazeta-shembull.al"})
    response = Client().post(path, sent)
    if field == "name":
        # The sentence of a name with other signs; sent again as it came back, it is taken.
        page = Document(response)
        assert NAME in page.words(page.one("p", id="id_name_error"))
        response = Client().post(path, sent | {field: value(page, field)})
    assert response.status_code == 303
    settle_all()
    models = {"pledge": Pledge, "group": GroupPledge, "join": Joining, "enquiry": Enquiry}
    row = models[form].objects.get()
    assert (getattr(row, field), row.address) == (typed, "zamira@gazeta-shembull.al")


# An address that bounces: the person is not told at once, because the answer is the same for each address.


@pytest.mark.parametrize("form", FORMS)
def test_the_page_after_a_form_is_the_same_for_an_address_that_bounces(form):
    name, data, _field, _typed = FORMS[form]
    path = path_of(name, "sq")
    answers = []
    for address in ("zamira@gazeta-shembull.al", "nuk-ekziston@gazeta-shembull.al"):
        response = Client().post(path, data(email=address))
        settle_all()
        Message.objects.update(state=Message.State.REFUSED, error="SMTPRecipientsRefused 550")
        answers.append((response.status_code, response.url, Client().get(response.url).content))
    assert answers[0] == answers[1] and answers[0][0] == 303


SQ, EN = "/sq/zotimi/", "/en/pledge/"
MY_SQ, MY_EN = "/sq/zotimi-im/", "/en/my-pledge/"
FORM = "application/x-www-form-urlencoded"


def examples(number):
    """A drill with this many examples; under `bin/test -m drill` with twenty times as many."""
    return lambda test: pytest.mark.drill(settings(max_examples=rounds(number, 20 * number))(test))


@dataclass
class Response:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()


def request(method, path, query="", body=b"", content_type=FORM, **environ):
    """The response of the WSGI application. `path` is percent-decoded, its bytes as Latin-1, as servers pass it (PEP 3333)."""
    given = {"QUERY_STRING": query, "CONTENT_TYPE": content_type, "HTTP_HOST": "localhost:8000", **environ}
    # Each request is rolled back, so that it does not influence the next one.
    with transaction.atomic():
        status, headers, body = call(application, method, path, body, **given)
        transaction.set_rollback(True)
    return Response(int(status.split()[0]), headers, body)


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
    *("", " ", "\x00", "Drita\x00Kola", "\ufffe\uffff", "\u202edrita", "🙂" * 40, "e" + "\u0301" * 300, "ſİıK", "٠١٢"),
    *("=cmd|' /C calc'!A0", "<script>alert(1)</script>", "{{ 7*7 }}{% load x %}%(name)s%s", "../../../../etc/passwd"),
    *("' OR 1=1; DROP TABLE pledges_pledge; --", "-1", "9" * 400, "1e309", "NaN", "a" * 70_000, "@" * 500),
    *("a@" + "b." * 3000 + "al", "a@" + "ë" * 2000 + ".al", '"a b"@[127.0.0.1]', "a@localhost", "drita@gmial.com"),
    *("yes", "no", "on", "parents", "AL-11", "abroad", "Drita Kola", "drita@shembull.al", "\r\nBcc: arta@shembull.al"),
]
texts = st.one_of(
    st.sampled_from(HOSTILE_TEXTS).map(str.encode),
    st.text(max_size=60).map(str.encode),
    st.binary(max_size=40),
    st.emails().map(str.encode),
)
MANAGE_FIELDS = (
    "name sector county language show_name updates demands counties follow new_email change_address save".split()
)


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
    **{SQ: form_data, EN: form_data, MY_EN: my_pledge_data, "/sq/zotimi-ne-grup/": group_data},
    **{"/en/organisations/join/": join_data, "/sq/kontakt/te-dhenat/": enquiry_data},
}


@pytest.mark.slow
@examples(120)
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
    want_new_address(pledge)
    return pledge


@pytest.mark.slow
@examples(30)
@given(form=form_changes(MANAGE_FIELDS), language=st.sampled_from(["sq", "en"]))
@example({"changed": {"name": b"Agim Kola"}, "missing": set(), "repeated": [], "unknown": []}, "sq")
def test_an_invalid_correction_is_accepted_or_redisplayed(pledge, form, language):
    path = links.path(Purpose.MANAGE, pledge, language=language)
    valid = {"name": "Drita Lela", "sector": "artists", "county": "", "language": "en"}
    response = request("POST", path, body=as_body(valid, form))
    assert_acceptable(response, language)
    assert response.status in (200, 400, 422)


MULTIPART = "multipart/form-data; boundary=xx"
PART = b'--xx\r\nContent-Disposition: form-data; name="name"%s\r\n\r\nDrita \xc3\xab\r\n'
# Codecs that Python knows, some of which decode no text, and unknown ones.
CHARSETS = "utf-16 hex rot13 idna punycode undefined unicode_escape base64 zlib utf-7 mbcs nothing \x00 '".split(" ")
BODIES = {
    FORM: [
        *(b"", b"=", b"&&&==&", b"%", b"name=%E0%A4%A", b"over_16=" + b"&over_16=".join([b"yes"] * 900)),
        *(b"name=" + b"a" * 200_000, b"email=a@" + b"b." * 60_000, b"email=a@" + b"%C3%AB" * 20_000),
        *(b"&".join(b"a%d=" % number for number in range(2000)), b"name=" + b"a" * 300_000, b"x\xff" * 99),
    ],
    MULTIPART: [
        *(PART % b"" + b"--xx--\r\n", PART % b"", b"--xx", b"--xx\r\n\r\n--xx--", PART % b'; filename="\x00"'),
        *(PART % b'; filename="x.jpg"\r\nContent-Type: image/jpeg', PART % b"; filename*=utf-8''%ff"),
        *(PART % b"\r\nContent-Transfer-Encoding: base64", PART % b"\r\nContent-Type: text/plain; charset=nothing"),
    ],
    **{f"multipart/form-data; boundary={boundary}": [PART % b""] for boundary in ("", "x" * 300, "\xff")},
    **{kind: [b"name=Drita"] for kind in ("multipart/form-data", "multipart/mixed; boundary=xx", "application/json")},
    **{kind: [b"name=Drita"] for kind in ("", "\x00", ";;;=", f"{FORM}; charset")},
    **{f"{FORM}; charset={charset}": [b"name=%C3%AB&x=\xff"] for charset in CHARSETS},
    **{f"{MULTIPART}; charset={charset}": [PART % b"" + b"--xx--\r\n"] for charset in CHARSETS},
}


@pytest.mark.slow
def test_a_malformed_or_oversized_body_is_refused(subtests):
    for content_type, bodies in BODIES.items():
        for body in bodies:
            with subtests.test(content_type, body=body[:40]):
                response = request("POST", SQ, "sector=%C3%AB", body, content_type)
                assert_acceptable(response, "sq")
                assert response.status in (400, 413, 422)


# Addresses of the admin, with a query, or with a token in the place of "…"; /readyz answers 503: no worker runs in the tests.
EXCLUDED = r"^/admin|[?…]|^/readyz"
# {path: language} of the others, and of the personal ones.
ADDRESSES = {row.path: row.language for row in ROWS if row.status == 200 and not re.search(EXCLUDED, row.path)}
TOKENS = {
    path_of(f"{links.NAMESPACES.get(purpose, 'pledges')}:{purpose}", language, "TOKEN"): language
    for purpose in Purpose
    for language in LANGUAGES
}


queries = st.one_of(
    st.lists(st.tuples(st.sampled_from(["sector", "lang", "page", "next", ""]), texts), max_size=3).map(
        lambda pairs: "&".join(f"{key}={quote_from_bytes(value)}" for key, value in pairs)
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=40),
)


@pytest.mark.slow
@examples(60)
@given(st.sampled_from(sorted(ADDRESSES)), queries, st.sampled_from(["GET", "HEAD", "POST"]), texts)
def test_any_query_string_is_answered(path, query, method, body):
    assert_acceptable(request(method, path, query[:4000], body), ADDRESSES[path])


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


@examples(60)
@given(st.data())
def test_12_a_tampered_link_shows_and_changes_nothing(pledge, data):
    purpose = data.draw(st.sampled_from(list(Purpose)))
    token = links.token(purpose, pledge)
    wrong = data.draw(damaged(token))
    address = data.draw(st.sampled_from(sorted(TOKENS)))
    path = address.replace("TOKEN", wrong).encode().decode("latin-1")
    before = list(Pledge.objects.values())
    method = data.draw(st.sampled_from(["GET", "HEAD", "POST"]))
    response = request(method, path)
    assert_acceptable(response, TOKENS[address])
    if wrong != token:
        assert response.status in (200, 301, 302, 303, 404, 405), response.status
        assert "Drita" not in response.text and "drita@" not in response.text
    assert list(Pledge.objects.values()) == before


paths = st.one_of(
    st.tuples(st.sampled_from(["/", "//", "/sq/", "/en/", "/sq", "/EN/", "/admin", ""]), st.binary(max_size=30)).map(
        lambda pair: pair[0] + pair[1].decode("latin-1")
    ),
    st.sampled_from(sorted(ADDRESSES)).flatmap(
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


HEADERS = {
    "HTTP_ORIGIN": ["null", "http://[", "http://[::1", "://", "x" * 5000, "\xff", "http://localhost:8000", ""],
    "HTTP_SEC_FETCH_SITE": ["", "cross-site", "\xff", "none,none"],
    "HTTP_X_FORWARDED_FOR": [",,,", "x" * 5000, "::1%lo", "1.2.3.4:80", "\xff"],
    "REMOTE_ADDR": ["", "unix:", "::ffff:198.51.100.7", "fe80::1%eth0"],
    "HTTP_COOKIE": ["sessionid=\xff", "csrftoken=x; sessionid='", "=;=;=", "x" * 8000],
    "HTTP_ACCEPT_LANGUAGE": ["x" * 5000, "en;q=x", ",;q=,", "\xff", "sq;q=1e999", "*"],
    "HTTP_IF_NONE_MATCH": ['"', 'W/"', "*", "\xff"],
    "HTTP_IF_MODIFIED_SINCE": ["0", "Thu, 99 Foo 99999 99:99:99 GMT", "\xff"],
    "CONTENT_LENGTH": ["", "-1", "x", "99999999999"],
    **{"HTTP_RANGE": ["bytes=9-1"], "HTTP_TRANSFER_ENCODING": ["chunked"], "HTTP_EXPECT": ["x"]},
    **{"HTTP_X_FORWARDED_PROTO": ["x"], "HTTP_X_FORWARDED_HOST": ["evil.example"], "HTTP_ACCEPT_ENCODING": ["\xff"]},
}


def test_any_header_is_answered(subtests):
    visits = itertools.cycle([("GET", "/", b""), ("GET", EN, b""), ("POST", EN, b""), ("POST", MY_EN, b"email=x")])
    for name, value in [(name, value) for name, values in HEADERS.items() for value in values]:
        method, path, body = next(visits)
        with subtests.test(name=name, value=value, method=method, path=path):
            assert_acceptable(request(method, path, body=body, **{name: value}), "en" if path != "/" else None)


def test_an_unknown_host_is_refused_with_a_page(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    for host in ("evil.example", "", "a b", "[", "localhost:x", "localhost\x00", "x" * 300, "\xff"):
        for path in (EN, "/admin/"):
            response = request("GET", path, HTTP_HOST=host)
            assert response.status == 400, host
            assert "evil.example" not in response.text and "s-maxage" not in response.headers.get("Cache-Control", "")
        assert '<html lang="en"' in request("GET", EN, HTTP_HOST=host).text


@pytest.mark.slow
def test_an_unsupported_method_is_refused(subtests):
    methods = itertools.cycle(["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X"])
    # The method is refused before a token is read.
    for path, language in (ADDRESSES | {path.replace("TOKEN", "x" * 30): TOKENS[path] for path in TOKENS}).items():
        # A preflight request of CORS is another matter.
        method = next(each for each in methods if each != "OPTIONS" or not path.startswith("/api/"))
        with subtests.test(path, method=method):
            response = request(method, path)
            assert_acceptable(response, language)
            assert response.status == 405 and response.headers["Allow"]


def test_a_page_without_a_form_refuses_a_post():
    taken = [path for path in ADDRESSES if request("POST", path, body=b"a=b").status < 400]
    assert len(taken) < 40
    assert [path for path in taken if 'method="post"' not in request("GET", path).text] == []


def test_a_sector_without_commitments_can_be_signed():
    Commitment.objects.all().delete()
    assert request("GET", SQ).status == 200
    unchanged = {"changed": {}, "missing": (), "repeated": [], "unknown": []}
    assert request("POST", SQ, body=as_body(form_data(), unchanged)).status == 303
