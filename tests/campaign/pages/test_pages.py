"""The public pages, and what every page has (acceptance stories 21 and 22)."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from campaign.models import Article, Demand, HelpChannel, Page, SiteSettings
from campaign.templatetags.campaign_tags import NO_BREAK_SPACE, WORD_JOINER, unbroken
from pledges.fixed_pages import fixed_pages
from pledges.models import County, Sector
from tests.drafts import hide
from tests.factories import make_pledge
from tests.pages import LANGUAGES, Document, path_of, personal_visits, public_paths
from tests.tally import put_cells
from tests.weare1.test_languages import foreign_words

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("language", LANGUAGES)
LONGEST_TITLE = 65


def other(language):
    return "en" if language == "sq" else "sq"


def alternates(page):
    """{language: address} of the hreflang links of a page."""
    return {
        page.of(link)["hreflang"]: page.of(link)["href"] for link in page.all("link", rel="alternate", hreflang=True)
    }


def insert_tally(**people):
    """Add so many people of each sector to the tally."""
    put_cells({(slug.replace("_", "-"), "AL-11"): n for slug, n in people.items()})


# Every public page (story 21: both languages)


def check_is_complete(page, name, language):
    assert page.of(page.one("html"))["lang"] == language
    [heading] = page.all("h1")
    assert page.words(heading)
    assert page.title.endswith("#NEJEMI1" if language == "sq" else "#WEARE1")
    if name in set(fixed_pages()) - {"campaign:home"}:
        with translation.override(language):
            assert page.title.startswith(str(fixed_pages()[name].title))
    assert page.one("main", id="content") and page.one("a", href="#content")


def check_names_both_addresses(page, name, language):
    here, there = (settings.SITE_URL + path_of(name, code) for code in (language, other(language)))
    assert page.of(page.one("link", rel="canonical"))["href"] == here
    expected = {language: here, other(language): there}
    assert alternates(page) == expected | {"x-default": expected["sq"]}


def check_switches_language(page, name, language):
    [switch] = [page.of(each) for each in page.all(**{"class": "lang"})]
    assert switch["lang"] == other(language)
    assert switch.get("href", switch.get("formaction")) == path_of(name, other(language))


def check_sends_no_referrer(page, *_page):
    for link in page.all("a", href=True):
        target = urlsplit(page.of(link)["href"])
        if target.netloc and target.scheme in ("", "http", "https"):
            assert "noreferrer" in page.of(link)["rel"].split()


OF_PUBLIC_PAGES = (check_is_complete, check_names_both_addresses, check_switches_language)


def check_link_preview(page, _name, language):
    """What a messenger shows beside a link: WhatsApp cuts off a longer title."""
    values = {page.of(meta).get("property"): page.of(meta).get("content") for meta in page.all("meta")}
    assert 0 < len(values["og:title"]) <= LONGEST_TITLE
    assert f"/{language}/" in values["og:image"]


@pytest.mark.quick
def test_21_22_9_every_public_page_and_the_sitemap(client, subtests):
    make_pledge(state="confirmed")
    Article.objects.filter(pk=1).update(
        lead_sq="Fjalë të tjera, me radhë. " * 15, lead_en="Other words, in a row. " * 15
    )
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    urls = ET.fromstring(client.get("/sitemap.xml").content).findall("s:url", space)
    listed = {
        urlsplit(url.find("s:loc", space).text).path: {
            link.get("hreflang"): link.get("href") for link in url.findall("x:link", space)
        }
        for url in urls
    }
    public = {path: name for name, _language, path in public_paths()}
    titles, descriptions = set(), set()
    for path in {**public, **listed}:
        name, language = public.get(path), path[1:3]
        response = client.get(path)
        assert response.status_code == 200, path
        page = Document(response)
        titles.add(page.title)
        description = page.of(page.one("meta", name="description"))["content"]
        assert description.strip(), path
        for check in (*(OF_PUBLIC_PAGES if name else ()), check_sends_no_referrer, check_link_preview, *EVERYWHERE):
            with subtests.test(check.__name__, path=path):
                check(page, name, language)
        with subtests.test("lines", path=path):
            assert breakable(response.text) == []
        if path in listed:
            with subtests.test("sitemap", path=path):
                assert 20 <= len(description) <= 160 and description not in descriptions
                descriptions.add(description)
                assert page.of(page.one("link", rel="canonical"))["href"] == settings.SITE_URL + path
                assert listed[path] == alternates(page)
    assert len(titles) == len({**public, **listed}) > 130
    # Eight pages only follow a form, and the wall of names must not be indexed.
    left_out = {"pledges:group_inbox", "pledges:group_under_18", "pledges:join_inbox", "pledges:enquiry_sent"}
    left_out |= {"pledges:inbox", "pledges:under_16", "pledges:my_pledge_sent", "pledges:wall"}
    left_out |= {"campaign:contact_under_16"}
    expected = [path for path, name in public.items() if name not in left_out]
    for language in LANGUAGES:
        with translation.override(language):
            for row in (*Page.objects.exclude(key="privacy"), *Article.objects.all(), *Demand.objects.all()):
                expected.append(row.get_absolute_url())
            counties = County.objects.exclude(code=County.ABROAD)
            expected += [path_of("pledges:county", language, county.slug) for county in counties]
    assert {url.find("s:loc", space).text for url in urls} == {settings.SITE_URL + path for path in expected}
    assert len(urls) == len(listed)


def test_21_the_language_switch_keeps_the_chosen_sector(client):
    language = "sq"
    page = Document(client.get(path_of("pledges:sign", language) + "?sector=artists"))
    switch = page.of(page.one("button", **{"class": "lang"}))
    assert switch["formaction"] == path_of("pledges:sign", other(language)) + "?sector=artists"
    arrived = Document(client.get(switch["formaction"]))
    assert arrived.of(arrived.one("input", name="sector", checked=True))["value"] == "artists"
    assert "sector" not in arrived.of(arrived.one("link", rel="canonical"))["href"]


def test_21_on_a_404_the_language_switch_leads_to_the_other_home_page(client):
    for path in ("/en/nuk-ka/", "/nuk-ka"):
        page = Document(client.get(path))
        code = page.of(page.one("html"))["lang"]
        assert page.of(page.one("a", **{"class": "lang"}))["href"] == f"/{other(code)}/"
        assert alternates(page) == {} and not page.all("link", rel="canonical")


def test_robots_txt_excludes_the_admin_and_names_the_sitemap(client):
    lines = client.get("/robots.txt").text.splitlines()
    assert "Disallow: /admin/" in lines and f"Sitemap: {settings.SITE_URL}/sitemap.xml" in lines


def test_the_manifest_names_icons_that_exist(client):
    manifest = client.get("/site.webmanifest").json()
    assert manifest["start_url"] == "/" and len(manifest["icons"]) == 2
    for icon in manifest["icons"]:
        response = client.get(icon["src"])
        assert response.status_code == 200 and response.getvalue().startswith(b"\x89PNG")
        response.close()


# Story 22: quick exit and helplines


def check_exit_and_helplines(page, *_page, exit_url="https://www.google.com/"):
    [exit_link] = page.all("a", **{"data-exit": True})
    assert page.of(exit_link)["href"] == exit_url
    assert set(page.of(exit_link)["rel"].split()) == {"nofollow", "noreferrer"}
    [strip] = page.all("aside", **{"class": "help-strip"})
    numbers = [page.of(link)["href"] for link in page.all("a", node=strip, href=True)]
    assert {"tel:116111", "tel:129", "tel:112"} <= set(numbers)
    # First in the tab order after the skip link.
    links = [element for element in page.all(href=True) if element.name == "a"]
    assert page.of(links[0])["href"] == "#content"
    assert links.index(exit_link) <= 5


# {status: what is shown}. Every other page has 200.
STATUS = {
    400: ["sign, request body too large"],
    403: ["cross-site request"],
    404: ["not found"],
    409: ["voice that has changed", "sign, while paused", "answered too late", "new address is taken"],
    422: [
        *(f"enquiry about {purpose}, with every error" for purpose in ("press", "offer", "data", "site", "other")),
        *(f"join, with {what}" for what in ("every error", "wrong addresses")),
        *(f"sign, with {what}" for what in ("every error", "an invalid name", "too long a name")),
        *(f"group, with {what}" for what in ("every error", "wrong numbers")),
        *("enquiry, too long", "further message without words", "no logo", "my pledge, with an error", "not saved"),
        *("requested too soon", "not an address", "invalid commitments", "plan with errors", "no answer"),
        *("a wrong choice of what to follow", "wrong number"),
    ],
    429: [
        *(f"{form}, rate limit" for form in ("sign", "group", "join", "my pledge")),
        *("sign, rate limit, wrong solution", "sign, slow lane full", "sign, while everyone is checked"),
    ],
}  # fmt: skip


def test_22_staff_set_the_target_of_the_quick_exit(client):
    SiteSettings.objects.create(pk=1, exit_url="https://www.example.org/moti")
    for path in ("/sq/", "/en/help/", "/en/pledge/"):
        check_exit_and_helplines(Document(client.get(path)), exit_url="https://www.example.org/moti")


def test_22_a_change_of_the_strip_appears_on_every_page(client):
    police = HelpChannel.objects.get(tel="129")
    police.number, police.tel, police.short_sq, police.short_en = "+355 129", "+355129", "rojat", "guards"
    police.save()
    for language, word in (("sq", "rojat"), ("en", "guards")):
        page = Document(client.get(path_of("campaign:privacy", language)))
        [link] = page.all("a", href="tel:+355129")
        assert page.words(link) == f"+355 129 {word}"
    hide(HelpChannel)
    assert Document(client.get("/sq/")).all("a", **{"data-exit": True}), (
        "the quick exit does not depend on the channels"
    )


def test_22_the_help_page_has_every_channel_and_marks_those_that_work_from_abroad(client):
    language = "sq"
    page = Document(client.get(path_of("campaign:help", language)))
    read = page.words(page.one("main"))
    channels = HelpChannel.objects.all()
    assert len(channels) >= 5
    for channel in channels:
        assert channel.name in read or channel.number in read
    abroad = page.words(page.all(id="abroad")[0])
    for channel in channels:
        name = getattr(channel, f"name_{language}")
        assert (name in abroad) == channel.from_abroad
    assert not re.search(r"\b(116 111|129|112)\b", abroad), "short numbers do not work from abroad"


# Promise 9: no third party

LOADED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
    "form": ("action",),
    "button": ("formaction",),
}
LOADED_LINKS = {"stylesheet", "icon", "apple-touch-icon", "preload", "manifest", "modulepreload", "prefetch"}


def check_no_inline_code_and_no_third_party(page, *_page):
    """No inline script, style or handler, and nothing loads from another host."""
    assert not page.all("style") and not page.all("base")
    # JSON in a script element is data and is not executed.
    data = ("application/ld+json", "application/json")
    runs = [script for script in page.all("script") if page.of(script).get("type") not in data]
    assert not [script for script in runs if not page.of(script).get("src")]
    addresses = []
    for element in page.all():
        attributes = page.of(element)
        assert "style" not in attributes, element
        assert not [name for name in attributes if name.startswith("on")], element
        assert not re.match(r"\s*(data|javascript|blob):", attributes.get("href") or ""), element
        addresses += [attributes[name] for name in LOADED.get(element.name, ()) if attributes.get(name)]
        if element.name == "link" and set(attributes["rel"].split()) & LOADED_LINKS:
            addresses.append(attributes["href"])
    assert len(addresses) >= 3
    for address in addresses:
        parts = urlsplit(address)
        assert not parts.scheme and not parts.netloc, address


def check_words(page, _name, language):
    assert page.of(page.one("html"))["lang"] == language
    assert foreign_words(page) == {}


EVERYWHERE = (check_exit_and_helplines, check_no_inline_code_and_no_third_party, check_words)


@pytest.mark.quick
@pytest.mark.parametrize("language", ["sq", pytest.param("en", marks=pytest.mark.slow)])
def test_22_9_every_personal_page_and_every_error(client, language, subtests):
    seen = {}
    for what, response in personal_visits(client, language):
        page = Document(response)
        seen[what] = response.status_code
        with subtests.test(what):
            assert len(page.all("h1")) == 1 and breakable(response.text) == []
            for check in EVERYWHERE:
                check(page, what, language)
    expected = {what: status for status, visits in STATUS.items() for what in visits}
    assert {what: status for what, status in seen.items() if status != 200} == expected
    assert len(seen) > 110


def test_9_no_admin_page_has_inline_code_or_requests_another_host(admin_client):
    for path in ("/admin/", "/admin/pledges/pledge/", "/admin/pledges/sector/add/", "/admin/campaign/helpchannel/"):
        check_no_inline_code_and_no_third_party(Document(admin_client.get(path)))
    check_no_inline_code_and_no_third_party(Document(Client().get("/admin/account/login/")))


def test_9_no_stylesheet_requests_another_host():
    sheets = list(Path(settings.BASE_DIR, "static/css").glob("*.css"))
    assert len(sheets) >= 3
    for sheet in sheets:
        for address in re.findall(r"url\(([^)]*)\)|@import\s+(\S+)", sheet.read_text()):
            assert not re.match(r"""["']?(\w+:|//)""", "".join(address)), (sheet.name, address)


