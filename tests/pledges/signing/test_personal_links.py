"""Personal links: how long each lives, what it opens, and that a shared link shows nothing (stories 12, 14, 15, 16)."""

import itertools
import json
import re
import time

import psycopg2
import pytest
from django.core import signing
from django.db import connection
from django.db.models.functions import Now

from pledges import housekeeping
from pledges.crypto import links
from pledges.crypto.links import AGELESS_PURPOSES, Purpose
from pledges.models import BlockedAddress, Follow, Message, Pledge, Tombstone
from tests import tally
from tests.clock import let_time_pass
from tests.commitments import ask_now, choose, commitment_of
from tests.enquiries import make_enquiry
from tests.factories import form_data, links_in, make_pledge, run_worker
from tests.organisations import make_joining
from tests.pages import Document, corrections, path_of, want_new_address
from tests.pledges.groups.made import make_group
from tests.pledges.signing.personal import (
    ADDRESS,
    MY_PLEDGE,
    NAME,
    ONE_DAY,
    RESEND_INTERVAL,
    SIGN,
    make_drita,
    opens_nothing,
    request_link,
    shows_no_personal_data,
)
from tests.voices import make_voice

pytestmark = pytest.mark.django_db


def test_12_an_expired_confirm_link_says_so_and_offers_to_sign_again(client):
    link = links.path(Purpose.CONFIRM, make_drita("pending"))
    let_time_pass(14 * ONE_DAY)

    def assert_expired(response):
        assert opens_nothing(response)
        main = Document(response).one("main")
        assert Document(response).all("a", node=main, href=path_of("pledges:sign", "sq"))
        assert "14" in Document(response).words(main)

    assert_expired(client.get(link))
    assert_expired(client.post(link))
    assert tally.read().total == 0
    housekeeping.erase_unconfirmed()
    assert not Pledge.objects.exists()
    assert_expired(client.get(link))


def test_12_a_revoked_link_is_gone_and_a_new_one_can_be_requested(client, mailoutbox):
    pledge = make_drita()
    manage = links.path(Purpose.MANAGE, pledge)
    others = [links.path(purpose, pledge) for purpose in (Purpose.WITHDRAW, Purpose.DATA)]
    page = client.post(manage, {"revoke": "1"})
    assert page.status_code == 200 and shows_no_personal_data(page)
    for old in [manage, *others]:
        assert opens_nothing(client.get(old))
    assert opens_nothing(client.post(others[0]))
    assert tally.read().total == 1, "the pledge itself stays"
    request_link(client)
    run_worker()
    [new] = links_in(mailoutbox[0], "manage")
    assert NAME in client.get(new).text


@pytest.mark.parametrize(("make", "purpose"), [(make_group, "group_manage"), (make_joining, "organisation")])
def test_a_contact_cancels_a_link_that_others_have_seen_and_gets_a_new_one(client, mailoutbox, make, purpose):
    row = make("approved", address=ADDRESS)
    old = links.path(purpose, row)
    assert Document(client.get(old)).all("button", name="revoke")
    client.post(old, {"hand_over": "1"})
    page = client.post(old, {"revoke": "1"})
    assert page.status_code == 200 and "zotim" not in Document(page).words(Document(page).one("main"))
    assert opens_nothing(client.get(old)) and opens_nothing(client.post(old, {"withdraw": "1", "leave": "1"}))
    row.refresh_from_db()
    assert row.state == "approved" and not getattr(row, "hands_over_at", None), "who saw the link does not take it over"
    request_link(client)
    run_worker()
    [new] = links_in(mailoutbox[0], purpose)
    assert Document(client.get(new)).all("button", name="revoke")


def forgeries(token):
    """What is no longer this token: first one with another signature."""
    number, made, signature = token.split(":")

    def other(part):
        return ("B" if part[0] == "A" else "A") + part[1:]

    return [
        f"{number}:{made}:{other(signature)}",
        f"{other(number)}:{made}:{signature}",
        f"{number}:{other(made)}:{signature}",
        f"{number}:{made}",
        "x" * 40,
        f"{number}9:{made}:{signature}",
        token[:5],
        f"{token}).",
        f"{token[:30]}%20{token[30:]}",
        f"{token}%00",
        token * 9,
    ]


