"""The pages behind a supporter's own links (acceptance stories 12–16)."""

import json
import re
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from pledges import housekeeping
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import BlockedAddress, Message, Pledge, Wording
from pledges.models.querysets import PENDING_LIFE
from pledges.totals import tally
from tests.clock import let_time_pass
from tests.factories import form_data, links_in, make_pledge, run_worker
from tests.pages import Document, corrections, path_of, want_new_address

pytestmark = pytest.mark.django_db

SIGN, MY_PLEDGE, SENT = "/sq/zotimi/", "/sq/zotimi-im/", "/sq/zotimi-im/derguar/"
NAME, ADDRESS = "Drita Kola", "drita@shembull.al"
ONE_DAY = timedelta(days=1)
# After it one may be written to again.
A_MINUTE = timedelta(minutes=1, seconds=1)
# What a token of a personal link looks like.
SIGNED = re.compile(r"[\w.-]{20,}:\w{4,8}:[\w-]{20,}")


def drita(state="confirmed", **values):
    """Drita's pledge, signed long enough ago to be written to again."""
    pledge = make_pledge(NAME, ADDRESS, state=state, **values)
    Pledge.objects.filter(pk=pledge.pk).update(written_at=Now() - timedelta(hours=1))
    pledge.refresh_from_db()
    return pledge


def signed(pledge, ago):
    Pledge.objects.filter(pk=pledge.pk).update(created_at=Now() - ago, expires_at=Now() - ago + PENDING_LIFE)
    return pledge


def ask_for_the_link(client, address=ADDRESS, path=MY_PLEDGE):
    return client.post(path, {"email": address, "website": "", "stamp": form_data()["stamp"]})


def names_nobody(response):
    """Whether a page tells nothing about Drita: no name, no address, and no personal link but the one it was opened by."""
    links_in_page = set(SIGNED.findall(response.text))
    own = set(SIGNED.findall(response.request["PATH_INFO"]))
    return links_in_page <= own and not any(word in response.text for word in ("Drita", "Kola", "drita@"))


@pytest.fixture
def later(monkeypatch):
    """Let so many seconds pass for whatever asks the clock."""
    real = time.time

    def pass_by(seconds):
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return pass_by


# 12. What links open, and for how long


def test_12_the_link_to_confirm_works_to_the_end_of_the_fourteenth_day(client):
    pledge = signed(drita("pending"), 14 * ONE_DAY - timedelta(minutes=5))
    link = links.path(Purpose.CONFIRM, pledge)
    assert Document(client.get(link)).all("form", method="post")
    assert client.post(link).status_code == 200
    assert tally.read().total == 1


@pytest.mark.parametrize("language", ["sq", "en"])
def test_12_after_fourteen_days_the_link_says_so_and_offers_to_sign_again(client, language):
    pledge = signed(drita("pending"), 14 * ONE_DAY)
    link = links.path(Purpose.CONFIRM, pledge, language=language)

    def says_so(response):
        assert response.status_code == 410
        main = Document(response).one("main")
        assert Document(response).all("a", node=main, href=path_of("pledges:sign", language))
        assert "14" in Document(response).words(main)
        assert not Document(response).all("form") and names_nobody(response)

    says_so(client.get(link))
    says_so(client.post(link))
    assert tally.read().total == 0
    housekeeping.erase_unconfirmed()
    assert not Pledge.objects.exists()
    says_so(client.get(link))


def test_12_the_link_to_manage_lives_as_long_as_the_pledge(client, later):
    link = links.path(Purpose.MANAGE, drita())
    later(20 * 365 * 24 * 3600)
    assert client.get(link).status_code == 200


def test_12_a_revoked_link_opens_nothing_and_a_new_one_can_be_asked_for(client, mailoutbox):
    pledge = drita()
    manage = links.path(Purpose.MANAGE, pledge)
    others = [links.path(purpose, pledge) for purpose in (Purpose.WITHDRAW, Purpose.DATA)]
    page = client.post(manage, {"revoke": "1"})
    assert page.status_code == 200 and names_nobody(page)
    for old in [manage, *others]:
        assert client.get(old).status_code == 410
    assert client.post(others[0]).status_code == 410
    assert tally.read().total == 1, "the pledge itself stays"
    ask_for_the_link(client)
    run_worker()
    [new] = links_in(mailoutbox[0], "manage")
    assert NAME in client.get(new).text