# Figures on the home page


@pytest.mark.cases("path", ["/en/", "/en/totals/"])
def test_without_pledges_pages_invite_to_be_the_first(client, path):
    page = Document(client.get(path))
    main = page.words(page.one("main"))
    assert "Be the first to sign" in main and not re.search(r"(?<![\d\xa0.,])0 supporter", main)
    assert not page.all("b", **{"class": "num"})


def test_one_supporter_is_singular(client):
    insert_tally(parents=1)
    for path, words in (("/en/", "1 supporter so far"), ("/sq/", "1 mbështetës deri tani")):
        page = Document(client.get(path))
        assert page.words(page.one("p", **{"class": "count"})).startswith(words)


@BOTH
def test_no_total_says_that_the_children_it_counts_have_signed(client, language):
    insert_tally(parents=3, children=40)
    for name, tag, place in (
        ("campaign:home", "p", "count"),
        ("pledges:sign", "p", "signed-so-far"),
        ("pledges:totals", "p", "lead"),
    ):
        page = Document(client.get(path_of(name, language)))
        for node in page.all(tag, **{"class": place}):
            assert not re.search(r"\bsigned\b|nënshkruar|[Cc]onfirmed|konfirmuara", page.words(node))
    descriptions = [page.of(meta).get("content", "") for meta in page.all("meta")]
    assert not any(re.search("have signed|kanë nënshkruar|onfirmed|konfirmuara", words) for words in descriptions)
    assert not re.search("onfirmed pledges of|zotimet e konfirmuara të", page.words(page.one("main")))


