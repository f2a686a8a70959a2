"""After confirming: a referral link, invitations to share, commitments. None of them shows who the supporter is."""

from urllib.parse import unquote

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import ChosenCommitment, Commitment, Pledge, ReferralLink, Sector, Submission
from tests.factories import form_data, make_inviter, make_pledge, settle_all
from tests.pages import LANGUAGES, Document, path_of
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
    come(5)
    assert seen() == before
    assert "We do not record who signs through your link" in before[0][0] and before[1]["own_link"] == link.code


def test_nothing_of_the_link_is_stored_with_the_pledge_of_someone_invited(client):
    _mine, link = make_inviter(name="Arta Hoxha", address="arta@shembull.al")
    client.post(EN, form_data(through=link.code))
    assert link.code not in str(Submission.objects.get().form)
    settle_all()
    theirs = Pledge.objects.order_by("-created_at").first()
    assert theirs.inviter_cipher is None and theirs.confirm()
    assert list(ReferralLink.objects.values()) == list(ReferralLink.objects.filter(pk=link.pk).values())


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


def test_an_invited_person_can_switch_the_language_with_their_input(client):
    _mine, link = make_inviter()
    page = Document(client.get(path_of("pledges:through", "sq", link.code)))
    [switch] = page.all("button", name="switch")
    response = client.post(page.of(switch)["formaction"], form_data(through=link.code, switch="1", name="Zana Kola"))
    assert response.status_code == 200 and invites(response) and 'value="Zana Kola"' in response.text


def test_a_referral_code_in_capitals_works(client):
    _mine, link = make_inviter()
    assert invites(client.get(f"/en/pledge/with/{link.code.upper()}/"))


@pytest.mark.parametrize("through", ["", "x" * 300, "a\0b", "<b>", "ëëë", "23456789"])
def test_an_invalid_referral_code_is_ignored(client, through):
    assert client.post(EN, form_data(through=through)).status_code == 303
    settle_all()
    assert Pledge.objects.get().confirm()


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_16_shared_content_has_no_name_and_the_sector_only_if_chosen(client, language):
    pledge, link = make_inviter(name="Arta Hoxha", address="arta@shembull.al", sector="artists")
    sector = Sector.objects.get(slug="artists")
    own = getattr(sector, f"invitation_{language}")

    def shared_content(path):
        page = Document(client.get(path))
        links_to_share = [
            page.of(a)["href"] for a in page.all("a") if page.of(a)["href"].startswith(("https://wa", "viber"))
        ]
        pictures = [page.of(a)["href"] for a in page.all("a", download=True)]
        assert len(links_to_share) == len(pictures) == 2
        return unquote(" ".join(links_to_share + pictures))

    neutral = shared_content(share_path(pledge, language))
    assert "Arta" not in neutral and own not in neutral and "artists" not in neutral and link.code in neutral
    chosen = shared_content(f"{share_path(pledge, language)}?sector")
    assert "Arta" not in chosen and chosen.count(own) == 2 and "artists" in chosen


def test_commitments_can_be_chosen_changed_and_removed(client):
    pledge = make_pledge(state="confirmed", sector="parents")
    path = links.path(Purpose.COMMIT, pledge, "en")
    first, second, third = Commitment.objects.filter(sector=pledge.sector)[:3]
    page = Document(client.post(path, {"commitments": [first.pk, second.pk]}))
    assert first.text_en in page.words() and third.text_en not in page.words()
    chosen_at = ChosenCommitment.objects.get(commitment=second).chosen_at
    client.post(path, {"commitments": [second.pk, third.pk]})
    assert set(pledge.chosen.values_list("commitment", flat=True)) == {second.pk, third.pk}
    assert ChosenCommitment.objects.get(commitment=second).chosen_at == chosen_at
    assert client.post(path, {}).status_code == 200
    assert pledge.chosen.count() == 0


def test_commitments_of_another_sector_are_refused_with_a_message(client):
    pledge = make_pledge(state="confirmed", sector="parents")
    foreign = Commitment.objects.exclude(sector=pledge.sector).first()
    response = client.post(links.path(Purpose.COMMIT, pledge, "en"), {"commitments": [foreign.pk]})
    assert response.status_code == 422
    assert "Choose from the commitments on this page." in Document(response).words()
    assert pledge.chosen.count() == 0


def test_commitments_of_an_earlier_sector_stay_until_removed(client):
    pledge = make_pledge(state="confirmed", sector="parents")
    kept = pledge.sector.commitments.first()
    ChosenCommitment.objects.create(pledge=pledge, commitment=kept, slot=1)
    Pledge.objects.filter(pk=pledge.pk).update(sector=Sector.objects.get(slug="artists"))
    assert kept.text_en in Document(client.get(links.path(Purpose.COMMIT, pledge, "en"))).words()


@pytest.mark.parametrize("purpose", [Purpose.SHARE, Purpose.COMMIT])
def test_a_pledge_that_is_not_confirmed_has_no_page_to_share(client, purpose):
    for state in ("pending", "invalidated"):
        assert opens_nothing(client.get(links.path(purpose, make_pledge(state=state))))
