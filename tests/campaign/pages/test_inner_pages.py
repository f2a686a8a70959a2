"""Content pages: contents list, what stands between and beside the text, the way on, and the page for children."""

import json
import re
import time
from collections import Counter
from datetime import date, datetime
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from campaign import richtext
from campaign.events.views import upcoming
from campaign.models import Article, Demand, HelpChannel, Organisation, Page, Statistic, Voice
from campaign.pages.inner_pages import sections, split
from tests.campaign.pages.test_content import make_page
from tests.campaign.pages.test_editing import PAGES, WORDS
from tests.drafts import hide
from tests.factories import make_staff, sign_in
from tests.pages import LANGUAGES, Document, path_of, words_on

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("language", LANGUAGES)


def page_path(key, language):
    """The path of a page by its key."""
    return path_of("pages:page", language, getattr(Page.objects.get(key=key), f"slug_{language}"))


def opened(client, key, language="sq"):
    """The Document of a page by its key."""
    return Document(client.get(page_path(key, language)))


def write(key, html):
    """Give a page this text in both languages."""
    page = Page.objects.get(key=key)
    page.body_sq = page.body_en = html
    page.save()


def way_on(page):
    """The path of the link at the end of a page, or None."""
    links = page.all("a", **{"class": "way-on"})
    return page.of(links[0])["href"] if links else None


# Every page


def test_the_contents_name_every_heading_and_lead_to_it(client):
    language, listed = "en", 0
    for key in Page.objects.filter(sector=None).exclude(key="child").values_list("key", flat=True):
        page = opened(client, key, language)
        ids = Counter(page.of(element)["id"] for element in page.all(id=True))
        assert max(ids.values()) == 1, (key, ids)
        titles = {page.words(heading) for section in page.all("section") for heading in page.all("h2", node=section)}
        contents = page.all("nav", **{"class": "contents"})
        links = page.all("a", node=contents[0]) if contents else []
        for link in links:
            assert page.of(link)["href"].removeprefix("#") in ids, (key, page.words(link))
            assert page.words(link) in titles
        listed += len(links)
    assert listed > 40


def test_each_page_ends_with_one_way_on_that_works(client):
    language = "sq"
    ways = {}
    # The page for children and that of contact end with whom to call.
    for key in Page.objects.filter(sector=None).exclude(key__in=("child", "contact")).values_list("key", flat=True):
        ways[key] = way_on(opened(client, key, language))
        assert client.get(ways[key]).status_code == 200
    assert ways["movement"] == page_path("problem", language) and ways["problem"] == page_path("demands", language)
    assert ways["demands"] == path_of("pledges:sign", language)
    assert way_on(opened(client, "child", language)) is None, "a child is not sent to the pledge"
    assert way_on(Document(client.get(path_of("campaign:news", language)))) == path_of("pledges:sign", language)
    hide(Page.objects.filter(key="problem"))
    assert way_on(opened(client, "movement", language)) == path_of("pledges:sign", language)


def test_staff_lay_out_a_new_page(client):
    text = {"body_sq": "<h2>Një</h2><p>A.</p><h2>Dy</h2><p>B.</p>"}
    layout = {"layout": "demands", "beside": "-, one-in-ten", "next_page": "campaign:help", "write_to": "press"}
    label = {"next_label_sq": "Kush dëgjon", "next_label_en": "Who listens"}
    sign_in(Client(), make_staff(superuser=True)).post(f"{PAGES}add/", WORDS | text | layout | label)
    page = Document(client.get("/sq/guximi/"))
    assert page.all("div", **{"class": "demand"}) and page.one("section", id="write-to-us")
    figure = Statistic.objects.get(key="one-in-ten")
    assert figure.text_sq in page.words(page.one("div", **{"class": "side"}))
    assert way_on(page) == path_of("campaign:help", "sq")
    assert page.words(page.one("a", **{"class": "way-on"})).endswith("Kush dëgjon")