def test_home_shows_each_demand_in_one_line_with_its_latest_step_and_the_children_with_their_class(client):
    insert_tally(children=12_345)
    home = Document(client.get("/sq/"))
    main = home.one("main")
    for demand in Demand.objects.all():
        assert demand.title_sq in home.words(main)
    assert len(home.all("li", node=main, **{"aria-current": "step"})) == Demand.objects.count()
    links = {home.words(link): home.of(link)["href"] for link in home.all("a", node=main)}
    assert links["Fëmijë, me klasën e tyre 12\xa0345"] == path_of("pledges:group", "sq")


@BOTH
def test_home_and_form_lead_to_the_pledge_of_a_group_before_the_first_one_counts(client, language):
    insert_tally(parents=3)
    home = Document(client.get(path_of("campaign:home", language)))
    links = {home.words(link): home.of(link)["href"] for link in home.all("a", node=home.one("main"))}
    words = {"sq": "Fëmijë, me klasën e tyre", "en": "Children, with their class"}[language]
    group = path_of("pledges:group", language)
    assert links[words] == group and Document(client.get(path_of("pledges:sign", language))).all("a", href=group)


def test_every_sector_links_to_the_form_with_it_selected(client):
    language = "sq"
    home = Document(client.get(path_of("campaign:home", language)))
    pages = [home.of(link)["href"] for color in range(1, 9) for link in home.all("a", **{"class": f"s{color}"})]
    assert len(pages) == Sector.objects.open().count() == 8
    for path in pages:
        page = Document(client.get(path))
        # At the top and at the end of the page.
        [way] = {page.of(link)["href"] for link in page.all("a", href=True) if "?sector=" in page.of(link)["href"]}
        form = Document(client.get(way))
        chosen = form.of(form.one("input", name="sector", checked=True))["value"]
        assert way.endswith(f"?sector={chosen}")


