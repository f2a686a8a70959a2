"""A stolen database opens nothing and links no two people: every string of a dump is tried as cookie, link and code."""

import base64
import binascii
import re
import zlib
from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db import connection
from django.test import Client
from django.urls import reverse

from campaign.pages.models import draft_of_preview, preview_path
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge, Submission
from staff.models import Account, Draft, Invitation
from tests.clock import let_time_pass
from tests.dump import dump
from tests.factories import app_code, form_data, give_app, links_in, make_inviter, run_worker
from tests.mailings import release, send_all

pytestmark = pytest.mark.django_db(transaction=True)

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


# What a thief can try. Each function finds what the site finds for this string, and returns whether that opens anything.


def opens_session(text):
    # Keys have this shape: Django makes them itself and stores nothing under a key that a visitor sent.
    return re.fullmatch("[a-z0-9]{8,}", text) and bool(SessionStore(text).keys())


def opens_personal_page(purpose):
    def opens(text):
        try:
            return Pledge.objects.find_by_link(purpose, links.read(purpose, text)) is not None
        except signing.BadSignature:
            return False

    return opens


def ends_news(text):
    link = links.read_news(text)
    found = Pledge.objects.filter(pk__gte=link.first, pk__lte=link.last) if link else ()
    return any(link.is_of(each) for each in found)


def opens_preview(text):
    try:
        return draft_of_preview(text) is not None
    except signing.BadSignature:
        return False


def opens_invitation(text):
    return Invitation.objects.from_token(text) is not None


WAYS_IN = {
    "session cookie": opens_session,
    **{f"link: {purpose}": opens_personal_page(purpose) for purpose in Purpose},
    "news link": ends_news,
    "preview link": opens_preview,
    "invitation link": opens_invitation,
}


# The strings of a dump


def strings(dumped):
    """Every column of every row of a dump, every part of one between separators, and what these are in hex, base64 and zlib."""
    found = set()
    for line in dumped.splitlines():
        for column in line.split(b"\t"):
            _collect(column, found)
    return found


def _collect(data, found):
    text = data.decode(errors="replace")
    parts = {text, *re.split(r"[\s\"'{}\[\](),;=&?#<>|\\/]+", text)} - found
    found |= parts
    for part in parts:
        for inner in _decoded(part.removeprefix("\\\\x").removeprefix("\\x")):
            _collect(inner, found)


def _decoded(text):
    if len(text) < 8:
        return
    if re.fullmatch(r"(?:[0-9a-f]{2})+", text):
        yield bytes.fromhex(text)
    # Django compresses what it signs and marks that by a dot; a signature follows after a colon.
    body = text.removeprefix(".").partition(":")[0]
    if re.fullmatch(r"[A-Za-z0-9+/_-]{8,}=*", body):
        try:
            data = base64.urlsafe_b64decode(body.translate({43: "-", 47: "_"}).rstrip("=") + "=" * (-len(body) % 4))
            if text.startswith("."):
                data = zlib.decompress(data)
        except (binascii.Error, zlib.error):
            return
        # Random bytes are no text; what they hide would need a key.
        if data.isascii():
            yield data


# A busy site


def sign_in_with_forms():
    give_app(User.objects.create_superuser("admin", "admin@example.org", "a long word for a test"))
    client = Client()
    client.post(reverse("account_login"), {"login": "admin@example.org", "password": "a long word for a test"})
    assert client.post(reverse("mfa_authenticate"), {"code": app_code()}).status_code == 302
    assert client.get("/admin/").status_code == 200
    return client


def staff_at_work():
    """Sessions, an invitation and previews; returns the values that open them, by way in."""
    desk = sign_in_with_forms()
    weak = Client()
    weak.get("/admin/account/login/passkey/", headers={"accept": "application/json"})
    preview = desk.post("/admin/campaign/article/add/", {"title_sq": "Sapo nisa", "_preview": "1"}).url
    preview = desk.get(preview).context["links"][0][0]
    draft = Draft.objects.get()
    Account.objects.invite("zana@shembull.al", name="Zana", role="editor", language="sq")
    return {
        "session cookie": [desk.cookies[settings.SESSION_COOKIE_NAME].value],
        "preview link": [path.split("/")[-2] for path in (preview, preview_path(draft, "sq"))],
        "invitation link": [Invitation.objects.get().url().split("/")[-2]],
    }


