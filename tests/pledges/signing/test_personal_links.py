"""Personal links: how long each lives, what it opens, and that a shared link shows nothing (stories 12, 14, 15, 16)."""

import itertools
import json
import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import signing
from django.db.models.functions import Now

from pledges import housekeeping
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import BlockedAddress, Message, Pledge
from pledges.supporters.querysets import PENDING_LIFE
from tests import tally
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, run_worker
from tests.pages import Document, path_of, want_new_address
from tests.pledges.signing.personal import (
    ADDRESS,
    MY_PLEDGE,
    NAME,
    ONE_DAY,
    RESEND_INTERVAL,
    make_drita,
    opens_nothing,
    request_link,
    shows_no_personal_data,
)

pytestmark = pytest.mark.django_db


def sign_earlier(pledge, ago):
    Pledge.objects.filter(pk=pledge.pk).update(created_at=Now() - ago, expires_at=Now() - ago + PENDING_LIFE)
    return pledge


@pytest.mark.parametrize("language", ["sq", "en"])
def test_12_an_expired_confirm_link_says_so_and_offers_to_sign_again(client, language):
    pledge = sign_earlier(make_drita("pending"), 14 * ONE_DAY)
    link = links.path(Purpose.CONFIRM, pledge, language=language)

    def assert_expired(response):
        assert opens_nothing(response)
        main = Document(response).one("main")
        assert Document(response).all("a", node=main, href=path_of("pledges:sign", language))
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


def path_with(used_for, token):
    """The path of the page of a purpose with this token."""
    return path_of(f"{links.NAMESPACES.get(used_for, 'pledges')}:{used_for}", "sq", token)


def test_12_no_token_is_read_for_another_purpose_and_no_page_opens_with_that_of_its_neighbour(client):
    pledge = make_drita("pending")
    want_new_address(pledge)
    tokens = {purpose: links.token(purpose, pledge) for purpose in Purpose}
    for made_for, used_for in itertools.permutations(Purpose, 2):
        with pytest.raises(signing.BadSignature):
            links.read(used_for, tokens[made_for])
    pledge.confirm()
    for made_for, used_for in itertools.pairwise([*Purpose, *Purpose][: len(Purpose) + 1]):
        path = path_with(used_for, links.token(made_for, pledge))
        assert opens_nothing(client.get(path)) and opens_nothing(client.post(path)), (made_for, used_for)
    assert Pledge.objects.get().address == ADDRESS


@pytest.mark.slow
def test_12_a_link_for_one_purpose_works_for_no_other(client):
    pledge = make_drita()
    want_new_address(pledge)
    for made_for in Purpose:
        token = links.token(made_for, pledge)
        for used_for in set(Purpose) - {made_for}:
            assert opens_nothing(client.get(path_with(used_for, token))), (made_for, used_for)


def test_12_opening_any_link_changes_nothing(client):
    pledge = make_drita("pending")
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


def test_14_a_data_link_shows_no_data_after_an_hour(client, advance_clock):
    link = links.path(Purpose.DATA, make_drita())
    advance_clock(3590)
    assert "Drita" in client.get(link).text
    advance_clock(3610)
    assert shows_no_personal_data(client.get(link))


def test_14_the_data_link_refuses_a_post(client):
    assert client.post(links.path(Purpose.DATA, make_drita())).status_code == 405


@pytest.mark.parametrize("method", ["get", "post"])
def test_15_a_stranger_opening_a_used_link_sees_an_invitation_and_no_details(client, method):
    pledge = make_drita("pending", sector="artists", county_id="AL-12")
    link = links.path(Purpose.CONFIRM, pledge)
    assert "Drita" not in client.get(link).text, "not before it was used either"
    client.post(link)
    response = getattr(client, method)(link)
    assert response.status_code == 200 and shows_no_personal_data(response)
    page = Document(response)
    main = page.words(page.one("main"))
    assert page.all("a", href=path_of("pledges:my_pledge", "sq")), "the owner can request a new link"
    assert pledge.sector.name_sq not in main and "AL-12" not in response.text
    if method == "get":
        assert page.all("a", node=page.one("main"), href=path_of("pledges:sign", "sq"))


def test_15_only_the_confirming_response_has_the_manage_link(client):
    link = links.path(Purpose.CONFIRM, make_drita("pending"))
    first, second = client.post(link), client.post(link)
    assert "/zotimi-im/" in first.text
    # A second one leads to a section of the same page.
    [manage] = {
        Document.of(a)["href"].removesuffix("#emails")
        for a in Document(first).all("a", href=True)
        if Document.of(a)["href"].startswith("/sq/zotimi-im/") and ":" in Document.of(a)["href"]
    }
    assert NAME in client.get(manage).text
    assert shows_no_personal_data(second)


@pytest.mark.parametrize("language", ["sq", "en"])
def test_16_shared_links_and_meta_data_have_no_personal_data(client, language):
    link = links.path(Purpose.CONFIRM, make_drita("pending", sector="artists"), language=language)
    page = Document(client.post(link))
    [shared] = page.all("a", href=f"{settings.SITE_URL}{path_of('pledges:from_a_friend', language)}")
    assert page.words(shared) == urlsplit(settings.SITE_URL).netloc
    for meta in page.all("meta", content=True):
        assert "Drita" not in page.of(meta)["content"] and "Artist" not in page.of(meta)["content"]
    assert page.all("link", rel="canonical") == [], (
        "the browser's share button would send it, including the personal link"
    )


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


def test_an_invalidated_pledge_cannot_be_confirmed(client):
    pledge = make_drita("invalidated")
    for purpose in (Purpose.CONFIRM, Purpose.BLOCK, Purpose.CORRECT_NAME, Purpose.KEEP):
        for response in (client.get(links.path(purpose, pledge)), client.post(links.path(purpose, pledge))):
            assert opens_nothing(response)
    assert tally.read().total == 0
