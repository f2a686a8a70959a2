"""After confirming: a referral link, invitations to share, commitments. None of them shows who the supporter is."""

from urllib.parse import unquote

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge, ReferralLink, Sector
from tests.factories import form_data, make_inviter, make_pledge, settle_all
from tests.pages import Document, path_of
from tests.pledges.signing.personal import opens_nothing

pytestmark = pytest.mark.django_db

EN = "/en/pledge/"


def share_path(pledge, language="en"):
    return links.path(Purpose.SHARE, pledge, language)


def sign_with_code(client, code, **changes):
    page = Document(client.get(f"/en/pledge/with/{code}/"))
    through = [page.of(field)["value"] for field in page.all("input", name="through")]
    response = client.post(EN, form_data(through=through[0] if through else None, **changes))
    assert response.status_code == 303
    settle_all()
    return Pledge.objects.order_by("-created_at").first()


def test_an_inviter_sees_the_same_whether_or_not_someone_signs_by_the_link(client):
    mine, link = make_inviter(name="Arta Hoxha", address="arta@shembull.al")
    purposes = (Purpose.SHARE, Purpose.MANAGE)

    def seen():
        pages = [Document(client.get(links.path(purpose, mine, "en"))).words() for purpose in purposes]
        data = client.get(links.path(Purpose.DATA, mine)).json()
        return pages, {key: value for key, value in data.items() if "link" in key}

    def come(number):
        theirs = sign_with_code(client, link.code, name=f"Drita K{'ab'[number % 2]}la", email=f"d{number}@shembull.al")
        assert client.post(links.path(Purpose.CONFIRM, theirs)).status_code == 200

    before = seen()
    for number in range(5):
        come(number)
    assert seen() == before
    assert not Pledge.objects.exclude(inviter_cipher=None).exists()
    assert "We do not record who signs through your link" in before[0][0] and before[1]["own_link"] == link.code


def test_a_referral_link_opens_the_form_without_a_cookie_and_shows_no_personal_data(client):
    mine, link = make_inviter(name="Arta Hoxha", address="arta@shembull.al", sector="artists")
    response = client.get(path_of("pledges:through", "en", link.code))
    assert response.status_code == 200 and not response.cookies
    assert response.headers["Cache-Control"] == "private, no-store"
    page = response.content.decode()
    assert "Arta" not in page and str(mine.pk) not in page
    assert Document(response).all("input", checked=True) == [], "no sector is chosen for the visitor"


def test_a_valid_an_ended_and_an_unknown_referral_code_show_the_same_page(client):
    mine, link = make_inviter()

    def form_page(code):
        return client.get(f"/en/pledge/with/{code}/").content.decode().replace(code, "…")

    valid = form_page(link.code)
    assert valid == form_page("zzzzzzzz")
    ReferralLink.objects.all().delete()
    assert form_page(link.code) == valid
    mine.withdraw()
    assert form_page(link.code) == form_page("zzzzzzzz"), "with one supporter less"


def invites(response):
    return "Someone who has signed invites you." in Document(response).words()


def test_an_invited_person_reads_who_invites_the_promises_and_the_count_and_keeps_them_with_an_error(client):
    _mine, link = make_inviter()
    path = path_of("pledges:through", "en", link.code)
    for response in (client.get(path), client.post(EN, form_data(through=link.code, consent=None))):
        words = Document(response).words()
        assert invites(response) and "1 supporter so far" in words
        assert words.index("I\xa0believe") < words.index("1 supporter so far") < words.index("Are you 16 or over?")
        assert response.headers["Cache-Control"] == "private, no-store"
    assert not invites(client.get(EN)) and not invites(client.post(EN, form_data(consent=None)))
    assert not invites(client.get("/en/pledge/with/no-code/"))


@pytest.mark.cases("through", ["", "x" * 300, "a\0b", "<b>", "ëëë", "23456789"])
def test_an_invalid_referral_code_is_ignored(client, through):
    assert client.post(EN, form_data(through=through)).status_code == 303


def test_a_redisplayed_form_keeps_the_referral_code(client):
    _mine, link = make_inviter()
    for path, changes in [(EN, {"name": ""}), ("/sq/zotimi/", {"switch": "1"})]:
        page = Document(client.post(path, form_data(through=link.code, **changes)))
        assert page.of(page.one("input", name="through"))["value"] == link.code


def test_a_referral_code_is_created_and_deleted_only_on_request(client):
    pledge = make_pledge(state="confirmed")
    address = Document(client.get(share_path(pledge)))
    assert address.of(address.one("a", id="address"))["href"].endswith("/en/pledge/from-a-friend/")
    assert not ReferralLink.objects.exists()
    client.post(share_path(pledge), {"make": "1"})
    first = ReferralLink.objects.get(pledge=pledge).code
    assert len(first) == 8
    page = Document(client.post(share_path(pledge), {"make": "1"}))
    assert page.of(page.one("a", id="address"))["href"].endswith(f"/en/pledge/with/{first}/")
    assert ReferralLink.objects.get().code == first, "a second press does not break the link already sent"
    client.post(share_path(pledge), {"end": "1"})
    assert not ReferralLink.objects.exists()


def test_16_shared_content_has_no_name_and_the_sector_only_if_chosen(client):
    pledge, link = make_inviter(name="Arta Hoxha", address="arta@shembull.al", sector="artists")
    sector = Sector.objects.get(slug="artists")
    own = sector.invitation_en

    def shared_content(path):
        page = Document(client.get(path))
        links_to_share = [
            page.of(a)["href"] for a in page.all("a") if page.of(a)["href"].startswith(("https://wa", "viber"))
        ]
        pictures = [page.of(a)["href"] for a in page.all("a", download=True)]
        assert len(links_to_share) == len(pictures) == 2
        return unquote(" ".join(links_to_share + pictures))

    neutral = shared_content(share_path(pledge))
    assert "Arta" not in neutral and own not in neutral and "artists" not in neutral and link.code in neutral
    chosen = shared_content(f"{share_path(pledge)}?sector")
    assert "Arta" not in chosen and chosen.count(own) == 2 and "artists" in chosen


def test_a_pledge_that_is_not_confirmed_has_no_page_to_share(client):
    for state in ("pending", "invalidated"):
        pledge = make_pledge(state=state)
        assert all(opens_nothing(client.get(links.path(each, pledge))) for each in (Purpose.SHARE, Purpose.COMMIT))
