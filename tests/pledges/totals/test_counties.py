"""The pages of counties: only published figures, in both languages."""

import re

import pytest
from django.conf import settings
from django.utils import translation

from pledges.models import County, Goal, PublishedFigure
from pledges.places.models import definite_form
from tests.pages import LANGUAGES, Document, path_of
from tests.published import show_counties
from tests.tally import put_cells

pytestmark = pytest.mark.django_db

SHKODER, TIRANE, KUKES = "AL-10", "AL-11", "AL-07"
DEFINITE = (
    "Berati Durrësi Elbasani Fieri Gjirokastra Korça Kukësi Lezha Dibra Shkodra Tirana Vlora".split()  # by ISO code
)


def slugs(language):
    """{code: slug} of all counties with a page."""
    with translation.override(language):
        return {county.code: county.slug for county in County.objects.exclude(code="abroad")}


def publish(**people):
    """Publish so many people of each county (its name without signs), and some elsewhere."""
    codes = {"shkoder": SHKODER, "tirane": TIRANE, "kukes": KUKES}
    show_counties({codes[name]: n for name, n in people.items()} | {"AL-02": 90, "": 90})


def test_the_definite_forms_of_all_counties():
    names = County.objects.exclude(code="abroad").order_by("code").values_list("name_sq", flat=True)
    assert [definite_form(name) for name in names] == DEFINITE


def test_each_county_has_a_page_with_its_own_title_and_description(client):
    language = "sq"
    publish(shkoder=75, tirane=400)
    titles, descriptions = set(), set()
    for code, slug in slugs(language).items():
        page = Document(client.get(path_of("pledges:county", language, slug)))
        assert page.words(page.one("h1")).startswith("Ne jemi ")
        description = page.of(page.one("meta", name="description"))["content"]
        assert len(page.title) <= 65 and len(description) <= 160, code
        titles.add(page.title)
        descriptions.add(description)
        other = {each: path_of("pledges:county", each, slugs(each)[code]) for each in LANGUAGES}
        assert page.of(page.one("link", rel="canonical"))["href"] == settings.SITE_URL + other[language]
        [switch] = page.all("a", **{"class": "lang"})
        assert page.of(switch)["href"] == other["en"]
    assert len(titles) == len(descriptions) == 12


def test_a_page_shows_the_published_figure_with_its_time_and_place(client):
    publish(shkoder=765, tirane=4000)
    Goal.objects.create(people=800, county_id=SHKODER)
    PublishedFigure.objects.update(looked_at="2026-11-25T13:00:00Z")
    page = Document(client.get("/sq/sa-jemi/shkoder/"))
    shown = page.words(page.one("main")).replace("\xa0", " ")
    for each in (
        *("Ne jemi Shkodra", "765 mbështetës, afërsisht", "Gjendja më 25 nëntor 2026, ora 14:00"),
        *("Edhe rreth 35 veta, dhe Shkodra bëhet me 800 mbështetës.", "Çdo pikë përfaqëson 2 veta"),
    ):
        assert each in shown


def test_a_county_without_a_published_figure_says_so_and_shows_no_number(client):
    publish(shkoder=75, kukes=0)
    page = Document(client.get("/sq/sa-jemi/kukes/"))
    shown = page.words(page.one("main"))
    assert "Ende pa shifër" in shown and "rreth 60 veta a më shumë" in shown
    [count] = page.all("p", **{"class": "count"})
    assert not re.search(r"\d", page.words(count))


def test_people_who_are_not_published_yet_do_not_change_a_page(client):
    publish(shkoder=75, kukes=0)
    paths = ["/sq/sa-jemi/shkoder/", "/sq/sa-jemi/kukes/"]
    before = [client.get(path).headers["ETag"] for path in paths]
    put_cells({("parents", SHKODER): 4, ("parents", KUKES): 20})
    assert [client.get(path).headers["ETag"] for path in paths] == before


@pytest.mark.parametrize(
    ("path", "target"), [("/en/totals/tirane/", "/en/totals/tirana/"), ("/sq/sa-jemi/tirana/", "/sq/sa-jemi/tirane/")]
)
def test_the_address_of_the_other_language_redirects(client, path, target):
    response = client.get(path)
    assert (response.status_code, response.headers["Location"]) == (301, target)


def test_an_unknown_county_is_a_404_with_the_numbers(client):
    for path in ("/sq/sa-jemi/beograd/", "/en/totals/abroad/", "/sq/sa-jemi/outside-albania/"):
        response = client.get(path)
        assert response.status_code == 404, path
        page = Document(response)
        assert [page.words(each) for each in page.all("b", node=page.one("main"))] == ["116 111", "129", "112"], path


def test_the_search_finds_the_page_by_the_name_of_the_county(client):
    found = Document(client.post("/sq/kerkoni/", {"q": "shkoder"}))
    assert "/sq/sa-jemi/shkoder/" in {found.of(link)["href"] for link in found.all("a", href=True)}


def test_the_ways_to_pass_on_name_the_county_and_no_number(client):
    publish(shkoder=765)
    page = Document(client.get("/sq/sa-jemi/shkoder/"))
    [whatsapp] = [link for link in page.all("a", href=True) if page.of(link)["href"].startswith("https://wa.me/")]
    assert "Shkodra" in page.of(whatsapp)["href"] and "765" not in page.of(whatsapp)["href"]
    assert "btn-2" in page.of(whatsapp)["class"], "the filled button is the one of the pledge"