@pytest.mark.slow
def test_every_internal_link_of_every_public_page_works(client):
    found = set()
    for _name, _language, path in public_paths():
        page = Document(client.get(path))
        ids = {page.of(element)["id"] for element in page.all(id=True)}
        for link in page.all("a", href=True):
            target = urlsplit(page.of(link)["href"])
            if target.scheme or target.netloc:
                continue
            if not target.path:
                assert target.fragment in ids, (path, target.fragment)
            else:
                found.add((target.path, target.query))
    for path, query in found - {(path, "") for _name, _language, path in public_paths()}:
        parameters = dict(part.split("=") for part in query.split("&") if part)
        response = client.get(path, query_params=parameters)
        # A file is read to its end, which closes it.
        assert response.status_code == 200 and response.getvalue(), path
    assert len(found) > 30


def test_a_link_that_is_a_paragraph_of_its_own_is_as_high_as_a_finger_needs(client):
    """The class is that of the links beside buttons."""
    lone = '<p><a href="/sq/">Nënshkruani <em>zotimin</em></a></p>'
    others = (
        '<p><a href="/sq/">a</a> b</p><p>c <a href="/sq/">d</a></p><p><a href="/sq/">e</a>, <a href="/sq/">f</a></p>'
    )
    Page.objects.filter(key="problem").update(body_sq=f"<h2>G</h2>{lone}{others}")
    page = Document(client.get("/sq/problemi/"))
    prose = next(each for each in page.all("div", **{"class": "prose"}) if "zotimin" in page.words(each))
    marked = {page.words(link): page.of(link).get("class") for link in page.all("a", node=prose)}
    assert marked == {"Nënshkruani zotimin": "more", **dict.fromkeys("adef")}


