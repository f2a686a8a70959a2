"""What the search finds: events, organisations, every page whose address is fixed in the code, and words in a text."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from campaign.models import HelpChannel, Organisation
from campaign.organisations.models import PER_PAGE
from pledges.fixed_pages import fixed_pages
from pledges.languages import LANGUAGE_CODES
from pledges.models import Municipality
from tests.campaign.pages.test_content import make_page
from tests.drafts import make_hidden
from tests.events import make_event
from tests.organisations import PAGE, make_entry, make_joining
from tests.pages import as_typed

pytestmark = pytest.mark.django_db

SEARCH = {"sq": "/sq/kerkoni/", "en": "/en/search/"}
# Content pages, which are rows; the first page; lists whose entries are found; a view of the totals.
FOUND_OTHERWISE = {"campaign:home", "campaign:privacy", "campaign:news"}


def found(client, words, language="sq"):
    """[(path, title)] of the hits, in their order."""
    page = client.post(SEARCH[language], {"q": words}).text
    return re.findall(r'class="headline"><a href="([^"]+)">([^<]*)<', page)


def paths(client, words, language="sq"):
    return [path for path, _title in found(client, words, language)]


def march(**overrides):
    return make_event(
        title_sq="Marshimi i kumbullave",
        title_en="March of the plums",
        text_sq="Ecim bashkë me tamburë.",
        text_en="We walk together with trumpets.",
        place_sq="Te sheshi i luleve",
        place_en="At the square of flowers",
        municipality=Municipality.objects.get(name_sq="Shkodër"),
        **overrides,
    )


@pytest.mark.cases(
    ("language", "words"),
    [
        *(("sq", words) for words in ("kumbullave", "tambure", "sheshi i luleve", "kumbullave shkoder")),
        ("en", "march shkod"),
    ],
)
def test_an_event_is_found_by_title_text_and_place_in_the_language_of_the_page(client, language, words):
    event = march()
    with translation.override(language):
        hit = (event.get_absolute_url(), event.title)
    assert hit in found(client, words, language)
    other = {"sq": "en", "en": "sq"}[language]
    assert paths(client, words.split()[0], other).count(f"/{other}/") == 0
    assert hit[1] not in {title for _path, title in found(client, words, other)}


def test_past_events_are_found_below_those_to_come_and_hidden_ones_are_not(client):
    past = make_event(begins=-timedelta(days=30), title_sq="Kumbulla kumbulla kumbulla", title_en="Plums")
    coming = make_event(text_sq="Një fjalë e vetme, kumbulla, mes shumë fjalësh të tjera që flasin për gjëra të tjera.")
    make_hidden(make_event, title_sq="Kumbulla e fshehur")
    assert paths(client, "kumbulla") == [f"/sq/ngjarje/{event.slug_sq}/" for event in (coming, past)]


def test_an_organisation_is_found_at_its_entry(client):
    language = "sq"
    make_entry(name_sq="Shoqata e Kumbullave", name_en="Plum Society", text_sq="Për pemët.", text_en="For the trees.")
    for each in ("kumbullave", "shoqata pemet"):
        [path] = [path for path in paths(client, each, language) if path.startswith(PAGE[language] + "#")]
        assert f'<li id="{path.partition("#")[2]}">' in client.get(path).text


def test_no_organisation_is_found_that_the_page_does_not_show(client):
    make_hidden(make_entry, name_sq="Kumbulla e fshehur")
    make_joining(organisation="Kumbulla që pret")
    make_entry(name_sq="Kumbulla që pret", joining=make_joining("confirmed"))
    assert paths(client, "kumbulla") == []
    # Either word of one with a slash finds it, and its name is escaped.
    make_entry(name_sq="Kumbulla/Dardha <b>", name_en="Plum/Pear")
    assert paths(client, "dardha") == paths(client, "kumbulla/dardha") != []
    assert "Dardha &lt;b&gt;" in client.post(SEARCH["sq"], {"q": "dardha"}).text


def test_an_organisation_on_a_later_page_is_found_there(client):
    names = [f"Shoqata {number:03}" for number in range(PER_PAGE)]
    Organisation.objects.bulk_create(
        Organisation(key=f"o-{n}", name_sq=name, name_en=name, position=1) for n, name in enumerate(names)
    )
    last = make_entry(name_sq="Kumbulla", name_en="Plum", position=2)
    [path] = paths(client, "kumbulla")
    assert path == f"{PAGE['sq']}?page=2#{last.anchor}"
    assert f'<li id="{last.anchor}">' in client.get(path).text


def test_long_words_are_found_by_their_beginning_numbers_without_spaces_and_the_rarest_word_is_shown(client):
    make_page(body_sq=f"<p>{'Po flasim për gjëra të tjera. ' * 20}</p><p>Te kumbulla e vjetër telefononi 116 111.</p>")
    assert "<mark>kumbulla</mark>" in client.post(SEARCH["sq"], {"q": "të kumbulla"}).text
    for words in ("kumbulla 116111", "kumbulla 116 111"):
        assert "<mark>116 111</mark>" in as_typed(client.post(SEARCH["sq"], {"q": words}).text)
    for words in ("kumbulla vje", "kumbulla e", "kumbulla 116111", "kumbulla 116 111"):
        assert paths(client, words) == ["/sq/prova/"], words
    for words in ("kumbulla vj", "kumbulla etër", "kumbulla 16111"):
        assert paths(client, words) == [], words


def test_a_number_is_found_by_the_name_of_its_help_channel(client):
    make_page(body_en="<p>Plums. Call [[police-129]].</p>")
    assert paths(client, "plums police", "en") == ["/en/trial/"]
    assert "<mark>129</mark>" in client.post(SEARCH["en"], {"q": "plums police"}).text
    assert paths(client, "plums policia", "en") == paths(client, "plums ambulance", "en") == []
    HelpChannel.objects.filter(key="police-129").update(number="1 30", tel="130")
    assert paths(client, "plums 130 police", "en") == ["/en/trial/"]


def test_the_lead_is_shown_if_the_text_has_none_of_the_words(client):
    make_page(lead_sq="Te kumbulla e vjetër.", body_sq="<p>Po flasim për gjëra të tjera.</p>")
    page = client.post(SEARCH["sq"], {"q": "kumbulla"}).text
    assert "Te <mark>kumbulla</mark> e vjetër." in page and "Po flasim" not in page


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGE_CODES)
def test_a_page_of_the_sitemap_is_found_by_its_heading(client, language, subtests):
    for name in sorted({name for name, page in fixed_pages().items() if page.in_sitemap} - FOUND_OTHERWISE):
        with subtests.test(name):
            with translation.override(language):
                path = reverse(name)
                # The heading of the totals is the number.
                heading = gettext("Supporters so far") if name == "pledges:totals" else None
            heading = heading or as_typed(re.search(r"<h1[^>]*>(.*?)</h1>", client.get(path).text, re.DOTALL)[1])
            assert path in paths(client, re.sub(r"<[^>]+>|[^\w\s-]", " ", heading), language)
