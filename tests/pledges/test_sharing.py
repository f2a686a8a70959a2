"""After confirming: a link of one's own, words to pass on, commitments. It tells nobody who anyone is."""

from urllib.parse import unquote

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import ChosenCommitment, Commitment, Pledge, Sector
from tests.factories import form_data, make_pledge
from tests.pages import LANGUAGES, Document, path_of

pytestmark = pytest.mark.django_db

EN = "/en/pledge/"


def share(pledge, language="en"):
    return links.path(Purpose.SHARE, pledge, language)


def with_link(**values):
    pledge = make_pledge(state="confirmed", **values)
    pledge.create_referral_code()
    pledge.refresh_from_db()
    return pledge


def sign_through(client, code, **changes):
    page = Document(client.get(f"/en/pledge/with/{code}/"))
    through = [page.of(field)["value"] for field in page.all("input", name="through")]
    response = client.post(EN, form_data(through=through[0] if through else None, **changes))
    assert response.status_code == 303
    return Pledge.objects.order_by("-created_at").first()


def test_who_confirms_by_my_link_is_counted_for_me_and_only_i_see_it(client):
    mine = with_link(name="Arta Hoxha", address="arta@shembull.al")
    theirs = sign_through(client, mine.code)
    assert theirs.came_through == mine and mine.referral_count() == 0, "signing alone does not count"
    theirs.confirm()
    assert mine.referral_count() == 1
    assert "One person has pledged through your link." in Document(client.get(share(mine))).words()
    theirs.refresh_from_db()
    assert "through your link" not in Document(client.get(share(theirs))).words()


def test_the_link_leads_straight_to_the_form_without_a_cookie_and_tells_nobody(client):
    mine = with_link(name="Arta Hoxha", address="arta@shembull.al", sector="artists")
    response = client.get(path_of("pledges:through", "en", mine.code))
    assert response.status_code == 200 and not response.cookies
    assert response.headers["Cache-Control"] == "private, no-store"
    page = response.content.decode()
    assert "Arta" not in page and str(mine.pk) not in page
    assert Document(response).all("input", checked=True) == [], "no sector is chosen for the visitor"


def test_a_link_that_lives_and_one_that_does_not_lead_to_the_same_page(client):
    mine = with_link()

    def seen(code):
        return client.get(f"/en/pledge/with/{code}/").content.decode().replace(code, "…")

    living = seen(mine.code)
    mine.withdraw()
    assert seen(mine.code) == living == seen("zzzzzzzz")


@pytest.mark.parametrize("end", ["withdraw", "delete_referral_code", "invalidate"])
def test_an_ended_link_brings_nobody(client, end):
    mine = with_link()
    Pledge.objects.filter(pk=mine.pk).invalidate() if end == "invalidate" else getattr(mine, end)()
    assert sign_through(client, mine.code).came_through is None


def test_a_link_copied_in_capitals_still_works(client):
    mine = with_link()
    assert sign_through(client, mine.code.upper()).came_through == mine


@pytest.mark.parametrize("through", ["", "x" * 300, "a\0b", "<b>", "ëëë", "23456789"])
def test_a_wild_code_is_no_error_of_the_visitor_s(client, through):
    assert client.post(EN, form_data(through=through)).status_code == 303
    assert Pledge.objects.get().came_through is None


def test_a_form_that_comes_back_and_one_in_the_other_language_keep_the_link(client):
    mine = with_link()
    for path, changes in [(EN, {"name": ""}), ("/sq/zotimi/", {"switch": "1"})]:
        page = Document(client.post(path, form_data(through=mine.code, **changes)))
        assert page.of(page.one("input", name="through"))["value"] == mine.code


def test_withdrawing_leaves_those_who_came_counted(client):
    mine = with_link()
    theirs = sign_through(client, mine.code)
    theirs.confirm()
    mine.withdraw()
    theirs.refresh_from_db()
    assert (theirs.state, theirs.came_through) == ("confirmed", None)


def test_a_link_of_one_s_own_is_made_when_asked_for_only_and_ended_by_a_button(client):
    pledge = make_pledge(state="confirmed")
    address = Document(client.get(share(pledge)))
    assert address.of(address.one("a", id="address"))["href"].endswith("/en/")
    pledge.refresh_from_db()
    assert pledge.code is None
    client.post(share(pledge), {"make": "1"})
    pledge.refresh_from_db()
    first = pledge.code
    assert len(first) == 8
    client.post(share(pledge), {"make": "1"})
    pledge.refresh_from_db()
    assert pledge.code == first, "a second press does not break the link already sent"
    client.post(share(pledge), {"end": "1"})
    pledge.refresh_from_db()
    assert pledge.code is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_passed_on_tells_neither_name_nor_sector_unless_chosen(client, language):
    pledge = with_link(name="Arta Hoxha", address="arta@shembull.al", sector="artists")
    sector = Sector.objects.get(slug="artists")
    own = getattr(sector, f"invitation_{language}")

    def passed_on(path):
        page = Document(client.get(path))
        ways = [
            page.of(a)["href"] for a in page.all("a") if page.of(a)["href"].startswith(("https://wa", "viber", "mai"))
        ]
        pictures = [page.of(a)["href"] for a in page.all("a", download=True)]
        assert len(ways) == 3 and len(pictures) == 2
        return unquote(" ".join(ways + pictures))

    neutral = passed_on(share(pledge, language))
    assert "Arta" not in neutral and own not in neutral and "artists" not in neutral and pledge.code in neutral
    chosen = passed_on(f"{share(pledge, language)}?sector")
    assert "Arta" not in chosen and chosen.count(own) == 3 and "artists" in chosen


def test_commitments_are_chosen_changed_and_given_up(client):
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


def test_commitments_of_another_sector_are_refused_in_words(client):
    pledge = make_pledge(state="confirmed", sector="parents")
    foreign = Commitment.objects.exclude(sector=pledge.sector).first()
    response = client.post(links.path(Purpose.COMMIT, pledge, "en"), {"commitments": [foreign.pk]})
    assert response.status_code == 422
    assert "Choose among the commitments on this page." in Document(response).words()
    assert pledge.chosen.count() == 0


def test_the_commitments_chosen_in_a_sector_one_has_left_stay_until_given_up(client):
    pledge = make_pledge(state="confirmed", sector="parents")
    kept = pledge.sector.commitments.first()
    ChosenCommitment.objects.create(pledge=pledge, commitment=kept)
    Pledge.objects.filter(pk=pledge.pk).update(sector=Sector.objects.get(slug="artists"))
    assert kept.text_en in Document(client.get(links.path(Purpose.COMMIT, pledge, "en"))).words()


def test_everything_chosen_is_in_my_data_and_goes_with_the_pledge(client):
    pledge = with_link()
    ChosenCommitment.objects.create(pledge=pledge, commitment=pledge.sector.commitments.first())
    data = client.get(links.path(Purpose.DATA, pledge)).json()
    assert data["own_link"] == pledge.code and data["confirmed_by_own_link"] == 0 and len(data["commitments"]) == 1
    pledge.withdraw()
    assert not ChosenCommitment.objects.exists()


@pytest.mark.parametrize("purpose", [Purpose.SHARE, Purpose.COMMIT])
def test_who_is_not_counted_has_nothing_to_pass_on(client, purpose):
    for state in ("pending", "invalidated"):
        assert client.get(links.path(purpose, make_pledge(state=state))).status_code == 410
