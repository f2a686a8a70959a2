"""The pages of sectors: their own 1, promises, words to a child, folded text, numbers to call."""

import re
from html import unescape

import pytest
from django.utils import timezone

from campaign.models import Page, PageText
from pledges.models import Commitment, Sector, Wording
from tests.campaign.pages.test_content import words
from tests.factories import make_staff, sign_in
from tests.pages import LANGUAGES, Document, filled, opened, words_on
from tests.pledges.desk.pages import ENGLISH, change_path
from tests.staff.forms import save
from tests.tally import put_cells

pytestmark = pytest.mark.django_db

PARENTS = {"sq": "/sq/prinder/", "en": "/en/parents/"}


def headline(page):
    return page.words(page.one("h1"))


@pytest.mark.cases(
    ("people", "shown"),
    [
        (1021, ("Ne jemi prindër", "1021 prindër deri tani", "Synimi i radhës: 2000", "Çdo pikë përfaqëson 5 veta")),
        (1, ("1 mbështetës deri tani", "Synimi i radhës: 100", "Çdo pikë përfaqëson një njeri")),
        (0, ("Vendi i parë ju pret",)),
    ],
)
def test_the_hero_shows_the_number_of_the_group_and_its_own_1(client, people, shown):
    put_cells({("parents", "AL-11"): people, ("teachers", "AL-11"): 7})
    page = opened(client, PARENTS["sq"])
    for each in shown:
        assert each in page.words(page.one("main"))
    drawing = page.one("svg", **{"class": "one"})
    assert not page.all("path", node=drawing, **{"class": "s2"}), "its own people only"
    [dots] = page.all("path", node=drawing, **{"class": "s1"})
    assert page.of(dots)["d"].count("M") == {1021: 204, 1: 1, 0: 0}[people]


def test_a_group_without_a_name_for_numbers_counts_people(client):
    put_cells({("civil-society", "AL-11"): 12})
    page = opened(client, "/sq/shoqeri-civile/")
    assert headline(page) == "Ne jemi shoqëri civile"
    assert "12 mbështetës deri tani" in page.words()


@pytest.mark.cases("language", LANGUAGES)
def test_words_to_a_child_come_first_in_two_columns_then_the_promises(client, language):
    page = opened(client, PARENTS[language])
    shown = page.words()
    parents = Sector.objects.get(slug="parents")
    row = Page.objects.get(sector=parents)
    promise = getattr(parents.commitments.first(), f"text_{language}")
    say, do_not_say = (getattr(row, f"{name}_{language}").splitlines() for name in ("say", "do_not_say"))
    opening, closing = ("„", "”") if language == "sq" else ("“", "”")
    quoted = [f"{opening}{each}{closing}" for each in (*say, *do_not_say)]
    assert all(shown.count(each) == 1 for each in quoted), "once, and no longer in the text"
    [section] = page.all("div", **{"class": "say"})
    first, second = page.all("ul", node=section)
    assert [page.words(each) for each in first.children if not isinstance(each, str)] == quoted[: len(say)]
    assert [page.words(each) for each in second.children if not isinstance(each, str)] == quoted[len(say) :]
    assert shown.index(quoted[0]) < shown.index(promise)


def test_a_page_without_phrases_has_no_section_for_them(client):
    Page.objects.filter(sector__slug="parents").update(say_sq="", do_not_say_sq="")
    page = opened(client, "/sq/prinder/")
    assert not page.all("div", **{"class": "say"}) and "Kur një fëmijë ju tregon" not in page.words()


def test_the_text_is_folded_by_its_titles_and_all_of_it_is_in_the_page(client):
    language = "en"
    for row in Page.objects.exclude(sector=None):
        body, path = getattr(row, f"body_{language}"), f"/{language}/{getattr(row, f'slug_{language}')}/"
        page = opened(client, path)
        folds = page.all("details", node=page.one("main"))
        titles = [page.words(page.all("h3", node=page.all("summary", node=fold)[0])[0]) for fold in folds]
        assert titles == [unescape(each) for each in re.findall("<h2>(.*?)</h2>", body)]
        for paragraph in re.findall(r"<p>([^<\[]+)</p>", body):
            assert unescape(paragraph) in page.words()


def test_text_before_the_first_title_stands_above_the_sections(client):
    body = "<p>a</p><blockquote><h2>T</h2><p>b</p></blockquote><h2>U &amp; V</h2><p>c</p>"
    Page.objects.filter(sector__slug="parents").update(body_sq=body)
    page = opened(client, "/sq/prinder/")
    assert [page.words(each) for each in page.all("summary", node=page.one("main"))] == ["U & V"]
    shown = page.words(page.one("main"))
    assert shown.index("a T b") < shown.index("U & V")