@pytest.mark.cases(
    ("html", "links"),
    [
        ("<p>Kumbulla.</p>", 0),
        ("<h2>Një</h2><p>Kumbulla.</p>", 0),
        ("<p>Hyrja.</p><h2>Një</h2><p>Kumbulla.</p><h2>Dy</h2>", 2),
        ("<h2></h2><p>Kumbulla.</p>", 0),
        ("<h2>Pse?</h2><h3>Si?</h3><p>Kumbulla.</p><h2>Dy &amp; &lt;b&gt;</h2>", 2),
        (f"<h2>{'fjalë ' * 200}</h2>{'<p>Kumbulla.</p>' * 500}" * 3, 3),
    ],
)
def test_a_page_shows_any_text(client, html, links):
    make_page(body_sq=html)
    page = Document(client.get("/sq/prova/"))
    contents = page.all("nav", **{"class": "contents"})
    assert (len(page.all("a", node=contents[0])) if contents else 0) == links
    assert "Kumbulla." in page.words(page.one("main")) and len(page.all("h1")) == 1
    assert not page.all("b", node=page.one("main"))


# Problem, demands, questions, partners, press


def test_the_figures_say_age_year_method_and_source_or_that_it_is_not_known(client):
    language = "en"
    page = opened(client, "problem", language)
    [band] = page.all("section", **{"class": "blue"})
    assert "1 in 10" in page.words(band)
    rows = page.all("tr", node=page.all("tbody", node=page.one("main"))[0])
    figures = list(Statistic.objects.all())
    assert len(rows) == len(figures) == 9
    unknown = "not known"
    for figure, row in zip(figures, rows, strict=True):
        with_language = {name: getattr(figure, f"{name}_{language}") for name in ("value", "age", "method", "source")}
        cells = [page.words(cell) for cell in row.children if not isinstance(cell, str)]
        assert cells[0] == with_language["value"]
        assert cells[2].endswith(with_language["age"] or unknown)
        assert cells[3].endswith(str(figure.year or unknown))
        assert cells[4].endswith(with_language["method"] or unknown)
        assert cells[5].endswith(with_language["source"])
    assert sum(unknown in page.words(row) for row in rows) == 3


@pytest.mark.cases(
    ("path", "most"),
    [("/sq/si-numerojme/", 600), ("/en/how-we-count/", 600), ("/sq/privatesia/", 1400), ("/en/privacy/", 1400)],
)
def test_a_hard_page_is_short(client, path, most):
    page = Document(client.get(path))
    assert len(page.words(page.one("main")).split()) <= most


def test_pages_work_without_what_they_list(client):
    hide(Demand)
    for model in (Statistic, Organisation, Voice):
        model.objects.all().delete()
    for key in ("movement", "problem", "demands", "partners"):
        page = opened(client, key)
        assert not page.all("table") and not page.all("section", **{"class": "blue"})
        for section in page.all("section"):
            assert page.words(section), key
    for model in (Article, Page):
        model.objects.all().delete()
    assert "Lajme" not in words_on(client, "/sq/")


def test_the_demands_come_first_each_with_four_steps_and_its_source(client):
    language = "en"
    page = opened(client, "demands", language)
    section = page.all("section")[0]
    demands = page.all("div", node=section, **{"class": "demand"})
    assert [page.words(page.all("h2", node=each)[0]) for each in demands] == [
        getattr(demand, f"title_{language}") for demand in Demand.objects.all()
    ]
    for each, demand in zip(demands, Demand.objects.all(), strict=True):
        [steps] = page.all("ol", node=each)
        assert len(page.all("li", node=steps)) == 4 and demand.steps.first().source_title in page.words(each)
        [link] = page.all("a", node=page.all("h2", node=each)[0])
        assert page.of(link)["href"] == path_of("campaign:demand", language, getattr(demand, f"slug_{language}"))


def test_questions_are_folded_and_lose_nothing(client):
    language = "sq"
    page = opened(client, "questions", language)
    body = getattr(Page.objects.get(key="questions"), f"body_{language}")
    folds = page.all("details", node=page.one("main"))
    assert len(folds) == len(re.findall("<h3>", body)) > 10
    assert all(page.words(page.all("h3", node=fold)[0]).endswith("?") for fold in folds)
    assert all(page.all("p", node=fold) for fold in folds)


