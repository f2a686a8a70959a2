"""Pages and news: publication in both languages, addresses, rich text, search, feed."""

import itertools
import json
import re
import xml.etree.ElementTree as ET

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils.html import strip_tags

from campaign.models import Article, Page
from tests.drafts import make_hidden
from tests.pages import Document, as_typed
from tests.staff.forms import save

pytestmark = pytest.mark.django_db


def make_page(**overrides):
    values = {
        "key": "trial", "slug_sq": "prova", "slug_en": "trial", "title_sq": "Prova", "title_en": "Trial", "lead_sq": "Hyrja.",
        "lead_en": "The lead.", "body_sq": "<p>Teksti.</p>", "body_en": "<p>The text.</p>",
    }  # fmt: skip
    page = Page(**{**values, **overrides})
    page.save()
    return page


def words(response):
    return as_typed(response.text)


@pytest.mark.cases("column", ["title_en", "lead_sq", "body_en"])
def test_a_page_in_one_language_cannot_be_published(column):
    page = Page(
        key="x", slug_sq="x", slug_en="x", title_sq="a", title_en="a", lead_sq="a", lead_en="a", body_sq="a", body_en="a",
    )  # fmt: skip
    setattr(page, column, "")
    with pytest.raises(ValidationError) as refused:
        page.full_clean()
    assert column in refused.value.message_dict
    page.keep_as_draft()


def test_an_old_address_redirects_to_the_new_one(client):
    page = make_page()
    for slug in ("prova-2", "prova-3"):
        page.slug_sq = slug
        page.save()
    for old in ("prova", "prova-2"):
        response = client.get(f"/sq/{old}/")
        assert (response.status_code, response.url) == (301, "/sq/prova-3/")
    page.slug_sq = "prova"
    page.save()
    assert client.get("/sq/prova/").status_code == 200
    assert client.get("/sq/prova-3/").url == "/sq/prova/"


def test_a_page_that_was_taken_down_and_comes_back_elsewhere_is_found_at_its_old_address(editor):
    page = make_page()
    editor.post(f"/admin/campaign/page/{page.pk}/take-down/")
    assert Client().get("/sq/prova/").status_code == 404
    save(editor, page, slug_sq="prova-2")
    assert Client().get("/sq/prova/").url == "/sq/prova-2/"


def test_a_slug_of_the_other_language_redirects(client):
    make_page()
    assert client.get("/en/prova/").url == "/en/trial/"
    assert client.get("/sq/trial/").url == "/sq/prova/"


# {model: {language: addresses of other pages, of the feed, and of years}}
TAKEN = {
    Page: {"sq": "zotimi sa-jemi ndihme privatesia zotimi-im", "en": "pledge totals help privacy my-pledge"},
    Article: {"sq": "burimi", "en": "feed 2024"},
}


@pytest.mark.cases(
    ("model", "language", "slug"),
    [
        (model, language, slug)
        for model, of_languages in TAKEN.items()
        for language, slugs in of_languages.items()
        for slug in slugs.split()
    ],
)
def test_the_address_of_another_page_is_refused(model, language, slug):
    row = model.objects.first()
    setattr(row, f"slug_{language}", slug)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert list(refused.value.message_dict) == [f"slug_{language}"]