@pytest.mark.quick
def test_12_every_tampered_or_mangled_link_gets_the_same_page(client, subtests):
    for number, purpose in enumerate(Purpose):
        with subtests.test(str(purpose)):
            of_pending = (Purpose.CONFIRM, Purpose.BLOCK, Purpose.CORRECT_NAME)
            pledge = make_drita("pending" if purpose in of_pending else "confirmed")
            want_new_address(pledge)
            link = links.path(purpose, pledge)
            assert client.get(link).status_code == 200
            folder, token = link.rstrip("/").rsplit("/", 1)
            forged = forgeries(token)
            # All of them on the first page; on the others, which read links in the same way, they take turns.
            wrong = forged if number == 0 else [forged[0], forged[number % 11], forged[(number + 5) % 11]]
            pages = set()
            for path in (f"{folder}/{each}/" for each in wrong):
                for response in (client.get(path), client.post(path)):
                    assert opens_nothing(response)
                    assert response.headers["Cache-Control"] == "private, no-store"
                    pages.add(response.text.replace(response.request["PATH_INFO"], ""))
            revoked = links.path(purpose, pledge)
            Pledge.objects.all().delete()
            pages.add(client.get(revoked).text)
            assert len({re.sub(r'<a class="lang".*', "", page) for page in pages}) == 1


def test_12_a_link_for_one_purpose_works_for_no_other(client):
    """No token is read for another purpose, and no page opens with that of its neighbour."""
    pledge = make_drita("pending")
    want_new_address(pledge)
    tokens = {purpose: links.token(purpose, pledge) for purpose in Purpose}
    for made_for, used_for in itertools.permutations(Purpose, 2):
        with pytest.raises(signing.BadSignature):
            links.read(used_for, tokens[made_for])
    pledge.confirm()
    for made_for, used_for in itertools.pairwise([*Purpose, *Purpose][: len(Purpose) + 1]):
        page = f"{links.NAMESPACES.get(used_for, 'pledges')}:{used_for}"
        path = path_of(page, "sq", links.token(made_for, pledge))
        assert opens_nothing(client.get(path)) and opens_nothing(client.post(path)), (made_for, used_for)
    assert Pledge.objects.get().address == ADDRESS


def test_03_12_opening_any_link_changes_nothing(client):
    pledge = make_drita("pending")
    want_new_address(pledge)
    for state in ("pending", "confirmed"):
        if state == "confirmed":
            pledge.confirm()
        before = Pledge.objects.values().get()
        for purpose in Purpose:
            client.get(links.path(purpose, pledge))
        client.head(links.path(Purpose.CONFIRM, pledge))
        assert Pledge.objects.values().get() == before
    assert not Message.objects.exists() and not BlockedAddress.objects.exists()