def test_the_numbers_to_call_are_those_of_the_strip(client):
    page = opened(client, "/sq/prinder/")
    [rows] = page.all("ul", **{"class": "calls smaller"})
    assert [page.of(link)["href"] for link in page.all("a", node=rows)] == ["tel:112", "tel:129", "tel:116111"]


# Words to an adult that a young person must not read on their page; the frame of every page is left out.
TO_AN_ADULT = re.compile(
    r"\b(ju|juaj|jua|tuaj|tuaja)\b|\b(nënshkruani|zgjidhni|hapni|telefononi|thuajini|thoni|shihni)\b", re.I
)


def test_the_page_of_young_people_speaks_ti_throughout(client):
    for people in (0, 12):
        put_cells({("youth", "AL-11"): people})
        shown = words_on(client, "/sq/te-rinj/")
        assert TO_AN_ADULT.findall(shown) == []
        for each in ("Nënshkruaje zotimin", "Angazhimet që mund të marrësh", "Thuaji", "Radhën e ke ti."):
            assert each in shown
        assert ("Vendi i parë të pret" in shown) == (people == 0)
    assert TO_AN_ADULT.findall(Document(client.get("/sq/prinder/")).words()) != []


def test_last_call_follows_the_words_of_staff(client):
    PageText.objects.filter(key="home_call").update(text_sq="Ejani me ne.")
    assert "Ejani me ne." in words(client.get("/sq/prinder/"))


def test_a_page_of_a_group_follows_its_number(client):
    sector = Sector.objects.get(slug="youth")
    path = "/sq/te-rinj/"
    before = client.get(path).headers["ETag"]
    assert client.get(path).headers["ETag"] == before
    other = client.get("/sq/problemi/").headers["ETag"]
    put_cells({(sector.slug, "AL-11"): 3})
    assert client.get(path).headers["ETag"] != before
    assert client.get("/sq/problemi/").headers["ETag"] == other, "a page without figures does not follow them"


def test_staff_edit_the_phrases_and_see_them_in_the_preview(client):
    page = Page.objects.get(sector__slug="parents")
    editor = sign_in(client, make_staff("view_page", "change_page"))
    address = f"/admin/campaign/page/{page.pk}/change/"
    form = filled(editor.get(address), say_sq="Jam këtu.\nTë dëgjoj.", say_en="I am here.\nI listen.")
    frame = editor.post(address, form | {"_preview": "1"}, follow=True).context["frame_url"]
    assert "„Jam këtu.”" in words(editor.get(frame.replace("/en/", "/sq/")))
    assert editor.post(address, form).status_code == 302
    assert "“I\xa0listen.”" in words(client.get("/en/parents/"))


def test_the_phrases_are_asked_for_only_where_the_page_shows_them(client):
    editor = sign_in(client, make_staff("view_page", "change_page", "add_page"))
    problem = Page.objects.get(key="problem")
    address = f"/admin/campaign/page/{problem.pk}/change/"
    for path in (address, "/admin/campaign/page/add/"):
        assert not Document(editor.get(path)).all(id="id_say_sq")
    Page.objects.filter(sector__slug="parents").update(sector=None)
    save(editor, problem, sector=Sector.objects.get(slug="parents").pk)
    assert Document(editor.get(address)).all(id="id_say_sq")


# Its address and its form


@pytest.fixture
def athletes():
    sector = Sector.objects.create(slug="atletes", name_sq="Sportistë", name_en="Athletes", color="s3")
    Wording.objects.create(kind=Wording.Kind.PLEDGE, sector=sector, text_sq="Zotohem.", text_en="I pledge.")
    Commitment.objects.create(sector=sector, key="athletes-listen", text_sq="Dëgjoj.", text_en="I listen.")
    return sector


@pytest.fixture
def administrator(client):
    return sign_in(client, make_staff(superuser=True))


def test_the_form_of_a_sector_leads_to_its_page_or_to_the_form_of_a_new_one(administrator, athletes):
    def link(words):
        page = Document(administrator.get(change_path(athletes), headers=ENGLISH))
        return [page.of(each)["href"] for each in page.all("a", href=True) if page.words(each) == words]

    [path] = link("Make its page")
    assert filled(administrator.get(path))["sector"] == str(athletes.pk)
    made = Page(key="athletes", sector=athletes, slug_sq="sportiste", slug_en="athletes")
    made.keep_as_draft()
    assert link("Its page") == [f"/admin/campaign/page/{made.pk}/change/"] and link("Make its page") == []


def test_an_article_begins_with_the_date_of_today(administrator):
    form = administrator.get("/admin/campaign/article/add/").context["adminform"].form
    assert form.initial["date"] == timezone.localdate()