@pytest.mark.parametrize("purpose", Purpose)
def test_12_a_tampered_link_is_not_found_and_tells_nothing(client, purpose):
    pledge = drita("pending" if purpose in (Purpose.CONFIRM, Purpose.BLOCK) else "confirmed")
    want_new_address(pledge)
    link = links.path(purpose, pledge)
    assert client.get(link).status_code == 200
    folder, token = link.rstrip("/").rsplit("/", 1)
    number, made, signature = token.split(":")

    def other(letter):
        return "B" if letter == "A" else "A"

    for forged in (
        f"{other(number[0])}{number[1:]}:{made}:{signature}",
        f"{number}:{other(made[0])}{made[1:]}:{signature}",
        f"{number}:{made}:{other(signature[0])}{signature[1:]}",
        f"{number}:{made}",
        "x" * 40,
        f"{number}9:{made}:{signature}",
    ):
        response = client.get(f"{folder}/{forged}/")
        assert response.status_code == 404 and names_nobody(response)
        assert client.post(f"{folder}/{forged}/").status_code == (405 if purpose == Purpose.DATA else 404)
    assert Pledge.objects.get().state == pledge.state


@pytest.mark.parametrize("made_for", Purpose)
def test_12_a_link_for_one_purpose_works_for_no_other(client, made_for):
    pledge = drita("pending")
    want_new_address(pledge)
    tried = 0
    for state in ("pending", "confirmed"):
        if state == "confirmed":
            pledge.confirm()
        token = links.token(made_for, pledge)
        for used_for in set(Purpose) - {made_for}:
            path = path_of(f"pledges:{used_for}", "sq", token)
            assert client.get(path).status_code == 404
            assert client.post(path).status_code == (405 if used_for == Purpose.DATA else 404)
            tried += 1
    assert tried == 2 * (len(Purpose) - 1)
    assert Pledge.objects.get().address == ADDRESS


def test_12_opening_any_link_changes_nothing(client):
    pledge = drita("pending")
    want_new_address(pledge)
    for state in ("pending", "confirmed"):
        if state == "confirmed":
            pledge.confirm()
        before = Pledge.objects.values().get()
        for purpose in Purpose:
            for method in (client.get, client.head):
                method(links.path(purpose, pledge))
        assert Pledge.objects.values().get() == before
    assert not Message.objects.exists() and not BlockedAddress.objects.exists()


# 13. Withdrawing


def test_13_confirming_after_withdrawal_does_nothing(client):
    pledge = drita("pending")
    link = links.path(Purpose.CONFIRM, pledge)
    pledge.withdraw()
    for response in (client.get(link), client.post(link)):
        assert response.status_code == 410 and names_nobody(response)
    assert tally.read().total == 0 and not Pledge.objects.exists()


