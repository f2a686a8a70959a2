"""The page "My pledge", which sends the links of an address: the same response for every address, and rate limits."""

import itertools

import pytest
from django.db.models.functions import Now

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import GroupPledge, Joining, Message, Pledge, Wording
from tests import tally
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, run_worker
from tests.organisations import make_joining
from tests.pages import Document, corrections
from tests.pledges.groups.made import make_group
from tests.pledges.signing.personal import (
    ADDRESS,
    INBOX,
    NAME,
    ONE_DAY,
    RESEND_INTERVAL,
    SENT,
    make_drita,
    request_link,
    sign,
)

pytestmark = pytest.mark.django_db


def test_my_pledge_answers_the_same_for_every_address(client):
    make_pledge("Agim Hoxha", "konfirmuar@shembull.al", state="confirmed")
    make_pledge("Besa Hoxha", "pritje@shembull.al")
    make_pledge("Dora Hoxha", "bllokuar@shembull.al").block()
    make_group(address="grup@shembull.al")
    make_joining("approved", address="organizate@shembull.al")
    let_time_pass(RESEND_INTERVAL)
    responses = {
        (response.status_code, response.url, response.content, tuple(sorted(response.headers.items())))
        for local in ("konfirmuar", "pritje", "bllokuar", "panjohur", "grup", "organizate")
        for response in [request_link(client, f"{local}@shembull.al")]
    }
    [(status, url, body, _headers)] = responses
    assert (status, url, body) == (303, SENT, b"")
    assert sorted(Message.objects.values_list("kind", flat=True)) == ["confirm", "group_links", "join_links", "links"]
    assert "@" not in Document(client.get(SENT)).words()


@pytest.mark.parametrize(
    ("ask", "make"),
    [(sign, None), (request_link, make_drita), (request_link, make_group), (request_link, make_joining)],
)
def test_05_who_asks_again_gets_a_message_at_most_once_a_minute_and_five_times_a_day(client, mailoutbox, ask, make):
    if make:
        make(**{} if make == make_drita else {"state": "approved", "address": ADDRESS})
    for _ in range(3):
        assert ask(client).url in (INBOX, SENT)
    run_worker()
    assert len(mailoutbox) == 1
    for number in range(8):
        let_time_pass(RESEND_INTERVAL)
        assert ask(client, network=f"192.0.2.{number}").url in (INBOX, SENT)
        run_worker()
    assert len(mailoutbox) == 5
    let_time_pass(ONE_DAY)
    run_worker()
    assert len(mailoutbox) == 6, "those above the limit were joined to one, which was sent the next day"
    assert Pledge.objects.count() == (ask == sign or make == make_drita)


@pytest.mark.cases("states", itertools.product(["confirmed", "pending"], repeat=2))
def test_my_pledge_sends_one_message_with_the_links_of_both_pledges_of_the_address(client, mailoutbox, states):
    mailoutbox.clear()
    make_drita(states[0])
    make_pledge("Agim Kola", ADDRESS, state=states[1])
    make_pledge("Besa Hoxha", "besa@shembull.al", state="confirmed")
    let_time_pass(RESEND_INTERVAL)
    request_link(client, "DRITA@shembull.al")
    run_worker()
    [message] = mailoutbox
    assert message.to == [ADDRESS] and len(links_in(message, "confirm")) == states.count("pending")
    opened = [Document(client.get(link)) for link in links_in(message, "manage")]
    names = [name for name, state in zip((NAME, "Agim Kola"), states, strict=True) if state == "confirmed"]
    assert [page.of(page.one("input", id="id_name"))["value"] for page in opened] == names


@pytest.mark.parametrize(
    ("make", "typed", "manage", "confirm", "asking"),
    [
        # One message asks to confirm all groups of an adult.
        (make_group, "institution", Purpose.GROUP_MANAGE, Purpose.GROUP_CONFIRM, 1),
        (make_joining, "organisation", Purpose.ORGANISATION, Purpose.JOINING_CONFIRM, 2),
    ],
)
def test_my_pledge_sends_the_links_of_all_groups_or_organisations(
    client, mailoutbox, make, typed, manage, confirm, asking
):
    pledge = make_drita()
    rows = [make(state, address=ADDRESS) for state in ("confirmed", "approved", "refused")]
    waiting = [make("submitted", address=ADDRESS, **{typed: "Fyerje"}) for _ in range(2)]
    expired = make("submitted", address=ADDRESS)
    type(expired).objects.filter(pk=expired.pk).update(expires_at=Now())
    make("approved", address="tjeter@shembull.al")
    request_link(client, "DRITA@shembull.al")
    run_worker()
    assert {message.to[0] for message in mailoutbox} == {ADDRESS}
    sent = {
        purpose: sorted(
            links.read(purpose, path.split("/")[-2]).row_id
            for message in mailoutbox
            for path in links_in(message, purpose)
        )
        for purpose in (Purpose.MANAGE, manage, confirm)
    }
    assert sent[Purpose.MANAGE] == [pledge.pk]
    assert sent[manage] == sorted(row.pk for row in rows)
    assert len(sent[confirm]) == asking and set(sent[confirm]) <= {row.pk for row in waiting}
    assert len(mailoutbox) == 2 + asking
    assert not any("Fyerje" in message.body for message in mailoutbox), "a stranger may have typed it"