@BOTH
def test_the_page_of_the_problem_says_what_it_does_to_a_child(client, language):
    problem = Page.objects.get(key="problem")
    with translation.override(language):
        words = Document(client.get(problem.get_absolute_url())).words()
    assert {"sq": "pasoja të rënda për shëndetin", "en": "serious consequences for the health"}[language] in words


# Lines that end within “116 111”, “20 November”, “18–19”, “ALO-s”, “email-in”, “nr. 18” or “E besoj.”


# Tags, elements whose text is not in lines, and single words.
NOT_IN_LINES = r"<(script|style|svg|select|textarea)\b.*?</\1>|<[^>]*>|(?<=>)[^\s<]+(?=<)"
DATE = r"\b\d+ (?:nëntor|korrik|qershor|November|July|June)\w*"
BREAKABLE = rf"{DATE}|\b\d{{3}} \d{{3}}\b|\b(?:ALO|email|chat|e)-\w+|\d–\d|\bn[ro]\. \d|(?-i:\b[EI] \w+[.!?])"


def breakable(html):
    body = html[html.index("<body") :]
    return re.findall(BREAKABLE, re.sub(NOT_IN_LINES, "|", body, flags=re.DOTALL), re.IGNORECASE)


@pytest.mark.cases(
    ("html", "kept"),
    [
        ("Telefononi në 116 111.", ["116 111"]),
        ('<a href="tel:116111" title="116 111">116 111</a>', ["116 111"]),
        ('<a href="tel:+35542223344" rel="x">+355 4 222 33 44</a>, +355 4 222', ["355 4", "222 33"]),
        ('<a href="tel:129">129 për ndihmë</a>', []),
        ("ALO-s, email-in, Chat-i, e-mail", ["ALO-s", "email-in", "Chat-i", "e-mail"]),
        ("18–19 nëntor, 2019–2020, 18 – 19, a–b", ["18–19", "2019–2020"]),
        ("20 nëntor 2026, 23 korriku, 3 May", ["20 nëntor", "23 korriku", "3 May"]),
        ("20 veta, 5 majtas, 19 marches", []),
        ("E dëgjoj. E besoj. I believe. E di këtë. Të dëgjoj.", ["E dëgjoj", "E besoj", "I believe"]),
        ("Ligji nr. 37/2017, Law no. 37/2017, nr. i protokollit", ["nr. 37", "no. 37"]),
        ("„Ne jemi 1”, “We are 1”, We are 1,000", ["Ne jemi", "We are"]),
        ("12 345 678, non-governmental, early-years, a-b-c, -s, AL-10", []),
        ("ana-i@shembull.al, https://shembull.al/a-i/, kush-i.al, ana.ko-i@shembull.al", []),
        ("<label>Email-i</label> <label>Email-i juaj</label>", ["Email-i"]),
        ("<textarea>116 111</textarea><svg><text>116 111</text></svg><input value='e-mail'>", []),
        ("<script>var e = '116 111';</script><select><option>116 111</option></select>", []),
    ],
)
def test_what_keeps_together(html, kept):
    marked = unbroken(html)
    words = re.findall(rf"[\w.]+(?:{NO_BREAK_SPACE}|[-–]{WORD_JOINER})\w+", marked)
    read = [word.replace(NO_BREAK_SPACE, " ").replace(WORD_JOINER, "") for word in words]
    assert read == kept
    assert marked.replace(NO_BREAK_SPACE, " ").replace(WORD_JOINER, "") == html