def every_row():
    """All rows of all tables, as the text PostgreSQL writes for them."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t")
            for (row,) in cursor.fetchall():
                yield f"{table}: {row}"


def traces_of(pledge):
    """What would tell of this pledge in a dump: its id, ciphertexts and digests."""
    columns = ("name_cipher", "address_cipher", "address_digest", "name_digest", "domain_digest")
    return [str(pledge.pk), NAME, ADDRESS, *(bytes(getattr(pledge, column)).hex() for column in columns)]


def test_13_withdrawing_erases_the_person_at_once_and_says_so_in_a_last_message(client, mailoutbox):
    make_pledge("Agim Hoxha", "agim@tjeter.example", state="confirmed")
    pledge = drita(sector="teachers", county_id="AL-10")
    traces = traces_of(pledge)
    ask_for_the_link(client)
    assert Message.objects.queued().count() == 1, "a message is waiting"
    before = tally.read()
    link = links.path(Purpose.WITHDRAW, pledge)
    [form] = Document(client.get(link)).all("form")
    assert not Document(client.get(link)).all("input", node=form), "one button, no password"

    response = client.post(link)
    assert response.status_code == 200 and names_nobody(response)
    after = tally.read()
    assert after.total == before.total - 1 == 1
    assert {sector.slug: n for sector, n in after.sectors}["teachers"] == 0
    assert {county.code: n for county, n in after.counties}["AL-10"] == 0
    assert not Pledge.objects.filter(pk=pledge.pk).exists()
    assert [(m.kind, m.pledge_id) for m in Message.objects.all()] == [(Message.Kind.WITHDRAWN, None)]
    for old in (link, links.path(Purpose.MANAGE, pledge), links.path(Purpose.DATA, pledge)):
        assert client.get(old).status_code == 410
    assert client.post(link).status_code == 410

    run_worker()
    [last] = mailoutbox
    assert last.to == [ADDRESS] and "Drita" not in last.body
    rows = list(every_row())
    assert len(rows) > 50
    assert [row for row in rows if any(trace in row for trace in traces)] == []


# 14. "Send me my data"

# Where each column of a pledge stands in the file.
IN_THE_FILE = {
    "id": "id",
    "sector_id": "sector",
    "county_id": "county",
    "language": "language",
    "source": "source",
    "state": "state",
    "created_at": "signed_at",
    "expires_at": "erased_unless_confirmed_by",
    "confirmed_at": "confirmed_at",
    "invalidated_at": "invalidated_at",
    "name_cipher": "name",
    "address_cipher": "email",
    "new_address_cipher": "new_email_waiting",
    "new_address_at": "new_email_asked_at",
    "address_digest": "keyed_digests",
    "address_digest_last": "keyed_digests",
    "name_digest": "keyed_digests",
    "name_digest_last": "keyed_digests",
    "domain_digest": "keyed_digests",
    "network_digest": "keyed_digests",
    "consent_id": "consent",
    "consent_language": "consent",
    "consented_at": "consent",
    "wording_id": "pledge",
    "worded_language": "pledge",
    "worded_at": "pledge",
    "show_name": "show_name",
    "wall": "name_on_the_wall",
    "wall_at": "name_on_the_wall",
    "updates": "updates",
    "code": "own_link",
    "came_through_id": "came_by_someone_s_link",
    "link_version": "link_version",
    "reminded_at": "reminded_at",
    "repeats": "repeated_messages",
    "written_at": "last_written_at",
}
# Would tell whether somebody else has pledged from the same address; which of our keys were used.
NOT_IN_THE_FILE = {"slot", "digest_mark"}


def test_14_send_me_my_data_gives_all_of_that_pledge_and_nothing_of_another(client):
    pledge = drita(network="192.0.2.1", county_id="AL-09", sector="artists", updates=True)
    partner = make_pledge("Agim Kola", ADDRESS, state="confirmed", sector="youth", county_id="AL-05")
    other = make_pledge("Besa Hoxha", "besa@tjeter.example", sector="officials")
    ask_for_the_link(client)
    run_worker()
    page = Document(client.get(links.path(Purpose.MANAGE, pledge)))
    [link] = [page.of(a)["href"] for a in page.all("a", download=True)]

    response = client.get(link)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Disposition"].startswith("attachment")
    file = json.loads(response.content)
    assert file["id"] == str(pledge.pk)
    assert (file["name"], file["email"], file["county"]) == (NAME, ADDRESS, "AL-09")
    assert (file["sector"]["slug"], file["language"], file["updates"]) == ("artists", "sq", True)
    assert file["consent"]["text"] == pledge.consent.text_sq
    assert file["pledge"]["text"] == pledge.wording.text_sq
    assert file["keyed_digests"]["network"] == bytes(pledge.network_digest).hex()
    assert [(message["kind"], message["state"]) for message in file["messages"]] == [("links", "sent")]

    columns = {field.attname for field in Pledge._meta.concrete_fields}
    assert columns == set(IN_THE_FILE) | NOT_IN_THE_FILE, "a new column belongs into the file"
    assert set(IN_THE_FILE.values()) | {"messages", "commitments", "confirmed_by_own_link"} == set(file)
    for stranger in (partner, other):
        for trace in (stranger.pk, stranger.name.split()[0], bytes(stranger.name_digest).hex(), stranger.sector.slug):
            assert str(trace) not in response.text


def test_14_the_link_to_the_data_ends_after_an_hour(client, later):
    link = links.path(Purpose.DATA, drita())
    later(3590)
    assert client.get(link).status_code == 200
    later(3610)
    response = client.get(link)
    assert response.status_code == 410 and names_nobody(response)


def test_14_nothing_can_be_sent_to_the_data_link(client):
    assert client.post(links.path(Purpose.DATA, drita())).status_code == 405


# 15 and 16. What a shared link shows


@pytest.mark.parametrize("method", ["get", "post"])
def test_15_a_stranger_opening_a_used_link_sees_an_invitation_and_no_details(client, method):
    pledge = drita("pending", sector="artists", county_id="AL-12")
    link = links.path(Purpose.CONFIRM, pledge)
    assert "Drita" not in client.get(link).text, "nor before it was used"
    client.post(link)
    response = getattr(client, method)(link)
    assert response.status_code == 200 and names_nobody(response)
    page = Document(response)
    main = page.words(page.one("main"))
    assert page.all("a", href=path_of("pledges:my_pledge", "sq")), "its owner finds the way in"
    assert pledge.sector.name_sq not in main and "AL-12" not in response.text
    if method == "get":
        assert page.all("a", node=page.one("main"), href=path_of("pledges:sign", "sq"))


def test_15_only_whoever_pressed_the_button_gets_the_way_to_the_pledge(client):
    link = links.path(Purpose.CONFIRM, drita("pending"))
    first, second = client.post(link), client.post(link)
    assert "/zotimi-im/" in first.text
    [manage] = [
        Document.of(a)["href"]
        for a in Document(first).all("a", href=True)
        if Document.of(a)["href"].startswith("/sq/zotimi-im/") and ":" in Document.of(a)["href"]
    ]
    assert NAME in client.get(manage).text
    assert names_nobody(second)


@pytest.mark.parametrize("language", ["sq", "en"])
def test_16_what_is_offered_for_sharing_carries_nothing_of_the_signer(client, language):
    link = links.path(Purpose.CONFIRM, drita("pending", sector="artists"), language=language)
    page = Document(client.post(link))
    shared = [page.words(a) for a in page.all("a", href=path_of("campaign:home", language)) if "://" in page.words(a)]
    assert shared == [f"{settings.SITE_URL}/{language}/"]
    for meta in page.all("meta", content=True):
        assert "Drita" not in page.of(meta)["content"] and "Artist" not in page.of(meta)["content"]
    assert page.all("link", rel="canonical") == [], "a browser's own share button would send it, with the link in it"


# Corrections


def test_corrections_are_kept_and_the_totals_follow(client):
    newest = Wording.objects.current().get(sector__slug="artists").next_version()
    newest.text_sq, newest.text_en = "Fjalë të reja.", "New words."
    newest.save()
    pledge = drita(sector="teachers", county_id="AL-10", show_name=True)
    Pledge.objects.update(worded_at=Now() - ONE_DAY)
    link = links.path(Purpose.MANAGE, pledge)
    response = client.post(
        link,
        corrections(
            pledge, name="Drita  Ëndërr", sector="artists", county="AL-09", language="en", show_name=None, updates="on"
        ),
    )
    assert response.status_code == 200
    assert Document(response).one("p", role="status")
    assert 'value="Drita Ëndërr"' in response.text and "Fjalë të reja." in response.text
    before, pledge = pledge, Pledge.objects.get()
    assert (pledge.name, pledge.sector.slug, pledge.county_id) == ("Drita Ëndërr", "artists", "AL-09")
    assert (pledge.language, pledge.show_name, pledge.updates) == ("en", False, True)
    assert pledge.wording == newest and pledge.worded_at > before.worded_at
    assert (pledge.consent, pledge.consented_at) == (before.consent, before.consented_at)
    read = tally.read()
    assert read.total == 1
    assert {sector.slug for sector, n in read.sectors if n} == {"artists"}
    assert {county.code for county, n in read.counties if n} == {"AL-09"}
    assert tally.differences() == []


def test_a_correction_elsewhere_does_not_change_what_was_signed(client):
    pledge = drita(sector="teachers")
    newest = Wording.objects.current().get(sector__slug="teachers").next_version()
    newest.text_sq = "Fjalë të reja."
    newest.save()
    client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, county=""))
    after = Pledge.objects.get()
    assert (after.wording, after.worded_at) == (pledge.wording, pledge.worded_at)
    assert tally.read().unknown == 1


def test_a_young_persons_name_is_no_longer_shown(client):
    pledge = drita(sector="artists", show_name=True)
    client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, sector="youth", show_name="on"))
    assert Pledge.objects.values_list("sector__slug", "show_name").get() == ("youth", False)


def test_after_the_language_is_changed_messages_come_in_it(client, mailoutbox):
    pledge = drita(language="sq")
    client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, language="en"))
    ask_for_the_link(client)
    run_worker()
    assert mailoutbox[0].subject == "Your link"
    assert links_in(mailoutbox[0], "manage")[0].startswith("/en/my-pledge/")


def test_what_was_signed_stands_in_the_language_it_was_signed_in(client):
    pledge = drita(consent_language="en")
    page = Document(client.get(links.path(Purpose.MANAGE, pledge, language="sq")))
    quotes = page.all("blockquote")
    assert [page.words(quote) for quote in quotes] == [
        " ".join(pledge.wording.text_en.split()),
        " ".join(pledge.consent.text_en.split()),
    ]
    assert {page.of(quote).get("lang") for quote in quotes} == {"en"}


@pytest.mark.parametrize(
    ("field", "typed"),
    [("name", "<b>Drita</b>"), ("sector", "kings"), ("county", "AL-99"), ("language", "fr")],
)
def test_a_correction_that_is_none_is_refused_by_the_field_and_changes_nothing(client, field, typed):
    pledge = drita()
    response = client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, **{field: typed}))
    assert response.status_code == 422
    page = Document(response)
    assert page.title.startswith("Gabim:")
    assert page.all(id=f"id_{field}_error") and page.all("a", href=True, node=page.one("div", role="group"))
    assert Pledge.objects.values("name_digest", "sector", "county", "language").get() == {
        "name_digest": pledge.name_digest,
        "sector": pledge.sector_id,
        "county": pledge.county_id,
        "language": pledge.language,
    }


def test_two_pledges_of_one_address_cannot_take_the_same_name(client):
    pledge = drita(sector="teachers")
    make_pledge("Agim Kola", ADDRESS, state="confirmed")
    response = client.post(
        links.path(Purpose.MANAGE, pledge),
        corrections(pledge, name="KOLA agim", county="AL-12", sector="artists"),
    )
    assert response.status_code == 422
    page = Document(response)
    assert page.all("p", id="id_name_error") and page.all("a", href="#id_name")
    assert 'value="KOLA agim"' in response.text, "what was typed is kept"
    assert page.all("option", value="AL-12", selected=True)
    signed_words = page.words(page.all("blockquote")[0])
    assert signed_words == " ".join(pledge.wording.text_sq.split()), "what was signed is still what was signed"
    assert sorted(p.name for p in Pledge.objects.all()) == ["Agim Kola", NAME]
    assert set(Pledge.objects.values_list("sector__slug", flat=True)) == {"teachers", "parents"}


# Another address


def change_address(client, pledge, address):
    link = links.path(Purpose.MANAGE, pledge)
    return client.post(link, {"change_address": "1", "new_email": address})


def test_a_new_address_replaces_the_old_one_once_its_own_link_is_pressed(client, mailoutbox):
    pledge = drita()
    response = change_address(client, pledge, "e-re@shembull.al")
    assert response.status_code == 200 and Document(response).one("p", role="status")
    run_worker()
    [message] = mailoutbox
    assert message.to == ["e-re@shembull.al"]
    [link] = links_in(message, "new_address")
    client.get(link)
    assert Pledge.objects.get().address == ADDRESS, "until then the old one stays"
    assert client.post(link).status_code == 200
    assert Pledge.objects.get().address == "e-re@shembull.al"
    assert client.get(link).status_code == client.post(link).status_code == 410
    mailoutbox.clear()
    let_time_pass(A_MINUTE)
    ask_for_the_link(client, ADDRESS)
    ask_for_the_link(client, "e-re@shembull.al")
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["e-re@shembull.al"]]


def test_the_link_to_an_address_asked_for_before_no_longer_works(client, mailoutbox):
    pledge = drita()
    for address in ("e-pare@shembull.al", "e-dyte@shembull.al"):
        let_time_pass(A_MINUTE)
        change_address(client, pledge, address)
        run_worker()
    first, second = (links_in(message, "new_address")[0] for message in mailoutbox)
    assert client.post(first).status_code == 410
    assert client.post(second).status_code == 200
    assert Pledge.objects.get().address == "e-dyte@shembull.al"


@pytest.mark.parametrize("holders", [("Agim Kola", "Besa Kola"), ("KOLA Drità",)])
def test_an_address_that_can_hold_no_more_is_refused_kindly(client, mailoutbox, holders):
    pledge = drita()
    for name in holders:
        make_pledge(name, "plot@shembull.al", state="confirmed")
    change_address(client, pledge, "plot@shembull.al")
    run_worker()
    response = client.post(links_in(mailoutbox[0], "new_address")[0])
    assert response.status_code == 409
    assert not Document(response).all("form")
    assert Pledge.objects.get(pk=pledge.pk).address == ADDRESS
    assert tally.read().total == 1 + len(holders)


@pytest.mark.parametrize("typed", ["", "drita@", "a b@shembull.al"])
def test_a_new_address_that_is_none_is_refused_by_the_field(client, typed):
    response = change_address(client, drita(), typed)
    assert response.status_code == 422
    assert Document(response).all("p", id="id_new_email_error")
    assert not typed or Document(response).one("input", id="id_new_email", value=typed)
    assert not Message.objects.exists()


def test_a_change_of_address_does_not_write_more_often_than_anything_else(client):
    pledge = drita()
    assert change_address(client, pledge, "e-re@shembull.al").status_code == 200
    again = change_address(client, pledge, "tjeter@shembull.al")
    assert again.status_code == 422 and 'value="tjeter@shembull.al"' in again.text
    assert Message.objects.count() == 1


def test_an_address_that_asked_never_to_be_written_to_is_left_alone(client, mailoutbox):
    make_pledge("Agim Hoxha", "bllokuar@shembull.al").block()
    response = change_address(client, drita(), "bllokuar@shembull.al")
    assert response.status_code == 200 and Document(response).one("p", role="status"), "the answer is the same"
    run_worker()
    assert mailoutbox == []


# "My pledge"


def test_my_pledge_answers_the_same_for_every_address(client):
    make_pledge("Agim Hoxha", "konfirmuar@shembull.al", state="confirmed")
    make_pledge("Besa Hoxha", "pritje@shembull.al")
    make_pledge("Dora Hoxha", "bllokuar@shembull.al").block()
    let_time_pass(A_MINUTE)
    answers = {
        (response.status_code, response.url, response.content, tuple(sorted(response.headers.items())))
        for who in ("konfirmuar", "pritje", "bllokuar", "panjohur")
        for response in [ask_for_the_link(client, f"{who}@shembull.al")]
    }
    [(status, url, body, _headers)] = answers
    assert (status, url, body) == (303, SENT, b"")
    assert sorted(Message.objects.values_list("kind", flat=True)) == ["confirm", "links"]
    assert "@" not in Document(client.get(SENT)).words()


def test_my_pledge_sends_the_links_of_both_pledges_of_the_address(client, mailoutbox):
    drita()
    make_pledge("Agim Kola", ADDRESS, state="confirmed")
    make_pledge("Besa Hoxha", "besa@shembull.al", state="confirmed")
    ask_for_the_link(client, "DRITA@shembull.al")
    run_worker()
    [message] = mailoutbox
    assert message.to == [ADDRESS]
    opened = [Document(client.get(link)) for link in links_in(message, "manage")]
    assert [page.of(page.one("input", id="id_name"))["value"] for page in opened] == [NAME, "Agim Kola"]


def test_my_pledge_sends_whoever_has_not_confirmed_the_button_again(client, mailoutbox):
    drita("pending")
    ask_for_the_link(client)
    run_worker()
    [link] = links_in(mailoutbox[0], "confirm")
    client.post(link)
    assert tally.read().total == 1


def test_my_pledge_writes_once_a_minute_and_five_times_a_day_at_most(client, mailoutbox):
    drita()
    for _ in range(3):
        assert ask_for_the_link(client).url == SENT
    run_worker()
    assert len(mailoutbox) == 1
    for _ in range(8):
        let_time_pass(A_MINUTE)
        assert ask_for_the_link(client).url == SENT
    run_worker()
    assert len(mailoutbox) == 5
    Pledge.objects.update(written_at=Now() - ONE_DAY)
    ask_for_the_link(client)
    run_worker()
    assert len(mailoutbox) == 6


@pytest.mark.parametrize("states", [("confirmed", "pending"), ("pending", "confirmed"), ("pending", "pending")])
def test_my_pledge_writes_one_message_to_an_address_whatever_it_holds(client, mailoutbox, states):
    drita(states[0])
    make_pledge("Agim Kola", ADDRESS, state=states[1])
    let_time_pass(A_MINUTE)
    ask_for_the_link(client)
    run_worker()
    [message] = mailoutbox
    found = {purpose: len(links_in(message, purpose)) for purpose in ("manage", "confirm")}
    assert found == {"manage": states.count("confirmed"), "confirm": states.count("pending")}


def test_my_pledge_says_what_is_wrong_with_an_address_and_keeps_it(client):
    response = ask_for_the_link(client, "drita@")
    assert response.status_code == 422
    page = Document(response)
    assert page.all("p", id="id_email_error") and page.one("input", id="id_email", value="drita@")


def test_another_sites_page_cannot_ask_for_a_link_or_press_a_button(client):
    pledge = drita()
    want_new_address(pledge)
    for path in (MY_PLEDGE, *(links.path(purpose, pledge) for purpose in Purpose)):
        response = client.post(path, {"email": ADDRESS}, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code == 403 and names_nobody(response)
    assert Pledge.objects.count() == 1 and not Message.objects.exists()


# "It was not me"


def test_it_was_not_me_erases_the_pledge_and_no_message_ever_comes_again(client, mailoutbox):
    client.post(SIGN, form_data(email=ADDRESS))
    run_worker()
    [link] = links_in(mailoutbox[0], "block")
    [confirm] = links_in(mailoutbox[0], "confirm")
    assert Document(client.get(link)).all("button") and Pledge.objects.exists()
    response = client.post(link)
    assert response.status_code == 200 and names_nobody(response)
    assert not Pledge.objects.exists() and not Message.objects.exists()
    mailoutbox.clear()
    for again in (
        client.post(SIGN, form_data(email=ADDRESS)),
        client.post(SIGN, form_data(email="Drita@Shembull.al", name="Agim Kola")),
        ask_for_the_link(client),
    ):
        assert again.status_code == 303
    run_worker()
    assert mailoutbox == [] and not Pledge.objects.exists()
    for path in (link, confirm):
        assert client.get(path).status_code == client.post(path).status_code == 410


def test_a_confirmed_pledge_cannot_be_erased_by_an_old_block_link(client):
    pledge = drita("pending")
    link = links.path(Purpose.BLOCK, pledge)
    pledge.confirm()
    response = client.post(link)
    assert response.status_code == 410 and names_nobody(response)
    assert tally.read().total == 1 and not BlockedAddress.objects.exists()


def test_whoever_staff_took_out_of_the_count_can_still_see_and_withdraw(client, mailoutbox):
    pledge = drita("invalidated")
    let_time_pass(A_MINUTE)
    ask_for_the_link(client)
    run_worker()
    [path] = links_in(mailoutbox[0], "manage")
    page = client.get(path)
    assert page.status_code == 200 and "Ekipi e ka hequr" in page.text
    client.post(links.path(Purpose.WITHDRAW, pledge))
    assert not Pledge.objects.exists()


def test_a_pledge_that_staff_took_out_cannot_be_confirmed(client):
    pledge = drita("invalidated")
    for purpose in (Purpose.CONFIRM, Purpose.BLOCK):
        for response in (client.get(links.path(purpose, pledge)), client.post(links.path(purpose, pledge))):
            assert response.status_code == 410 and names_nobody(response)
    assert tally.read().total == 0
