"""After confirming: a referral link, invitations to share, commitments. None of them shows who the supporter is."""

from urllib.parse import unquote

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import ChosenCommitment, Commitment, Pledge, Sector
from tests.factories import form_data, make_pledge, settle_all
from tests.pages import LANGUAGES, Document, path_of
from tests.pledges.views.personal import opens_nothing

pytestmark = pytest.mark.django_db

EN = "/en/pledge/"


def share_path(pledge, language="en"):
    return links.path(Purpose.SHARE, pledge, language)


def make_pledge_with_code(**values):
    pledge = make_pledge(state="confirmed", **values)
    pledge.create_referral_code()
    pledge.refresh_from_db()
    return pledge


def sign_with_code(client, code, **changes):
    page = Document(client.get(f"/en/pledge/with/{code}/"))
    through = [page.of(field)["value"] for field in page.all("input", name="through")]
    response = client.post(EN, form_data(through=through[0] if through else None, **changes))
    assert response.status_code == 303
    settle_all()
    return Pledge.objects.order_by("-created_at").first()


def test_a_confirmed_referral_is_counted_for_its_referrer_only(client):
    mine = make_pledge_with_code(name="Arta Hoxha", address="arta@shembull.al")
    theirs = sign_with_code(client, mine.code)
    assert theirs.came_through == mine and mine.referral_count() == 0, "signing alone does not count"
    theirs.confirm()
    assert mine.referral_count() == 1
    assert "One person has pledged through your link." in Document(client.get(share_path(mine))).words()
    theirs.refresh_from_db()
    assert "through your link" not in Document(client.get(share_path(theirs))).words()


def test_a_referral_link_opens_the_form_without_a_cookie_and_shows_no_personal_data(client):
    mine = make_pledge_with_code(name="Arta Hoxha", address="arta@shembull.al", sector="artists")
    response = client.get(path_of("pledges:through", "en", mine.code))
    assert response.status_code == 200 and not response.cookies
    assert response.headers["Cache-Control"] == "private, no-store"
    page = response.content.decode()
    assert "Arta" not in page and str(mine.pk) not in page
    assert Document(response).all("input", checked=True) == [], "no sector is chosen for the visitor"


def test_a_valid_and_an_unknown_referral_code_show_the_same_page(client):
    mine = make_pledge_with_code()

    def form_page(code):
        return client.get(f"/en/pledge/with/{code}/").content.decode().replace(code, "…")

    valid = form_page(mine.code)
    mine.withdraw()
    assert form_page(mine.code) == valid == form_page("zzzzzzzz")


@pytest.mark.parametrize("end", ["withdraw", "delete_referral_code", "invalidate"])
def test_an_ended_referral_code_counts_no_referral(client, end):
    mine = make_pledge_with_code()
    Pledge.objects.filter(pk=mine.pk).invalidate() if end == "invalidate" else getattr(mine, end)()
    assert sign_with_code(client, mine.code).came_through is None


def test_a_referral_code_in_capitals_works(client):
    mine = make_pledge_with_code()
    assert sign_with_code(client, mine.code.upper()).came_through == mine


@pytest.mark.parametrize("through", ["", "x" * 300, "a\0b", "<b>", "ëëë", "23456789"])
def test_an_invalid_referral_code_is_ignored(client, through):
    assert client.post(EN, form_data(through=through)).status_code == 303
    settle_all()
    assert Pledge.objects.get().came_through is None


def test_a_redisplayed_form_keeps_the_referral_code(client):
    mine = make_pledge_with_code()
    for path, changes in [(EN, {"name": ""}), ("/sq/zotimi/", {"switch": "1"})]:
        page = Document(client.post(path, form_data(through=mine.code, **changes)))
        assert page.of(page.one("input", name="through"))["value"] == mine.code


def test_withdrawing_keeps_referred_pledges_counted(client):
    mine = make_pledge_with_code()
    theirs = sign_with_code(client, mine.code)
    theirs.confirm()
    mine.withdraw()
    theirs.refresh_from_db()
    assert (theirs.state, theirs.came_through) == ("confirmed", None)


def test_a_referral_code_is_created_and_deleted_only_on_request(client):
    pledge = make_pledge(state="confirmed")
    address = Document(client.get(share_path(pledge)))
    assert address.of(address.one("a", id="address"))["href"].endswith("/en/")
    pledge.refresh_from_db()
    assert pledge.code is None
    client.post(share_path(pledge), {"make": "1"})
    pledge.refresh_from_db()
    first = pledge.code
    assert len(first) == 8
    client.post(share_path(pledge), {"make": "1"})
    pledge.refresh_from_db()
    assert pledge.code == first, "a second press does not break the link already sent"
    client.post(share_path(pledge), {"end": "1"})
    pledge.refresh_from_db()
    assert pledge.code is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_16_shared_content_has_no_name_and_the_sector_only_if_chosen(client, language):
    pledge = make_pledge_with_code(name="Arta Hoxha", address="arta@shembull.al", sector="artists")
    sector = Sector.objects.get(slug="artists")
    own = getattr(sector, f"invitation_{language}")

    def shared_content(path):
        page = Document(client.get(path))
        links_to_share = [
            page.of(a)["href"] for a in page.all("a") if page.of(a)["href"].startswith(("https://wa", "viber", "mai"))
        ]
        pictures = [page.of(a)["href"] for a in page.all("a", download=True)]
        assert len(links_to_share) == 3 and len(pictures) == 2
        return unquote(" ".join(links_to_share + pictures))

    neutral = shared_content(share_path(pledge, language))
    assert "Arta" not in neutral and own not in neutral and "artists" not in neutral and pledge.code in neutral
    chosen = shared_content(f"{share_path(pledge, language)}?sector")
    assert "Arta" not in chosen and chosen.count(own) == 3 and "artists" in chosen


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
    assert "Choose among the commitments on this page." in Document(response).words()
    assert pledge.chosen.count() == 0


def test_commitments_of_an_earlier_sector_stay_until_removed(client):
    pledge = make_pledge(state="confirmed", sector="parents")
    kept = pledge.sector.commitments.first()
    ChosenCommitment.objects.create(pledge=pledge, commitment=kept)
    Pledge.objects.filter(pk=pledge.pk).update(sector=Sector.objects.get(slug="artists"))
    assert kept.text_en in Document(client.get(links.path(Purpose.COMMIT, pledge, "en"))).words()


def test_14_the_data_file_has_code_and_commitments_and_withdrawing_erases_them(client):
    pledge = make_pledge_with_code()
    ChosenCommitment.objects.create(pledge=pledge, commitment=pledge.sector.commitments.first())
    data = client.get(links.path(Purpose.DATA, pledge)).json()
    assert data["own_link"] == pledge.code and data["confirmed_by_own_link"] == 0 and len(data["commitments"]) == 1
    pledge.withdraw()
    assert not ChosenCommitment.objects.exists()


@pytest.mark.parametrize("purpose", [Purpose.SHARE, Purpose.COMMIT])
def test_a_pledge_that_is_not_confirmed_has_no_page_to_share(client, purpose):
    for state in ("pending", "invalidated"):
        assert opens_nothing(client.get(links.path(purpose, make_pledge(state=state))))