def test_a_cross_site_post_to_a_personal_page_is_refused(client):
    pledge = make_drita()
    want_new_address(pledge)
    for path in (MY_PLEDGE, *(links.path(purpose, pledge) for purpose in Purpose)):
        response = client.post(path, {"email": ADDRESS}, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code == 403 and shows_no_personal_data(response)
    assert Pledge.objects.count() == 1 and not Message.objects.exists()


# The slot shows whether another pledge has the same address.
EXCLUDED_COLUMNS = {"slot", "confirmed_on"}


def test_14_the_data_file_has_everything_about_the_pledge_and_nothing_about_another(client):
    pledge = make_drita(network="192.0.2.1", county_id="AL-09", sector="artists", updates=True)
    partner = make_pledge("Agim Kola", ADDRESS, state="confirmed", sector="youth", county_id="AL-05")
    other = make_pledge("Besa Hoxha", "besa@tjeter.example", sector="officials")
    request_link(client)
    run_worker()
    page = Document(client.get(links.path(Purpose.MANAGE, pledge)))
    [link] = [page.of(a)["href"] for a in page.all("a", download=True)]

    response = client.get(link)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Disposition"].startswith("attachment")
    file = json.loads(response.content)
    assert file["id"] == str(pledge.pk)
    assert (file["name"], file["address"], file["county"]) == (NAME, ADDRESS, "AL-09")
    assert (file["sector"], file["language"], file["updates"]) == ("artists", "sq", True)
    assert file["consent"]["text"] == pledge.consent.text_sq
    assert file["wording"]["text"] == pledge.wording.text_sq
    assert file["network_digest"] == bytes(pledge.network_digest).hex()
    assert [(message["kind"], message["state"]) for message in file["messages"]] == [("links", "sent")]

    columns = {field.name.removesuffix("_cipher") for field in Pledge._meta.concrete_fields}
    assert columns - EXCLUDED_COLUMNS <= set(file) and not EXCLUDED_COLUMNS & set(file)
    for stranger in (partner, other):
        for trace in (stranger.pk, stranger.name.split()[0], bytes(stranger.name_digest).hex(), stranger.sector.slug):
            assert str(trace) not in response.text


def test_an_invalidated_pledge_can_be_opened_and_withdrawn(client, mailoutbox):
    pledge = make_drita("invalidated")
    let_time_pass(RESEND_INTERVAL)
    request_link(client)
    run_worker()
    [path] = links_in(mailoutbox[0], "manage")
    page = client.get(path)
    assert page.status_code == 200 and "Ekipi e ka hequr" in page.text
    client.post(links.path(Purpose.WITHDRAW, pledge))
    assert not Pledge.objects.exists()


def test_a_link_that_does_not_fit_the_state_of_its_pledge_opens_nothing_and_changes_nothing(client):
    of_pending = (Purpose.CONFIRM, Purpose.BLOCK, Purpose.CORRECT_NAME)
    of_confirmed = (Purpose.SHARE, Purpose.COMMIT, Purpose.CERTIFICATE)
    for state, purposes in (
        ("pending", of_confirmed),
        ("confirmed", of_pending[1:]),
        ("invalidated", (*of_pending, *of_confirmed, Purpose.KEEP)),
    ):
        pledge = make_drita(state)
        before = Pledge.objects.values().get()
        for purpose in purposes:
            link = links.path(purpose, pledge)
            assert opens_nothing(client.get(link)) and opens_nothing(client.post(link)), (state, purpose)
        assert Pledge.objects.values().get() == before and not BlockedAddress.objects.exists()
        Pledge.objects.all().delete()


def test_a_link_of_another_state_opens_nothing_when_it_is_old_either(client):
    assert opens_nothing(client.get(made_ago(DAY + 60, Purpose.MANAGE, make_drita("pending"))))


# Links older than a day, links after a change of address, and what stays in the browser


DAY = 24 * 3600
AGEING = [purpose for purpose in Purpose if purpose not in AGELESS_PURPOSES]


def made_ago(seconds, purpose, pledge):
    """A link that was made so many seconds ago."""
    return links.path(purpose, pledge, "sq", issued_at=int(time.time()) - seconds)


def buttons(response):
    """The names of the buttons of a page."""
    page = Document(response)
    return {page.of(button)["name"] for button in page.all("button", node=page.one("main"), name=True)}


@pytest.mark.cases("purpose", AGEING)
def test_a_link_older_than_a_day_shows_no_name_or_data(client, purpose):
    pledge, life = make_drita(), 3600 if purpose == Purpose.DATA else DAY
    assert "fresh" not in client.get(made_ago(life - 60, purpose, pledge)).text
    link, before = made_ago(life + 60, purpose, pledge), Pledge.objects.values().get()
    for response in (client.get(link), client.post(link), client.post(link, {"save": "1"})):
        assert response.status_code == 200 and shows_no_personal_data(response)
        assert response.headers["Cache-Control"] == "private, no-store"
        assert buttons(response) == {"fresh", "end_news", "withdraw"}
    assert Pledge.objects.values().get() == before and not Message.objects.exists()


def test_a_link_is_dated_when_it_is_made(client, monkeypatch):
    link, now = links.path(Purpose.MANAGE, make_drita()), time.time()
    assert NAME in client.get(link).text
    monkeypatch.setattr("time.time", lambda: now + DAY + 60)
    assert shows_no_personal_data(client.get(link))


def test_an_aged_link_can_neither_correct_nor_move_the_pledge_nor_change_what_it_follows(client):
    pledge = make_drita()
    link, fields = made_ago(DAY + 60, Purpose.MANAGE, pledge), corrections(pledge, name="Tjetër Emër")
    Follow.choose(pledge, [], ["AL-01"])
    change = {"change_address": "1", "new_email": "tjeter@shembull.al"}
    for data in (fields | {"save": "1"}, change, {"revoke": "1"}, {"follow": "1"}):
        client.post(link, data)
    run_worker()
    pledge.refresh_from_db()
    assert (pledge.name, pledge.address, pledge.new_address, pledge.link_version) == (NAME, ADDRESS, None, 1)
    assert pledge.follows.get().county_id == "AL-01"


def test_a_fresh_link_goes_to_the_address_on_record_without_showing_it(client, mailoutbox):
    response = client.post(made_ago(DAY + 60, Purpose.WITHDRAW, make_drita()), {"fresh": "1"})
    assert Document(response).one("p", role="status") and shows_no_personal_data(response)
    run_worker()
    [sent] = mailoutbox
    assert sent.to == [ADDRESS]
    assert NAME in client.get(links_in(sent, "manage")[0]).text


def test_an_aged_link_keeps_name_and_address(client):
    link = made_ago(DAY + 60, Purpose.MANAGE, make_drita())
    Pledge.objects.update(keep_asked_at=Now())
    assert buttons(client.get(link)) == {"keep", "fresh", "end_news", "withdraw"}
    page = client.post(link, {"keep": "1"})
    pledge = Pledge.objects.get()
    assert pledge.keep_asked_at is None and pledge.kept_at is not None
    assert shows_no_personal_data(page) and "keep" not in buttons(client.get(link))
    Pledge.objects.erase_person()
    assert not Document(client.post(link, {"keep": "1"})).all("p", role="status"), "nothing is left to keep"


def test_an_aged_link_ends_the_news(client):
    pledge = make_drita(updates=True)
    # Another person with the same mailbox, whose copy would go on coming.
    make_pledge("Agim Kola", pledge.address, state="confirmed", updates=True, slot=2)
    assert Document(client.post(made_ago(DAY + 60, Purpose.MANAGE, pledge), {"end_news": "1"})).one("p", role="status")
    assert not Pledge.objects.filter(updates=True).exists()


def test_an_aged_link_withdraws(client):
    link = made_ago(DAY + 60, Purpose.SHARE, make_drita())
    assert client.post(link, {"withdraw": "1"}).status_code == 200
    assert not Pledge.objects.exists() and tally.read().total == 0
    assert opens_nothing(client.get(link))


def test_opening_a_link_does_not_renew_it(client, monkeypatch):
    """Every link on a page is as old as the one that opened it, except the download, which ends in an hour."""
    first, download = made_ago(DAY - 60, Purpose.SHARE, make_drita()), path_of("pledges:data", "sq", "x")[:-2]
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
    later = time.time() + 120
    monkeypatch.setattr(time, "time", lambda: later)
    for link in found:
        assert shows_no_personal_data(client.get(link)), link


def test_a_confirm_link_keeps_its_button_for_14_days(client):
    pending, moving = make_drita("pending"), make_pledge(state="confirmed")
    want_new_address(moving)
    for purpose, pledge in ((Purpose.CONFIRM, pending), (Purpose.NEW_ADDRESS, moving)):
        link = made_ago(14 * DAY - 60, purpose, pledge)
        assert Document(client.get(link)).all("form", method="post")
        assert client.post(link).status_code == 200
    assert tally.read().total == 2
    moving.refresh_from_db()
    assert moving.address == "e-re@shembull.al"


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
    of_old = [links.path(purpose, pledge) for purpose in (Purpose.CONFIRM, Purpose.BLOCK)]
    client.post(links.path(Purpose.NEW_ADDRESS, pledge))
    run_worker()
    assert [sent.to for sent in mailoutbox] == [["e-re@shembull.al"]]
    assert all(opens_nothing(client.post(link)) for link in of_old) and Pledge.objects.get().state == "pending"


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
        # That of a logo is another one. An address ends with its time and the signature, and the page may make a new one.
        address = page.of(form)["action"].partition("?")[0].removesuffix("logo/")
        assert address.rsplit(":", 2)[0] == link.rsplit(":", 2)[0]
    [script] = [node for node in page.all("script") if "data-address" in page.of(node)]
    assert page.of(script)["data-address"] == path_of("pledges:my_pledge", "sq")
    assert not [a for a in page.all("a", href=True) if page.of(a)["href"].startswith("?")]
    assert "Historiku i shfletuesit" in page.words(page.one("main"))


def test_public_pages_keep_their_address(client):
    assert "personal.js" not in client.get(path_of("pledges:my_pledge", "sq")).text


# Withdrawing and “It was not me”: the pledge is erased immediately (story 13)


def every_row():
    """All rows of all tables, as the text PostgreSQL writes for them."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t")
            for (row,) in cursor.fetchall():
                yield f"{table}: {row}"


def traces_of(pledge):
    """Text that identifies this pledge in a dump: id, name, address, ciphertexts and digests."""
    columns = ("name_cipher", "address_cipher", "address_digest", "name_digest", "domain_digest")
    return [str(pledge.pk), NAME, ADDRESS, *(bytes(getattr(pledge, column)).hex() for column in columns)]


def test_13_withdrawing_erases_the_person_immediately_and_sends_a_last_message(client, mailoutbox):
    make_pledge("Agim Hoxha", "agim@tjeter.example", state="confirmed")
    pledge = make_drita(sector="teachers", county_id="AL-10")
    traces = traces_of(pledge)
    request_link(client)
    assert Message.objects.queued().count() == 1, "a message is waiting"
    before = tally.read()
    link = links.path(Purpose.WITHDRAW, pledge)
    [form] = Document(client.get(link)).all("form")
    assert not Document(client.get(link)).all("input", node=form), "one button, no password"

    response = client.post(link)
    assert response.status_code == 200 and shows_no_personal_data(response)
    after = tally.read()
    assert after.total == before.total - 1 == 1
    assert {sector.slug: n for sector, n in after.sectors}["teachers"] == 0
    assert {county.code: n for county, n in after.counties}["AL-10"] == 0
    assert not Pledge.objects.filter(pk=pledge.pk).exists()
    assert [(m.kind, m.about_id) for m in Message.objects.all()] == [(Message.Kind.WITHDRAWN, None)]
    for old in (link, links.path(Purpose.MANAGE, pledge), links.path(Purpose.DATA, pledge)):
        assert opens_nothing(client.get(old))
    assert opens_nothing(client.post(link))

    run_worker()
    [last] = mailoutbox
    assert last.to == [ADDRESS] and "Drita" not in last.body
    rows = list(every_row())
    assert len(rows) > 50
    found = [row for row in rows if any(trace in row for trace in traces)]
    # A restored backup must not bring the pledge back, so its id stays for a while, and only that.
    [entry] = Tombstone.objects.all()
    assert (entry.kind, entry.row, entry.values) == ("pledges_pledge", str(pledge.pk), None)
    assert [row.partition(":")[0] for row in found] == ["pledges_tombstone"]


def test_it_was_not_me_erases_the_pledge_and_blocks_the_address(client, mailoutbox):
    client.post(SIGN, form_data(email=ADDRESS))
    run_worker()
    [link] = links_in(mailoutbox[0], "block")
    [confirm] = links_in(mailoutbox[0], "confirm")
    assert Document(client.get(link)).all("button") and Pledge.objects.exists()
    response = client.post(link)
    assert response.status_code == 200 and shows_no_personal_data(response)
    assert not Pledge.objects.exists() and not Message.objects.exists()
    mailoutbox.clear()
    for again in (
        client.post(SIGN, form_data(email=ADDRESS)),
        client.post(SIGN, form_data(email="Drita@Shembull.al", name="Agim Kola")),
        request_link(client),
    ):
        assert again.status_code == 303
    run_worker()
    assert mailoutbox == [] and not Pledge.objects.exists()
    for path in (link, confirm):
        assert opens_nothing(client.get(path)) and opens_nothing(client.post(path))


class Disconnecting:
    """Ends the connection of the request after its statement number `last`, counted from 1."""

    def __init__(self, last):
        self.left = last

    def __call__(self, execute, sql, *args):
        result = execute(sql, *args)
        self.left -= 1
        if self.left == 0:
            pid = connection.connection.get_backend_pid()
            with psycopg2.connect(connection.connection.dsn) as other, other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return result


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("purpose", "state"), [(Purpose.WITHDRAW, "confirmed"), (Purpose.CONFIRM, "pending")])
def test_a_change_that_is_lost_with_its_connection_is_not_said_to_be_done(client, purpose, state):
    assert client.get("/sq/").status_code == 200, "the content is held"
    for last in itertools.count(1):
        pledge = make_drita(state)
        disconnecting = Disconnecting(last)
        with connection.execute_wrapper(disconnecting):
            response = client.post(links.path(purpose, pledge))
        if disconnecting.left > 0:
            break
        is_unchanged = Pledge.objects.filter(pk=pledge.pk, state=state).exists()
        assert is_unchanged == (response.status_code == 503), f"after statement {last}"
        Pledge.objects.all().delete()
    assert last > 5
