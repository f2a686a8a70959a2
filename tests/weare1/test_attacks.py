"""Attacks from outside, each on a fresh client: what a stranger sends, and what it must not change, show or cost.

Attacks that need many at once, several processes or the rights of staff are beside what they attack: docs/security.md.
"""

import gc
import time

import pytest
from django.conf import settings
from django.test import Client

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Enquiry, GroupPledge, Joining, Pledge, Submission
from tests.challenges import reach_limit
from tests.enquiries import enquiry_data
from tests.factories import form_data, make_pledge, settle_all
from tests.organisations import join_data
from tests.pages import corrections
from tests.pledges.groups.made import group_data

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
SIGN, GROUP, JOIN, PRESS = "/en/pledge/", "/en/group-pledge/", "/en/organisations/join/", "/en/contact/press/"
# {path: the data of the form, field for one's name, field for free words}
FORMS = {
    SIGN: (form_data, "name", "name"),
    GROUP: (group_data, "name", "institution"),
    JOIN: (join_data, "name", "statement_en"),
    PRESS: (enquiry_data, "name", "text"),
}
# 240 kB of one letter with marks, which an older Python normalised for 26 seconds.
MARKS = "a" + "\u0301\u0316" * 60_000


@pytest.fixture
def client():
    return Client()


def rows():
    """How much of what strangers send is stored."""
    return [model.objects.count() for model in (Submission, Pledge, GroupPledge, Joining, Enquiry)]


@pytest.mark.parametrize("path", FORMS)
def test_script_in_a_form_is_shown_as_text(client, path):
    data, name, words = FORMS[path]
    for field in {name, words, "email"}:
        page = client.post(path, data(**{field: SCRIPT, "stamp": ""})).text
        assert "<script>alert" not in page and "onerror=alert(1)>" not in page.replace("&gt;", "")


@pytest.mark.cases("path", FORMS)
def test_a_form_of_another_site_is_refused(client, path):
    assert client.post(path, FORMS[path][0](), headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert sum(rows()) == 0


@pytest.mark.cases("header", ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip"])
def test_a_forged_address_passes_no_limit(client, header):
    reach_limit()
    assert client.post(SIGN, form_data(), headers={header: "198.51.100.1"}).status_code == 429
    assert sum(rows()) == 0


def test_a_form_behind_a_link_changes_only_its_own_fields(client):
    pledge = make_pledge(state="confirmed")
    kept = "id state wall wall_at show_name link_version source confirmed_at consent_id address_digest restricted_at slot".split()
    before = Pledge.objects.values(*kept).get()
    more = dict.fromkeys(kept, "1") | {"state": "invalidated", "wall": "shown", "source": "paper", "show_name": ""}
    client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge) | more)
    assert Pledge.objects.values(*kept).get() == before


@pytest.mark.cases(
    "path",
    [
        "//evil.example/",
        "/en//evil.example/",
        "/\\evil.example",
        "/%2F%2Fevil.example",
        "/en/%0d%0aLocation:%20x/",
        "/..%2f..%2f",
    ],
)
@pytest.mark.cases("query", ["", "?next=//evil.example", "?next=https://evil.example"])
def test_no_address_leads_to_another_site(client, path, query):
    location = client.get(path + query).headers.get("Location", "")
    assert "evil" not in location or location.startswith("/") and not location.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-host": "evil.example"},
        {"x-forwarded-proto": "http", "x-forwarded-port": "666"},
        {"x-original-url": "/admin/", "x-rewrite-url": "/admin/"},
        {"x-http-method-override": "DELETE"},
        {"accept-language": "<script>alert(1)</script>"},
        {"cookie": "django_language=<script>; sessionid=x"},
    ],
)
def test_no_header_changes_a_public_page(client, headers):
    for path in ("/en/", "/en/totals/", "/en/help/"):
        clean, response = Client().get(path), client.get(f"{path}?utm=evil", headers=headers)
        assert (response.status_code, response.text) == (200, clean.text)
        assert response.headers.get("Vary", "") == clean.headers.get("Vary", "") and not response.cookies


@pytest.fixture
def no_collection():
    """No collection of the garbage of earlier tests, which takes a second, falls into a measurement."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.quick
@pytest.mark.cases("path", FORMS)
@pytest.mark.cases("long", [MARKS, "x" * 200_000, "<" * 200_000, "1" * 200_000, "ﷺ" * 60_000])
def test_a_long_field_costs_no_second(client, no_collection, path, long):
    data, name, words = FORMS[path]
    if len(long.encode()) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 8192:
        return  # refused by its length
    for field in {name, words, "email", "stamp"}:
        started = time.process_time()
        response = client.post(path, data(**{field: long}), content_type="application/x-www-form-urlencoded")
        assert response.status_code in (400, 413, 422) and time.process_time() - started < 1, field


NOT_SERVED = """
/metrics /.git/config /keys.json /.env /manage.py /media/../keys.json /media/%2e%2e/keys.json /static/../manage.py
/media/pictures/../../manage.py /mail-reports/postmark/ /mail-replies/postmark/
""".split()


@pytest.mark.cases("path", NOT_SERVED)
def test_nothing_of_the_machine_is_served(client, path):
    assert client.get(path).status_code in (404, 405)
    assert client.post(path).status_code in (403, 404, 405)


def test_the_answers_to_known_unknown_and_blocked_addresses_are_equal(client):
    make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    make_pledge("Agim Kola", "bllokuar@shembull.al").block()
    stamp = form_data()["stamp"]
    answers = set()
    for address in ("drita@shembull.al", "bllokuar@shembull.al", "askush@shembull.al"):
        for path, data in (("/en/my-pledge/", {"email": address, "stamp": stamp}), (SIGN, form_data(email=address))):
            response = client.post(path, data)
            answers.add((path, response.status_code, response.url, response.content))
    assert len(answers) == 2
    settle_all()
