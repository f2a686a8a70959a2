"""Links older than a day, links after a change of address, and what stays in the browser."""

import pytest
from django.db.models.functions import Now

from pledges.crypto import links
from pledges.crypto.links import AGELESS_PURPOSES, Purpose
from pledges.models import Message, Pledge
from tests import tally
from tests.commitments import ask_now, choose, commitment_of
from tests.enquiries import make_enquiry
from tests.factories import links_in, make_pledge, run_worker
from tests.organisations import make_joining
from tests.pages import Document, corrections, path_of, want_new_address
from tests.pledges.groups.made import make_group
from tests.pledges.signing.personal import ADDRESS, NAME, make_drita, opens_nothing, shows_no_personal_data
from tests.voices import make_voice

pytestmark = pytest.mark.django_db

DAY = 24 * 3600
AGEING = [purpose for purpose in Purpose if purpose not in AGELESS_PURPOSES]


def buttons(response):
    """The names of the buttons of a page."""
    page = Document(response)
    return {page.of(button)["name"] for button in page.all("button", node=page.one("main"), name=True)}


@pytest.mark.parametrize("purpose", AGEING)
def test_a_link_older_than_a_day_shows_no_name_or_data(client, advance_clock, purpose):
    link = links.path(purpose, make_drita(), language="sq")
    advance_clock((3600 if purpose == Purpose.DATA else DAY) - 60)
    assert "fresh" not in client.get(link).text
    advance_clock(DAY + 60)
    for response in (client.get(link), client.post(link), client.post(link, {"save": "1"})):
        assert response.status_code == 200 and shows_no_personal_data(response)
        assert response.headers["Cache-Control"] == "private, no-store"
        assert buttons(response) == {"fresh", "end_news", "withdraw"}
    assert Pledge.objects.get().name == NAME and not Message.objects.exists()


def test_an_aged_link_of_a_day_ago_stores_nothing_when_it_is_opened(client, advance_clock):
    link = links.path(Purpose.MANAGE, make_drita())
    before = Pledge.objects.values().get()
    advance_clock(DAY + 60)
    client.get(link)
    client.head(link)
    assert Pledge.objects.values().get() == before


def test_an_aged_link_cannot_correct_or_move_the_pledge(client, advance_clock):
    pledge = make_drita()
    link = links.path(Purpose.MANAGE, pledge)
    fields = corrections(pledge, name="Tjetër Emër")
    advance_clock(DAY + 60)
    for data in (fields | {"save": "1"}, {"change_address": "1", "new_email": "tjeter@shembull.al"}, {"revoke": "1"}):
        client.post(link, data)
    run_worker()
    pledge.refresh_from_db()
    assert (pledge.name, pledge.address, pledge.new_address, pledge.link_version) == (NAME, ADDRESS, None, 1)


def test_a_fresh_link_goes_to_the_address_on_record_without_showing_it(client, advance_clock, mailoutbox):
    link = links.path(Purpose.WITHDRAW, make_drita())
    advance_clock(DAY + 60)
    response = client.post(link, {"fresh": "1"})
    assert Document(response).one("p", role="status") and shows_no_personal_data(response)
    run_worker()
    [sent] = mailoutbox
    assert sent.to == [ADDRESS]
    assert NAME in client.get(links_in(sent, "manage")[0]).text


def test_an_aged_link_keeps_name_and_address(client, advance_clock):
    link = links.path(Purpose.MANAGE, make_drita())
    Pledge.objects.update(keep_asked_at=Now())
    advance_clock(DAY + 60)
    assert buttons(client.get(link)) == {"keep", "fresh", "end_news", "withdraw"}
    page = client.post(link, {"keep": "1"})
    pledge = Pledge.objects.get()
    assert pledge.keep_asked_at is None and pledge.kept_at is not None
    assert shows_no_personal_data(page) and "keep" not in buttons(client.get(link))


def test_an_aged_link_ends_the_news(client, advance_clock):
    pledge = make_drita(updates=True)
    # Another person with the same mailbox, whose copy would go on coming.
    make_pledge("Agim Kola", pledge.address, state="confirmed", updates=True, slot=2)
    link = links.path(Purpose.MANAGE, pledge)
    advance_clock(DAY + 60)
    assert Document(client.post(link, {"end_news": "1"})).one("p", role="status")
    assert not Pledge.objects.filter(updates=True).exists()


@pytest.mark.parametrize("purpose", AGEING)
def test_an_aged_link_withdraws(client, advance_clock, purpose):
    link = links.path(purpose, make_drita())
    advance_clock(DAY + 60)
    assert client.post(link, {"withdraw": "1"}).status_code == 200
    assert not Pledge.objects.exists() and tally.read().total == 0
    assert opens_nothing(client.get(link))


@pytest.mark.parametrize("purpose", [Purpose.MANAGE, Purpose.SHARE, Purpose.COMMIT, Purpose.WITHDRAW])
def test_opening_a_link_does_not_renew_it(client, advance_clock, purpose):
    """Every link on a page is as old as the one that opened it, except the download, which ends in an hour."""
    first, download = links.path(purpose, make_drita()), path_of("pledges:data", "sq", "x")[:-2]
    advance_clock(DAY - 60)
    seen, waiting = {first}, [first]
    while waiting:
        link = waiting.pop()
        # The page after choosing commitments has links too.
        response = client.post(link) if "/angazhimet/" in link else client.get(link)
        page = Document(response)
        for anchor in page.all("a", node=page.one("main"), href=True):
            href = page.of(anchor)["href"]
            if ":" in href and href.startswith("/sq/") and href not in seen:
                seen.add(href)
                assert len(seen) < 50, "each page makes links of its own age"
                waiting += [] if href.startswith(download) else [href]
    found = [link for link in seen if not link.startswith(download)]
    assert len(found) > 1
    advance_clock(DAY + 60)
    for link in found:
        assert shows_no_personal_data(client.get(link)), link