def test_every_download_of_the_press_page_exists_and_has_a_preview(client):
    page = opened(client, "press")
    links = [link for link in page.all("a", href=True) if "download" in page.of(link)]
    assert len(links) == 6
    for link in links:
        [preview] = page.all("img", node=link)
        assert page.of(preview)["alt"] == "" and page.words(link)
        for address in (page.of(link)["href"], page.of(preview)["src"]):
            assert client.get(address).getvalue()


# The page for children


def test_the_first_links_of_the_page_for_children_call_and_chat(client):
    language = "sq"
    page = opened(client, "child", language)
    links = [page.of(link)["href"] for link in page.all("a", node=page.one("main"))]
    assert links[1:4] == ["tel:116111", "tel:116111", "https://alo116.al"]
    assert page.words(page.one("p", **{"class": "number-to-call"})) == "116 111"


def test_the_page_for_children_says_everything_that_staff_wrote(client):
    language = "sq"
    page = opened(client, "child", language)
    row = Page.objects.get(key="child")
    headings = re.findall("<h[23]>(.*?)</h[23]>", getattr(row, f"body_{language}"))
    read = page.words(page.one("main"))
    assert len(headings) > 12 and [heading for heading in headings if heading not in read] == []
    assert len(page.all("details", node=page.one("main"))) == 4
    assert len(page.all("h2", node=page.one("div", **{"class": "sentences wrap"}))) == 3
    assert all(name in " ".join(headings) for name in ("familj", "sekret", "kohë më parë", "djalë"))


@pytest.mark.cases("html", ["<p>Kumbulla.</p>", "<h2>Po?</h2><p>Kumbulla.</p>", "<h2>A</h2><h3>B</h3>Kumbulla."])
def test_the_page_for_children_shows_any_text(client, html):
    write("child", html)
    hide(HelpChannel)
    page = opened(client, "child")
    assert "Kumbulla." in page.words(page.one("main")) and not page.all("p", **{"class": "number-to-call"})


# Names


@BOTH
def test_a_page_has_one_name_and_a_name_one_page(client, language):
    page = Document(client.get(path_of("campaign:home", language)))
    places = [*page.all("header"), *page.all("footer"), *page.all("aside", **{"class": "help-strip"})]
    links = {
        (page.of(link)["href"], page.words(link))
        for place in places
        for link in page.all("a", node=place, href=True)
        if page.of(link).get("class") not in ("brand", "lang", "exit")
    }
    assert len(links) > 20
    for names in zip(*links, strict=True):
        assert [name for name, times in Counter(names).items() if times > 1] == []
    footer = page.one("footer")
    assert {"sq": "Kush jemi", "en": "Who we are"}[language] in page.words(footer)
    assert len(page.all("a", node=footer)) == 9


# News


def publish(day, **values):
    """An article of this day."""
    number = Article.objects.count()
    texts = {"title": f"Lajmi {number}", "lead": "Hyrja.", "body": "<p>T.</p>"} | values
    both = {f"{name}_{language}": text for name, text in texts.items() for language in LANGUAGES}
    return Article.objects.create(slug_sq=f"l-{number}", slug_en=f"n-{number}", date=day, **both)


def test_an_article_leads_to_the_others(client):
    language = "sq"
    publish(date(2024, 5, 1))
    articles = list(Article.objects.all())
    assert len(articles) == 4
    paths = [path_of("campaign:article", language, getattr(each, f"slug_{language}")) for each in articles]
    for number, path in enumerate(paths):
        page = Document(client.get(path))
        assert way_on(page) == paths[(number + 1) % 4], "the older one, and the newest after the oldest"
        hrefs = {page.of(link)["href"] for link in page.all("a", node=page.one("main"), href=True)}
        assert set(paths) - {path} <= hrefs
        assert articles[number].source in page.words(page.one("main"))


@pytest.mark.cases(
    ("today", "expected"),
    [
        (date(2026, 11, 26), date(2027, 6, 1)),
        (date(2027, 6, 1), date(2027, 6, 1)),
        (date(2027, 6, 2), date(2027, 11, 18)),
        (date(2028, 2, 29), date(2028, 6, 1)),
    ],
)
def test_the_next_day_of_the_year(today, expected):
    at = timezone.make_aware(datetime.fromisoformat(f"{today} 12:00"))
    assert upcoming([], at)[0].date == expected