@pytest.mark.parametrize(
    ("make", "purpose", "end", "name"),
    [
        (make_group, Purpose.GROUP_MANAGE, GroupPledge.withdraw, "institution"),
        (make_joining, Purpose.ORGANISATION, Joining.end, "organisation"),
    ],
)
def test_the_links_of_the_others_are_sent_although_the_newest_ends_first(client, mailoutbox, make, purpose, end, name):
    older, newest = make("approved", address=ADDRESS), make("confirmed", address=ADDRESS)
    request_link(client)
    end(newest)
    run_worker()
    [message] = [message for message in mailoutbox if links_in(message, purpose)]
    [path] = links_in(message, purpose)
    assert getattr(older, name) in client.get(path).text


# Corrections by the supporter: what they change, and what was signed stays


def test_corrections_are_saved_and_the_totals_follow(client):
    newest = Wording.objects.current().get(sector__slug="artists").next_version()
    newest.text_sq, newest.text_en = "Fjalë të reja.", "New words."
    newest.save()
    pledge = make_drita(sector="teachers", county_id="AL-10", show_name=True)
    Pledge.objects.update(worded_at=Now() - ONE_DAY)
    link = links.path(Purpose.MANAGE, pledge)
    response = client.post(
        link,
        corrections(pledge, name="Drita  Ëndërr", sector="artists", county="AL-09", language="en", show_name=None),
    )
    assert response.status_code == 200
    assert Document(response).one("p", role="status")
    assert 'value="Drita Ëndërr"' in response.text and "Fjalë të reja." in response.text
    before, pledge = pledge, Pledge.objects.get()
    assert (pledge.name, pledge.sector.slug, pledge.county_id) == ("Drita Ëndërr", "artists", "AL-09")
    assert (pledge.language, pledge.show_name) == ("en", False)
    assert pledge.wording == newest and pledge.worded_at > before.worded_at
    assert (pledge.consent, pledge.consented_at) == (before.consent, before.consented_at)
    read = tally.read()
    assert read.total == 1
    assert {sector.slug for sector, n in read.sectors if n} == {"artists"}
    assert tally.counties() == {"AL-09": 1}


def test_a_correction_within_the_sector_keeps_the_signed_wording(client):
    pledge = make_drita(sector="teachers")
    newest = Wording.objects.current().get(sector__slug="teachers").next_version()
    newest.text_sq = "Fjalë të reja."
    newest.save()
    client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, county=""))
    after = Pledge.objects.get()
    assert (after.wording, after.worded_at) == (pledge.wording, pledge.worded_at)
    assert tally.counties() == {"": 1}


def test_moving_to_the_youth_sector_hides_the_name(client):
    pledge = make_drita(sector="artists", show_name=True)
    client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, sector="youth", show_name="on"))
    assert Pledge.objects.values_list("sector__slug", "show_name").get() == ("youth", False)


def test_the_signed_text_is_shown_in_the_language_it_was_signed_in(client):
    pledge = make_drita(consent_language="en")
    page = Document(client.get(links.path(Purpose.MANAGE, pledge, language="sq")))
    quotes = page.all("blockquote")
    assert [page.words(quote).replace("\xa0", " ") for quote in quotes] == [
        " ".join(pledge.wording.text_en.split()),
        " ".join(pledge.consent.text_en.split()),
    ]
    assert {page.of(quote).get("lang") for quote in quotes} == {"en"}


@pytest.mark.cases(
    ("field", "value"),
    [("name", "<b>Drita</b>"), ("sector", "kings"), ("county", "AL-99"), ("language", "fr")],
)
def test_an_invalid_correction_is_an_error_of_its_field_and_changes_nothing(client, field, value):
    pledge = make_drita()
    response = client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, **{field: value}))
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


def test_two_pledges_of_one_address_cannot_have_the_same_name(client):
    pledge = make_drita(sector="teachers")
    make_pledge("Agim Kola", ADDRESS, state="confirmed")
    response = client.post(
        links.path(Purpose.MANAGE, pledge),
        corrections(pledge, name="KOLA agim", county="AL-12", sector="artists"),
    )
    assert response.status_code == 422
    page = Document(response)
    assert page.all("p", id="id_name_error") and page.all("a", href="#id_name")
    assert 'value="KOLA agim"' in response.text, "the input is kept"
    assert page.all("option", value="AL-12", selected=True)
    signed_words = page.words(page.all("blockquote")[0])
    assert signed_words == " ".join(pledge.wording.text_sq.split()), "the signed wording is still shown"
    assert sorted(p.name for p in Pledge.objects.all()) == ["Agim Kola", NAME]
    assert set(Pledge.objects.values_list("sector__slug", flat=True)) == {"teachers", "parents"}