def test_the_privacy_notice_can_be_edited_but_not_removed(admin_client, client):
    notice = Page.objects.get(key="privacy")
    path = f"/admin/campaign/page/{notice.pk}/change/"
    save(admin_client, notice, title_sq="Njoftim i ri", title_en="New notice", slug_en="secrets")
    assert "Njoftim i ri" in words(client.get("/sq/privatesia/")) and "New notice" in words(client.get("/en/privacy/"))
    assert client.get("/en/secrets/").status_code == 404
    refused = admin_client.post(path.replace("change", "take-down"))
    assert refused.status_code == 200 and refused.context["errors"]
    assert admin_client.post(path.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert client.get("/sq/privatesia/").status_code == 200


@pytest.mark.cases(
    ("written", "kept"),
    [
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ('<p style="color:red" onclick="x()">a</p>', "<p>a</p>"),
        ('<iframe src="https://evil.example"></iframe><p>a<img src="https://evil.example/x.png"></p>', "<p>a</p>"),
        ('<a href="javascript:x()">a</a>', '<a rel="noreferrer">a</a>'),
        ('<a href="FTP://files.example/a">a</a>', '<a rel="noreferrer">a</a>'),
        (
            '<h2>T</h2><p>ë <a href="tel:116111">116 111</a></p>',
            '<h2>T</h2><p>ë <a href="tel:116111" rel="noreferrer">116 111</a></p>',
        ),
    ],
)  # fmt: skip
def test_rich_text_is_sanitised(written, kept):
    page = make_page(body_sq=written)
    page.refresh_from_db()
    assert page.body_sq == kept


def test_each_sector_has_a_page_with_its_own_text(client):
    pages = list(Page.objects.exclude(sector=None).select_related("sector"))
    assert len(pages) == 8
    orders = set()
    for page in pages:
        assert all(len(strip_tags(body).split()) >= 250 for body in (page.body_sq, page.body_en)), page.key
        response = client.get(f"/sq/{page.slug_sq}/")
        shown = Document(response).words()
        assert all(each.text_sq in shown for each in page.sector.commitments.all())
        assert f"?sector={page.sector.slug}" in words(response)
        orders.add(tuple(re.findall(r"<h2>(.*?)</h2>", page.body_sq)))
    assert len(orders) == 8, "each page has its own headings in its own order"


@pytest.mark.cases("language", ["sq", "en"])
def test_no_two_sectors_share_a_paragraph(language):
    texts = {
        page.key: {
            strip_tags(block).strip()
            for block in re.findall(r"<(?:p|li|h2|h3)>.*?</(?:p|li|h2|h3)>", getattr(page, f"body_{language}"))
        }
        for page in Page.objects.exclude(sector=None)
    }
    for one, other in itertools.combinations(texts, 2):
        assert texts[one] & texts[other] == set(), (one, other)


def test_news_newest_first_by_year_and_by_page(client):
    for number in range(15):
        values = {"title": f"Lajmi {number}", "lead": "Hyrja.", "body": "<p>T.</p>"}
        Article.objects.create(
            slug_sq=f"lajmi-{number}", slug_en=f"item-{number}", date=f"2024-01-{number + 1:02}",
            **{f"{name}_{language}": text for name, text in values.items() for language in ("sq", "en")},
        )  # fmt: skip
    first = words(client.get("/sq/lajme/"))
    assert first.index("Lajmi 14") < first.index("Lajmi 13") and "Lajmi 4" not in first
    assert "Lajmi 4" in words(client.get("/sq/lajme/", {"page": "2"}))
    assert client.get("/sq/lajme/", {"page": "x' OR 1"}).status_code == 200
    assert "Lajmi" in words(client.get("/sq/lajme/2024/")) and "Lajmi" not in words(client.get("/sq/lajme/2020/"))
    assert client.get("/sq/lajme/1999/").status_code == 404


def test_the_feed_is_atom_in_each_language(client):
    for language, path in (("sq", "/sq/lajme/burimi/"), ("en", "/en/news/feed/")):
        response = client.get(path)
        assert response.headers["Content-Type"].startswith("application/atom+xml")
        assert getattr(Article.objects.first(), f"title_{language}") in words(response)
        assert f'xml:lang="{language}"' in words(response)
        author = ET.fromstring(response.content).find("{http://www.w3.org/2005/Atom}author")
        assert [each.text[:4] for each in author] == [{"sq": "#NEJ", "en": "#WEA"}[language], "http"]


def test_structured_data_of_articles_is_escaped(client):
    article = Article.objects.first()
    Article.objects.filter(pk=article.pk).update(title_en="</script><script>alert(1)</script>")
    page = words(client.get(f"/en/news/{article.slug_en}/"))
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    kinds = {json.loads(block)["@type"] for block in blocks}
    assert kinds == {"NewsArticle", "BreadcrumbList"}
    assert "<script>alert" not in page


@pytest.mark.cases("query", ["tirane", "TIRANË"])
def test_search_ignores_accents_and_case(client, query):
    page = words(client.post("/sq/kerkoni/", {"q": query}))
    assert "<mark>Tiranë</mark>" in page


def test_a_hit_in_the_title_comes_first(client):
    make_page(title_sq="Kumbulla e kuqe", body_sq="<p>Asgjë.</p>")
    make_page(key="b", slug_sq="b", slug_en="b", body_sq="<p>Një kumbulla e vetme.</p>")
    page = words(client.post("/sq/kerkoni/", {"q": "kumbulla"}))
    assert page.index("Kumbulla e kuqe") < page.index("<mark>kumbulla</mark>")


def test_search_finds_no_drafts_and_offers_links_without_results(client):
    make_hidden(make_page, title_sq="Sekretxyz")
    page = words(client.post("/sq/kerkoni/", {"q": "Sekretxyz"}))
    assert "Nuk u gjet asgjë" in page and "/sq/ndihme/" in page.split("<main")[1]


@pytest.mark.cases(
    "query", ["'", '"', "a & | ! (", "\x00", "x" * 5000, "<script>alert(1)</script>", "%' OR 1=1 --", "ë" * 300, "🙂"]
)
def test_search_handles_invalid_input(client, query):
    response = client.post("/en/search/", {"q": query})
    assert response.status_code == 200 and "<script>alert" not in words(response)
    assert response.headers["Cache-Control"] == "private, no-store"


def headlines(client, query, path):
    page = client.post(path, {"q": query}).content.decode()
    return re.findall(r'class="headline"><a href="([^"]+)"', page)


def test_22_searches_for_help_list_the_help_page_first(client):
    for query in ("ndihmë", "NDIHM", "116111", "116 111", "polici", "chat", "telefon"):
        assert headlines(client, query, "/sq/kerkoni/")[0] == "/sq/ndihme/", query
    for query in ("help", "police", "call 129", "chats"):
        assert headlines(client, query, "/en/search/")[0] == "/en/help/", query


def test_search_finds_fixed_pages_longer_forms_of_words_and_both_sides_of_a_slash(client):
    for query, path in {
        "zotim": "/sq/zotimi/",
        "fjongo foto": "/sq/fjongo-blu/",
        "të hapura": "/sq/te-dhena-te-hapura/",
        "fëmij": "/sq/je-femije/",
    }.items():
        assert path in headlines(client, query, "/sq/kerkoni/"), query
    for query in ("ECPAT", "crca ecpat", "CRCA/ECPAT", "ecp"):
        assert {"/en/who-we-are/", "/en/movement/"} <= set(headlines(client, query, "/en/search/")), query


def test_a_snippet_is_plain_text_with_ellipses(client):
    words = "Këtu flitet gjatë për gjëra të tjera, që të ketë ç’të lihet jashtë kur kërkohet vetëm një fjalë e rrallë në mes."
    text = f'<p>{words}</p><h2>Si e ruajmë</h2><p>Kumbulla është te <a href="/x/">faqja</a> &lt;b&gt;. {words}</p>'
    make_page(body_sq=text, body_en="<p>T.</p>")
    snippet = client.post("/sq/kerkoni/", {"q": "kumbulla"}).content.decode().split('class="news"')[1]
    snippet = re.search(r"<p>(… .*? …)</p>", snippet)[1]
    assert "Si e ruajmë. <mark>Kumbulla</mark> është te faqja &lt;b&gt;. Këtu" in snippet


def test_the_page_for_children_is_one_link_away(client):
    for path in ("/sq/", "/sq/ndihme/"):
        assert "/sq/je-femije/" in words(client.get(path))
    assert "Je fëmijë?" in words(client.get("/sq/je-femije/"))