def sign(number, **fields):
    fields = {"name": "Drita Kola", "email": f"prind{number}@shembull.al", **fields}
    response = Client().post("/sq/zotimi/", form_data(**fields), REMOTE_ADDR=f"198.51.100.{number}")
    assert response.status_code == 303


def supporters_come(mailoutbox):
    """Two inviters; 8 people by their links and 4 without, half of them confirmed; one of each kind not settled yet.

    Returns (the inviters' links, ids of those who came by a link, ids of the others).
    """
    inviters = [make_inviter(sector=sector)[1] for sector in ("parents", "artists")]
    ids = {"invited": [], "others": []}
    for number in range(14):
        group = "invited" if number < 8 or number == 12 else "others"
        if number == 12:
            run_worker()
            for mail in [mail for mail in mailoutbox if re.match(r"prind\d?[02468]@", mail.to[0])]:
                [path] = links_in(mail, "confirm")
                assert Client().post(path).status_code == 200
        sign(number, through=inviters[number % 4 // 2].code if group == "invited" else "")
        ids[group].append(str(Submission.objects.latest("number").pk))
    assert Pledge.objects.filter(pk__in=ids["invited"], state="confirmed").count() == 4
    return inviters, ids["invited"], ids["others"]


def open_links(pledges):
    """Tokens of every kind of link to these pledges, by way in."""
    return {f"link: {purpose}": [links.token(purpose, pledge) for pledge in pledges] for purpose in Purpose}


def news_sent(pledge):
    """The token of a message of a mailing to this supporter, who follows a county."""
    path = links.path(Purpose.MANAGE, pledge)
    Client().post(path, {"follow": "1", "updates": "on", "counties": ["AL-01"]})
    mailing = release()
    send_all()
    assert mailing.messages.filter(pledge=pledge, state="sent").exists()
    return links.news_token(pledge, mailing.pk)


def move(pledge):
    """Ask for a change of address, so that the links to the new address work."""
    let_time_pass(timedelta(minutes=2))
    path = links.path(Purpose.MANAGE, pledge)
    assert Client().post(path, {"new_email": "e.re@shembull.al", "change_address": "1"}).status_code == 200
    run_worker()
    return Pledge.objects.exclude(new_address_cipher=None).get()


@pytest.mark.slow
def test_no_string_of_a_dump_is_a_cookie_link_or_code_that_opens_anything(mailoutbox):
    inviters, _invited, _others = supporters_come(mailoutbox)
    held = staff_at_work() | open_links([move(inviters[0].pledge)])
    held["news link"] = [news_sent(inviters[0].pledge)]
    assert held.keys() == WAYS_IN.keys()
    for way, opens in WAYS_IN.items():
        assert all(opens(text) for text in held[way]), f"who holds the {way} gets in"

    stolen = strings(dump())
    assert len(stolen) > 2000 and str(inviters[0].pk) in stolen
    assert [(way, text) for way, opens in WAYS_IN.items() for text in stolen if opens(text)] == []

    with connection.cursor() as cursor:
        for number, (way, [text, *_]) in enumerate(held.items()):
            encoded = [text, text.encode().hex(), base64.b64encode(text.encode()).decode()][number % 3]
            cursor.execute("INSERT INTO django_session VALUES (%s, %s, now())", [way, encoded])
    again = strings(dump())
    assert all(any(opens(text) for text in again) for opens in WAYS_IN.values()), "values in the dump are found"


def test_a_dump_links_no_supporter_with_the_one_who_invited_them(mailoutbox):
    inviters, invited, others = supporters_come(mailoutbox)
    rows = [line.split("\t") for line in dump().decode().splitlines()]

    def values_of(row_id):
        """What the dump has in rows with this id, but for short values, which many rows share."""
        return {value for row in rows if row_id in row for value in row if len(value) > 7}

    shared_by_all = set().union(*map(values_of, others))
    for link in inviters:
        own = values_of(str(link.pk)) | {link.code, rf"\\x{link.code.encode().hex()}"}
        for row_id in invited:
            found = values_of(row_id)
            assert row_id in found
            assert found & own <= shared_by_all