# Search engines


def structured(client, path):
    """{type: structured data} of a page."""
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', client.get(path).text)
    return {data["@type"]: data for data in map(json.loads, blocks)}


def test_search_engines_learn_the_logo_other_names_and_place_of_the_movement(client):
    language = "sq"
    data = structured(client, path_of("campaign:home", language))["Organization"]
    assert data["name"] not in data["alternateName"]
    assert {"sq": "#WEARE1", "en": "#NEJEMI1"}[language] in data["alternateName"]
    assert data["foundingLocation"]["@type"] == "Place" and data["areaServed"]["name"] == "Albania"
    assert client.get(urlsplit(data["logo"]["url"]).path).getvalue().startswith(b"\x89PNG")


def test_search_engines_learn_image_and_author_of_an_article(client):
    language = "en"
    article = Article.objects.first()
    path = path_of("campaign:article", language, getattr(article, f"slug_{language}"))
    data = structured(client, path)["NewsArticle"]
    assert data["author"]["name"] == data["publisher"]["name"] == {"sq": "#NEJEMI1", "en": "#WEARE1"}[language]
    assert data["author"]["logo"]["@type"] == "ImageObject"
    assert client.get(urlsplit(data["image"]).path).headers["Content-Type"] == "image/png"


# What happens after a report


KEY = "after_report"
SOURCE = {"sq": "Burimi:", "en": "Source:"}
UNKNOWN = {"sq": "Këtë nuk e dimë", "en": "What we do not know"}


@BOTH
def test_each_of_three_groups_reads_four_steps_with_a_source_and_what_is_not_known(client, language):
    page = opened(client, KEY, language)
    ways = page.all("ol", **{"class": "way"})
    assert len(ways) == 3
    for way in ways:
        *known, unknown = page.all("li", node=way)
        assert len(known) == 4
        for step in known:
            assert "class" not in page.of(step)
            [source] = page.all("div", node=step, **{"class": "small"})
            assert page.words(source).startswith(SOURCE[language])
            assert page.words(step).count(SOURCE[language]) == 1
        assert page.of(unknown)["class"] == "unknown"
        assert page.words(page.all("h3", node=unknown)[0]) == UNKNOWN[language]
        assert {page.of(link)["href"] for link in page.all("a", node=unknown)} == {"tel:116111", "tel:129"}
    assert page.all("a", href="/sq/ndihme/njmf/" if language == "sq" else "/en/help/child-protection-units/")


def test_staff_write_the_steps_and_one_without_a_source_is_not_known(client):
    language = "en"
    source = f"<p>{SOURCE[language]} <em>x.al</em>, 2026</p>"
    write(KEY, f"<h2>A</h2><p>Hyrja.</p><h3>Një</h3><p>1</p>{source}<h3>Dy</h3><p>2</p><h2>B</h2><p>Kumbulla.</p>")
    page = opened(client, KEY, language)
    [way] = page.all("ol", **{"class": "way"})
    one, two = page.all("li", node=way)
    assert page.words(one) == f"Një 1 {SOURCE[language]} x.al , 2026" and "class" not in page.of(one)
    assert page.words(two) == "Dy 2" and page.of(two)["class"] == "unknown"
    assert "Hyrja." in page.words() and "Kumbulla." in page.words()


# Rich text in sections: all that staff write is kept, in order, under headings that can be linked to


def in_sections(html):
    """[(title, anchor, HTML)] of the sections of a text as staff wrote it."""
    return [(section.title, section.anchor, section.html) for section in sections(richtext.clean(html))]