def test_a_confirm_link_keeps_its_button_for_14_days(client, advance_clock):
    pledge = make_drita("pending")
    confirm = links.path(Purpose.CONFIRM, pledge)
    moving = make_pledge(state="confirmed")
    want_new_address(moving)
    use = links.path(Purpose.NEW_ADDRESS, moving)
    advance_clock(14 * DAY - 60)
    for link in (confirm, use):
        assert Document(client.get(link)).all("form", method="post")
        assert client.post(link).status_code == 200
    assert tally.read().total == 2
    moving.refresh_from_db()
    assert moving.address == "e-re@shembull.al"


def test_confirming_late_still_opens_the_pledge(client, advance_clock):
    link = links.path(Purpose.CONFIRM, make_drita("pending"))
    advance_clock(3 * DAY)
    page = Document(client.post(link))
    [manage] = [
        page.of(a)["href"] for a in page.all("a", href=True) if page.of(a)["href"].startswith("/sq/zotimi-im/")
    ][:1]
    assert NAME in client.get(manage).text


def test_a_change_of_address_ends_every_link_sent_before(client):
    pledge = make_drita()
    want_new_address(pledge, "e-re@shembull.al")
    before = {purpose: links.path(purpose, pledge) for purpose in Purpose}
    assert client.post(before[Purpose.NEW_ADDRESS]).status_code == 200
    for link in before.values():
        assert opens_nothing(client.get(link)) and opens_nothing(client.post(link, {"withdraw": "1", "fresh": "1"}))
    pledge.refresh_from_db()
    assert pledge.address == "e-re@shembull.al" and not Message.objects.filter(kind="fresh").exists()
    assert NAME in client.get(links.path(Purpose.MANAGE, pledge)).text


def test_the_confirm_link_at_the_old_address_of_a_pending_pledge_ends(client):
    pledge = make_drita("pending")
    want_new_address(pledge, "e-re@shembull.al")
    confirm, block = links.path(Purpose.CONFIRM, pledge), links.path(Purpose.BLOCK, pledge)
    client.post(links.path(Purpose.NEW_ADDRESS, pledge))
    for link in (confirm, block):
        assert opens_nothing(client.post(link))
    assert Pledge.objects.get().state == "pending"


def test_the_old_address_is_told_only_that_it_was_changed(client, mailoutbox):
    pledge = make_drita(language="sq")
    want_new_address(pledge, "e-re@tjeter.al")
    client.post(links.path(Purpose.NEW_ADDRESS, pledge))
    run_worker()
    [sent] = mailoutbox
    assert sent.to == [ADDRESS]
    assert not any(word in str(sent.message()) + sent.body for word in ("Drita", "e-re", "tjeter"))
    assert not any(links_in(sent, purpose) for purpose in Purpose)
    assert not Message.objects.exists(), "the row, which held the address, is gone"


def test_an_address_that_never_confirmed_is_not_told(client, mailoutbox):
    pledge = make_drita("pending")
    want_new_address(pledge, "e-re@shembull.al")
    client.post(links.path(Purpose.NEW_ADDRESS, pledge))
    run_worker()
    assert [sent.to for sent in mailoutbox] == [["e-re@shembull.al"]]


@pytest.mark.cases("purpose", [purpose for purpose in Purpose if purpose != Purpose.DATA])
def test_every_form_of_a_personal_page_names_its_address(client, purpose):
    """The script takes the link out of the address bar, so a form without an action would go to another page."""
    is_of_pending = purpose in (Purpose.CONFIRM, Purpose.BLOCK, Purpose.CORRECT_NAME)
    if purpose.startswith("group_"):
        link = links.path(purpose, make_group("confirmed" if purpose == Purpose.GROUP_MANAGE else "submitted"))
    elif purpose.startswith("joining_"):
        link = links.path(purpose, make_joining("submitted"))
    elif purpose == Purpose.ORGANISATION:
        link = links.path(purpose, make_joining())
    elif purpose == Purpose.FURTHER:
        link = links.path(purpose, make_enquiry())
    elif purpose == Purpose.VOICE:
        link = links.path(purpose, make_voice("asked").owner)
    else:
        pledge = make_drita("pending" if is_of_pending else "confirmed")
        want_new_address(pledge)
        choose(pledge, commitment_of())
        ask_now(pledge)
        link = links.path(purpose, pledge)
    page = Document(client.get(link))
    for form in page.all("form", node=page.one("main"), method="post"):
        # That of a logo is another one.
        assert page.of(form)["action"].partition("?")[0].removesuffix("logo/") == link
    [script] = [node for node in page.all("script") if "data-address" in page.of(node)]
    assert page.of(script)["data-address"] == path_of("pledges:my_pledge", "sq")
    assert not [a for a in page.all("a", href=True) if page.of(a)["href"].startswith("?")]
    assert "Historiku i shfletuesit" in page.words(page.one("main"))


def test_public_pages_keep_their_address(client):
    assert "personal.js" not in client.get(path_of("pledges:my_pledge", "sq")).text
