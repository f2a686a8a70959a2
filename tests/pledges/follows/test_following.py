"""What a supporter is emailed about, chosen on the page of the pledge."""

from datetime import timedelta

import pytest
from django.utils import translation

from campaign.models import Demand
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Follow, Pledge
from pledges.requests.held import held_about
from pledges.requests.subject_data import held_words
from tests.clock import let_time_pass
from tests.drafts import hide
from tests.factories import form_data, make_pledge, settle_all
from tests.pages import Document, corrections, path_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def pledge():
    return make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")


def manage(pledge, language="sq"):
    return links.path(Purpose.MANAGE, pledge, language=language)


def choose(client, pledge, language="sq", **ticked):
    return client.post(manage(pledge, language), {"follow": "1", **ticked})


def followed(pledge):
    """(wants news, keys of demands, codes of counties)"""
    rows = Follow.objects.filter(pledge=pledge).order_by("pk").values_list("demand", "county")
    updates = Pledge.objects.values_list("updates", flat=True).get(pk=pledge.pk)
    return updates, {key for key, _ in rows if key}, {code for _, code in rows if code}


def ticked(response):
    """The names and values of the ticked boxes of what we email about."""
    page = Document(response)
    boxes = [page.of(box) for box in page.all("input", type="checkbox", checked=True)]
    return {(box["name"], box.get("value", "on")) for box in boxes if box["name"] != "show_name"}


def label(page, box):
    """The words beside a box."""
    return page.words(page.one("label", **{"for": page.of(box)["id"]}))


def test_the_page_offers_the_news_each_demand_and_each_county_and_keeps_the_choice(client, pledge):
    response = client.get(manage(pledge, "en"))
    page = Document(response)
    section = page.one("div", id="emails")
    assert (
        "What we email you about" in [page.words(heading) for heading in page.all("h2")] and ticked(response) == set()
    )
    demands = page.all("input", name="demands", node=section)
    assert [label(page, box) for box in demands] == [demand.title_en for demand in Demand.objects.all()]
    counties = page.all("input", name="counties", node=section)
    assert len(counties) == 12 and "abroad" not in [page.of(box)["value"] for box in counties]
    assert label(page, counties[0]) == "Berat"
    keys = [page.of(box)["value"] for box in demands[:2]]
    response = choose(client, pledge, "en", updates="on", demands=keys, counties=["AL-01", "AL-11"])
    assert response.status_code == 200 and Document(response).one("p", role="status")
    assert followed(pledge) == (True, set(keys), {"AL-01", "AL-11"})
    boxes = {("updates", "on"), ("counties", "AL-01"), ("counties", "AL-11"), *(("demands", key) for key in keys)}
    assert ticked(response) == ticked(client.get(manage(pledge, "en"))) == boxes


def test_unticking_ends_it_and_the_rest_keeps_its_time(client, pledge):
    choose(client, pledge, updates="on", counties=["AL-01", "AL-11"])
    since = pledge.follows.get(county="AL-11").since
    let_time_pass(timedelta(days=1))
    choose(client, pledge, counties=["AL-11"])
    assert followed(pledge) == (False, set(), {"AL-11"})
    assert pledge.follows.get().since < since + timedelta(seconds=1)
    choose(client, pledge)
    assert followed(pledge) == (False, set(), set())


def test_it_changes_nothing_about_the_pledge_and_a_correction_changes_nothing_here(client, pledge):
    before = Pledge.objects.values().get()
    choose(client, pledge, updates="on", counties=["AL-01"])
    assert Pledge.objects.values().get() == before | {"updates": True}
    client.post(manage(pledge), corrections(pledge, county="AL-12"))
    pledge.refresh_from_db()
    assert pledge.county_id == "AL-12" and followed(pledge) == (True, set(), {"AL-01"})


def test_a_forged_choice_is_a_sentence_and_loses_nothing_that_was_ticked(client, pledge):
    choose(client, pledge, counties=["AL-05"])
    key = Demand.objects.all()[0].key
    for field, value in (("demands", "x' OR 1=1"), ("counties", "abroad"), ("counties", "AL-99")):
        sent = {"updates": "on", "demands": [key], "counties": ["AL-01"]}
        sent[field] = [*sent[field], value]
        response = choose(client, pledge, "en", **sent)
        assert response.status_code == 422
        page = Document(response)
        assert page.words(page.one("p", id=f"id_{field}_error")).endswith(f"Choose from the {field} on this page.")
        assert page.title.startswith("Error:")
        assert ticked(response) == {("updates", "on"), ("demands", key), ("counties", "AL-01")}
    assert followed(pledge) == (False, set(), {"AL-05"})


def test_a_demand_that_is_not_shown_any_more_is_offered_to_its_followers_only(client, pledge):
    demand, other = Demand.objects.all()[:2]
    choose(client, pledge, demands=[demand.key, other.key])
    hide(Demand.objects.filter(pk=demand.pk))
    page = Document(client.get(manage(pledge, "en")))
    assert label(page, page.one("input", name="demands", value=demand.key)) == "a demand that is not on our site now"
    stranger = make_pledge(state="confirmed")
    assert not Document(client.get(manage(stranger))).all("input", name="demands", value=demand.key)
    assert choose(client, stranger, demands=[demand.key]).status_code == 422
    choose(client, pledge, demands=[demand.key])
    assert followed(pledge) == (False, {demand.key}, set())
    response = choose(client, pledge)
    assert followed(pledge) == (False, set(), set())
    assert not Document(response).all("input", name="demands", value=demand.key)
    # Without any demand on the site the counties are offered.
    hide(Demand)
    assert not Document(client.get(manage(pledge))).all("input", name="demands")
    assert choose(client, pledge, counties=["AL-01"]).status_code == 200
    assert followed(pledge) == (False, set(), {"AL-01"})


def test_news_ticked_in_the_pledge_form_are_ticked_here(client):
    client.post(path_of("pledges:sign", "sq"), form_data(updates="on", email="drita@shembull.al"))
    settle_all()
    pledge = Pledge.objects.get()
    client.post(links.path(Purpose.CONFIRM, pledge))
    assert ticked(client.get(manage(pledge, "sq"))) == {("updates", "on")}


def test_the_public_pages_lead_to_pledging_or_to_the_own_link(client):
    demand = path_of("campaign:demand", "en", Demand.objects.all()[0].slug_en)
    for name, path in (("demand", demand), ("county", path_of("pledges:county", "en", "kukes"))):
        page = Document(client.get(path))
        [line] = [p for p in page.all("p") if f"you can follow this {name} by email" in page.words(p)]
        hrefs = [page.of(a)["href"] for a in page.all("a", node=line)]
        assert hrefs == [path_of("pledges:sign", "en"), path_of("pledges:my_pledge", "en")]


def test_the_data_file_and_staff_who_answer_a_request_have_what_is_followed(client, pledge):
    demand = Demand.objects.all()[0]
    choose(client, pledge, demands=[demand.key], counties=["AL-01"])
    file = client.get(links.path(Purpose.DATA, pledge)).json()
    assert {(row["demand"], row["county"]) for row in file["follows"]} == {(demand.key, None), (None, "AL-01")}
    assert all(row["since"] for row in file["follows"])
    with translation.override("en"):
        [(_title, words)] = held_words(held_about(pledge.address))
    assert [value for name, value in words if name == "Followed by email"] == [demand.title_en, "Berat"]