@pytest.mark.cases(
    ("html", "expected"),
    [
        ("", []),
        ("<p>a</p>", [("", "", "<p>a</p>")]),
        ("<h2>A</h2><p>b</p>", [("A", "a", "<p>b</p>")]),
        ("<p>a</p><h2>B</h2>", [("", "", "<p>a</p>"), ("B", "b", "")]),
        ("<h2>A</h2>\n<p>b<br>c</p>\n<h2>D</h2><p>e</p>", [("A", "a", "\n<p>b<br>c</p>\n"), ("D", "d", "<p>e</p>")]),
        # Anchors are slugs, each once, and none is an id of the page.
        ("<h2>Çfarë?</h2><h2>Çfarë</h2>", [("Çfarë?", "cfare", ""), ("Çfarë", "cfare-2", "")]),
        ("<h2>Content</h2><h2>…</h2><h2>?</h2>", [("Content", "content-2", ""), ("…", "part", ""), ("?", "part-2", "")]),
        (f"<h2>{'a' * 200}</h2>", [("a" * 200, "a" * 60, "")]),
        # A heading without text is dropped, its text is not.
        ("<h2>A</h2><p>b</p><h2> </h2><p>c</p>", [("A", "a", "<p>b</p><p>c</p>")]),
        ("<h2></h2><p>c</p>", [("", "", "<p>c</p>")]),
        # Headings within other elements do not split.
        ("<blockquote><h2>A</h2><p>b</p></blockquote>", [("", "", "<blockquote><h2>A</h2><p>b</p></blockquote>")]),
        ("<ul><li><h2>A</h2></li></ul><h2>B</h2>", [("", "", "<ul><li><h2>A</h2></li></ul>"), ("B", "b", "")]),
        # Entities stay escaped in HTML and are characters in titles.
        ("<h2>A &amp; B &lt;i&gt;</h2><p>&amp;lt; ë</p>", [("A & B <i>", "a-b-i", "<p>&amp;lt; ë</p>")]),
        ("<h2><strong>A</strong> <a href='tel:129'>129</a></h2>", [("A 129", "a-129", "")]),
        ("<h2>open <p>never closed", [("open never closed", "open-never-closed", "")]),
    ],
)  # fmt: skip
def test_a_text_is_split_at_its_headings(html, expected):
    assert in_sections(html) == expected


MARKUP = st.lists(
    st.sampled_from(
        "<h2> </h2> <h3> </h3> <p> </p> <ul><li> </li></ul> <blockquote> </blockquote> <br> <a_href='/x?a=1&b'> </a>".split()
    )
    | st.text("aë <>&\"'", max_size=5)
).map("".join)


@given(MARKUP)
def test_no_text_is_lost(html):
    html = richtext.clean(html.replace("_", " "))
    for tag in ("h2", "h3"):
        (_none, before), *parts = split(html, tag)
        assert before + "".join(f"<{tag}>{heading}</{tag}>{body}" for heading, body in parts) == html
    anchors = [section.anchor for section in sections(html) if section.title]
    assert len(set(anchors)) == len(anchors) and "" not in anchors


@pytest.mark.cases(
    ("html", "shape"),
    [
        ("<p>a</p>", "sentence"),
        ("<p>a</p><p>b</p>", "text"),
        ("<p>a</p><blockquote>b</blockquote>", "text"),
        ("<p>a</p><ol><li>b</li></ol>", "stages"),
        ("<h3>a</h3><ul><li>b</li></ul>", "columns"),
        ("", "text"),
    ],
)
def test_the_shape_of_a_section(html, shape):
    [section] = sections(f"<h2>A</h2>{html}")
    assert section.shape == shape


def test_subheadings_that_are_all_questions_are_questions():
    [section] = sections("<h2>A</h2><p>b</p><h3>Pse?</h3><p>c</p><h3>Si?</h3><p>d</p>")
    assert [part.title for part in section.questions] == ["Pse?", "Si?"] and len(section.parts) == 3
    for html in ("<h3>Pse?</h3><h3>Sepse</h3>", "<p>Pse?</p>"):
        [section] = sections(f"<h2>A?</h2>{html}")
        assert section.questions == []


@pytest.mark.cases("html", ["<h2>a</h2>" * 10_000, "<h2>a</h2>" + "<h3>b?</h3><p>c</p>" * 10_000, "&amp;" * 50_000])
def test_the_time_grows_with_the_length_of_the_text(html):
    before = time.process_time()
    for section in sections(html):
        assert section.parts or not section.html
    assert time.process_time() - before < 5
