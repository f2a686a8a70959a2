"""What forms fill in by themselves, the list of errors above a form, and the files to choose again."""

import re

import pytest

from campaign.models import Article, HelpChannel, Statistic
from tests.factories import make_staff, make_upload, sign_in
from tests.pages import Document, filled

pytestmark = pytest.mark.django_db

STATISTIC = "/admin/campaign/statistic/add/"
ARTICLE = "/admin/campaign/article/add/"


@pytest.fixture
def staff(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return sign_in(client, make_staff(superuser=True))


def add(staff, path, **values):
    """Open the form, type these values, and publish."""
    return staff.post(path, filled(staff.get(path), **values))


FIGURE = {"value_sq": "1 në 10", "value_en": "1 in 10", "text_sq": "fëmijë", "text_en": "children", "year": "2020"}
FIGURE |= {"source_sq": "UNICEF", "source_en": "UNICEF"}


def test_key_and_position_fill_themselves_and_are_folded(staff):
    last = max(Statistic.objects.values_list("position", flat=True), default=0)
    page = Document(staff.get(STATISTIC))
    [more] = [each for each in page.all("details") if "More" in page.words(page.all("summary", node=each)[0])]
    assert {page.of(each)["name"] for each in page.all("input", node=more)} == {"key", "position"}
    for _twice in range(2):
        assert add(staff, STATISTIC, **FIGURE).status_code == 302
    rows = Statistic.objects.order_by("pk").reverse()[:2][::-1]
    assert [row.key for row in rows] == ["1-in-10", "1-in-10-2"]
    assert [row.position for row in rows] == [last + 10, last + 20]


def test_an_address_left_empty_is_made_of_the_title_in_its_language(staff):
    words = {"title_sq": "Fjongoja blu", "title_en": "The blue ribbon", "date": "2026-11-25"}
    words |= {f"{name}_{language}": "Fjalë" for name in ("lead", "body") for language in ("sq", "en")}
    assert add(staff, ARTICLE, **words, slug_sq="", slug_en="").status_code == 302
    row = Article.objects.get(title_en="The blue ribbon")
    assert (row.slug_sq, row.slug_en) == ("fjongoja-blu", "the-blue-ribbon")


def test_a_taken_key_says_by_what_and_names_a_free_one(staff):
    add(staff, STATISTIC, **FIGURE)
    page = Document(add(staff, STATISTIC, **FIGURE | {"key": "1-in-10"}))
    [summary] = page.all("ul", **{"class": "error-summary"})
    assert page.words(summary) == "Key : “1 in 10 (2020)” has “1-in-10” already. This is free: 1-in-10-2"


def test_the_list_of_errors_leads_to_each_field_and_nothing_stays_folded(staff):
    page = Document(add(staff, STATISTIC, **FIGURE | {"key": "two words", "text_en": "", "year": "x"}))
    [summary] = page.all("ul", **{"class": "error-summary"})
    targets = [page.of(link)["href"].removeprefix("#") for link in page.all("a", node=summary)]
    assert set(targets) == {"id_key", "id_text_en", "id_year"}
    folded = [page.of(each).get("id") for details in page.all("details") for each in page.all("input", node=details)]
    for target in targets:
        assert page.one("input", id=target) and target not in folded
    assert "Nothing to change" not in page.words()


def test_an_error_of_no_field_makes_no_empty_list_of_errors(staff):
    path, row = "/admin/campaign/statistic/{}/change/", Statistic.objects.first()
    page = staff.get(path.format(row.pk))
    Statistic.objects.filter(pk=row.pk).update(text_en="Changed meanwhile")
    refused = staff.post(path.format(row.pk), filled(page, **FIGURE))
    assert "Changed meanwhile" in refused.text and not Document(refused).all("ul", **{"class": "error-summary"})


def test_nothing_to_change_is_said_only_of_what_was_checked(staff):
    channel = HelpChannel.objects.first()
    path = f"/admin/campaign/helpchannel/{channel.pk}/change/"
    assert "Nothing to change" not in staff.get(path).text
    assert "Nothing to change" in staff.post(path, filled(staff.get(path), _check="1")).text


@pytest.mark.parametrize("path", ["pledges/event/add/", "campaign/picture/add/", "campaign/article/add/"])
def test_days_and_times_have_the_fields_of_the_browser(staff, path):
    page = staff.get(f"/admin/{path}")
    document = Document(page)
    assert not re.search("vDateField|vTimeField|DateTimeShortcuts", page.text)
    for each in map(Document.of, document.all("input", name=True)):
        if re.search(r"_on$|^date$|_0$", each["name"]):
            assert each["type"] == "date", each
    assert document.all("input", type="date")


def test_a_form_that_is_refused_names_the_files_to_choose_again(staff, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    path = "/admin/campaign/picture/add/"
    form = {"alt_sq": "", "alt_en": "Pupils", "focus": "center", "file": make_upload(60, 40, name="IMG_2041.JPG")}
    page = staff.post(path, form)
    assert "Choose these files again" in page.text and "IMG_2041.JPG" in page.text and "Pupils" in page.text
    assert "Choose these files again" not in staff.get(path).text
