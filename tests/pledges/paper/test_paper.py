"""Paper sheets: issuing, printing, counting, places, void sheets, who may do what, and what the database refuses."""

import re
from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone, translation

from campaign.models import Handout
from pledges.models import Municipality, PaperSheet, Sector, Tombstone
from staff.models import Entry
from tests import tally
from tests.drafts import make_hidden
from tests.events import make_event
from tests.factories import make_staff, sign_in
from tests.pages import Document
from tests.pledges.backups.older_backup import replay, take_entries
from tests.pledges.paper.sheets import make_sheet, numbers
from tests.tally import exact_total
from tests.threads import at_once

pytestmark = pytest.mark.django_db

LIST = "/admin/pledges/papersheet/"
PRINT, ISSUE = f"{LIST}print/", f"{LIST}add/"
MAY = ("view_papersheet", "change_papersheet", "add_papersheet")


def client_of(language="en", permissions=MAY):
    client = sign_in(Client(), make_staff(*permissions))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    return client


@pytest.fixture
def ana():
    return client_of()


@pytest.fixture
def ben():
    return client_of()


def page_of(number):
    return f"{LIST}{number}/change/"


def errors(response):
    """{field name: its sentence} of a page with a form."""
    page = Document(response)
    found = {}
    for field in page.all("input") + page.all("select"):
        identity = page.of(field).get("id")
        for error in page.all("ul", id=f"{identity}_error") if identity else []:
            found[page.of(field)["name"]] = page.words(error)
    return found


def test_the_numbers_of_each_batch_follow_the_last_one(ana):
    first = ana.post(ISSUE, {"count": "3", "municipality": ""}, follow=True)
    place = Municipality.objects.get(name_sq="Durrës")
    ana.post(ISSUE, {"count": "5", "municipality": place.pk})
    assert "3 sheets have been issued." in Document(first).words()
    assert list(PaperSheet.objects.values_list("number", flat=True)) == list(range(1, 9))
    assert {(s.municipality, s.county) for s in PaperSheet.objects.filter(number__gt=3)} == {(place, place.county)}
    assert [each.details for each in Entry.objects.order_by("pk")] == [{"sheets": "1–3"}, {"sheets": "4–8"}]
    [link] = [each for each in Document(first).all("a") if "Print 000001 to 000003" in Document(first).words(each)]
    assert ana.get(Document.of(link)["href"].replace("&amp;", "&")).headers["Content-Type"] == "application/pdf"


def test_a_wrong_number_of_sheets_issues_nothing(ana):
    for count in ("", "0", "201", "ten", "9" * 30):
        response = ana.post(ISSUE, {"count": count, "municipality": ""})
        assert "Enter a number from 1 to 200" in errors(response)["count"] and not PaperSheet.objects.exists(), count
        assert Document.of(Document(response).one("input", name="count")).get("value", "") == count


def test_printed_sheets_have_their_number_and_codes_of_both_languages(ana):
    PaperSheet.objects.issue(3)
    PaperSheet.objects.get(number=2).void("lost")
    response = ana.get(PRINT, {"first": "000001", "last": "3"})
    document = pypdfium2.PdfDocument(response.content)
    assert len(document) == 2, "not the void one"
    # A4 at 150 dots an inch, as a simple printer prints it.
    for page, number in zip(document, ("000001", "000003"), strict=True):
        assert [round(side / 72 * 25.4) for side in page.get_size()] == [210, 297]
        text = page.get_textpage().get_text_bounded()
        assert number in text
        for sector in Sector.objects.open():
            assert sector.name_sq in text and sector.name_en in text
        for sentence in ("Mos shkruani emra.", "Do not write any names."):
            assert sentence in " ".join(text.split())
        codes = {code.text for code in zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil())}
        assert codes == {f"{settings.SITE_URL}/{path}#paper" for path in ("sq/si-numerojme/", "en/how-we-count/")}
        page.close()
    document.close()
    for code in codes:
        page = Document(Client().get(code.removeprefix(settings.SITE_URL).partition("#")[0]))
        assert page.one("section", id="paper")


def test_words_that_staff_change_are_on_the_sheet_above_the_boxes(ana):
    long = ("fjalë " * 60)[:140]
    handout = Handout.objects.get(key="paper")
    handout.title_sq, handout.title_en = "Bashkë për fëmijët", ("Together " * 8).strip()
    handout.text_sq = handout.text_en = f"Dëgjoj.{long}\nMos {long}"
    handout.full_clean()
    handout.save()
    PaperSheet.objects.issue(1)
    [page] = pypdfium2.PdfDocument(ana.get(PRINT, {"first": "1", "last": "1"}).content)
    text = page.get_textpage()
    words = " ".join(text.get_text_bounded().split())
    assert "Bashkë për fëmijët" in words and "Together Together" in words and "Dëgjoj." in words
    assert "We pledge on paper" not in words
    # In points from the bottom: the last word of staff ends above the first box.
    bottom = min(text.get_charbox(place)[1] for place in _places(text, "Mos"))
    assert bottom > 841 - 76 / 25.4 * 72


def test_the_sheet_of_an_event_names_it_in_both_languages(ana):
    shkoder = Municipality.objects.get(name_sq="Shkodër")
    event = make_hidden(make_event, title_sq="Marshimi i Fjongos", title_en="Ribbon march", municipality=shkoder)
    PaperSheet.objects.issue(1, event=event)
    PaperSheet.objects.issue(1)
    document = pypdfium2.PdfDocument(ana.get(PRINT, {"first": "1", "last": "2"}).content)
    named, plain = (" ".join(page.get_textpage().get_text_bounded().split()) for page in document)
    for language in ("sq", "en"):
        with translation.override(language):
            for words in (event.title, event.when, event.where):
                assert " ".join(words.split()) in named and words not in plain
    assert "Zotohemi në letër" in named and "Zotohemi në letër" in plain


def _places(text, word):
    search, found = text.search(word), []
    while hit := search.get_next():
        found.append(hit[0])
    return found


def test_wrong_numbers_to_print_are_a_sentence(ana):
    PaperSheet.objects.issue(3)
    for asked in ({}, {"first": "5", "last": "2"}, {"first": "1", "last": "999"}, {"first": "7", "last": "8"}):
        response = ana.get(PRINT, asked)
        assert response.headers["Content-Type"].startswith("text/html") and errors(response), asked


def count(client, number, **people):
    data = {"count": "1", **{f"people_{slug}": n for slug, n in people.items()}}
    return client.post(page_of(number), data, follow=True)


def test_a_sheet_counts_when_two_people_have_typed_the_same(ana, ben):
    PaperSheet.objects.issue(1)
    assert "“Sheet 000001” is now: counted by one person." in Document(count(ana, 1, parents="12", youth="3")).words()
    assert exact_total() == 0
    assert "people_parents" not in ana.get(page_of(1)).text, "another person enters the second count"
    assert "Nothing was changed" in count(ana, 1, parents="12", youth="3").text
    page = count(ben, 1, parents="12", youth="3", teachers="0", children="9")
    assert "“Sheet 000001” is now: counted." in Document(page).words() and exact_total() == 15
    assert tally.read().paper == 15 and Client().get("/api/v1/totals.json").json()["paper"] == 15
    assert [each.details["state"] for each in Entry.objects.order_by("pk")] == ["returned", "counted"]
    assert "Nothing was changed" in count(client_of(), 1, parents="12").text and exact_total() == 15


def test_after_a_count_the_next_sheet_of_this_person_opens_at_its_first_field(ana, ben):
    PaperSheet.objects.issue(4)
    count(ben, 3, parents=1)
    PaperSheet.objects.get(number=2).void("lost")
    first = f"#people_{Sector.objects.open().first().slug}"
    for client, number, target in ((ana, 1, page_of(3) + first), (ben, 1, page_of(4) + first), (ben, 4, LIST)):
        [*_before, (path, _status)] = count(client, number, parents=1).redirect_chain
        assert path == target
    assert Document(ana.get(page_of(3))).one("input", id=first.removeprefix("#"))


def test_counts_that_differ_are_counted_again(ana, ben):
    PaperSheet.objects.issue(1)
    count(ana, 1, parents=377, youth=3)
    page = Document(count(ben, 1, parents=376, youth=3)).words()
    assert "“Sheet 000001” is now: The counts differ: Parents." in page and exact_total() == 0
    assert "The counts differ: Parents" in ana.get(LIST, {"progress": "differing"}).text
    assert "paper sheet with two counts that differ" in ana.get("/admin/").text
    # Without the tokens of the forms, which can have any digits.
    again = re.sub(r"csrfmiddlewaretoken\S* value=\S+", "", ana.get(page_of(1)).text)
    assert "377" not in again and "376" not in again, "no count is shown"
    count(ana, 1, parents=376, youth=3)
    assert exact_total() == 379 and PaperSheet.objects.get().state == "counted"


def test_a_group_that_was_closed_after_the_sheets_were_printed_is_counted(ana, ben):
    PaperSheet.objects.issue(2)
    count(ana, 1, artists=3)
    Sector.objects.filter(slug="artists").update(is_open=False)
    count(ben, 1, artists=3)
    assert exact_total() == 3
    count(ana, 2, artists=4), count(ben, 2, artists=4)
    assert exact_total() == 7


def test_who_counted_a_sheet_is_named_also_after_they_left_the_staff(ana, ben):
    PaperSheet.objects.issue(1)
    count(ana, 1, parents=12), count(ben, 1, parents=12)
    names = [account.username for account in User.objects.order_by("username")]
    User.objects.filter(username=names[0]).update(is_staff=False)
    page = Document(client_of().get(page_of(1))).words()
    assert len(names) == 2 and [name for name in names if name not in page] == []


def test_numbers_that_cannot_be_are_a_sentence_and_stay_in_their_field(ana):
    PaperSheet.objects.issue(1)
    for parents in ("501", "-4", "many", "", "0"):
        page = Document(count(ana, 1, parents=parents, teachers=""))
        assert "marks" in page.words() and PaperSheet.objects.get().state == "issued", parents
        assert page.of(page.one("input", name="people_parents")).get("value", "") == parents


def test_a_void_sheet_stops_counting_for_good(ana, ben):
    path = page_of(make_sheet("counted").pk)
    assert "Choose the reason." in errors(ana.post(path, {"void": "1", "reason": ""})).values() and exact_total() == 12
    ana.post(path, {"void": "1", "reason": "wrong"})
    assert exact_total() == 0
    assert Entry.objects.get().details == {"state": "void", "fields": ["state"], "reason": "wrong"}
    assert 'name="void"' not in ben.get(path).text
    assert "Nothing was changed" in ben.post(path, {"void": "1", "reason": "lost"}, follow=True).text
    count(ben, 1, parents=3)
    assert exact_total() == 0


def test_the_municipality_can_be_stored_later(ana):
    sheet, place = make_sheet("counted"), Municipality.objects.get(name_sq="Durrës")
    path = f"{LIST}{sheet.pk}/change/"
    ana.post(path, {"place": "1", "municipality": place.pk})
    assert exact_total() == 12
    assert tally.counties() == {place.county_id: 12}
    assert (
        errors(ana.post(path, {"place": "1", "municipality": "0"})) and PaperSheet.objects.get().municipality == place
    )


def test_the_list_is_searched_by_number(ana):
    make_sheet(), make_sheet()
    for typed, found in (("1", 1), ("000001", 1), ("abc", 0), ("9" * 30, 0)):
        assert ana.get(LIST, {"q": typed}).context["cl"].result_count == found, typed


def test_only_those_who_may_issue_and_count_do():
    sheet = make_sheet("returned")
    reader, stranger = client_of(permissions=["view_papersheet"]), client_of(permissions=["view_pledge"])
    assert reader.get(LIST).status_code == reader.get(f"{LIST}{sheet.pk}/change/").status_code == 200
    for client in (reader, stranger):
        assert count(client, 1, parents=10).status_code == 403
        assert client.get(ISSUE).status_code == client.post(ISSUE, {"count": "2"}).status_code == 403
        assert client.post(f"{LIST}{sheet.pk}/change/", {"void": "1", "reason": "lost"}).status_code == 403
    assert stranger.get(LIST).status_code == stranger.get(PRINT, {"first": 1, "last": 1}).status_code == 403
    assert PaperSheet.objects.get().state == "returned" and not Entry.objects.exists()


def test_a_sheet_counts_on_the_day_of_the_equal_count_in_the_county_of_its_municipality():
    sheet = make_sheet("returned", place="Durrës", issued_at=timezone.now() - timedelta(days=9))
    placeless = make_sheet("returned", {"parents": 3})
    for each in (sheet, placeless):
        each.count(each.first, 2)
    assert tally.read().days == [(timezone.localdate(), 15)]
    assert tally.counties() == {sheet.county_id: 12, "": 3}
    sheet.place(None)
    assert exact_total() == 15
    assert tally.counties() == {"": 15}


@pytest.mark.parametrize(
    ("account", "people", "state", "counts"),
    [
        # The first of the two counts again, and agrees, or does not.
        (1, 8, "counted", [(8, 2), (8, 1)]),
        (1, 9, "returned", [(8, 2), (9, 1)]),
        # So does the second.
        (2, 7, "counted", [(7, 1), (7, 2)]),
        # A third count agrees with one of them, or with neither: then it replaces the older one.
        (3, 7, "counted", [(7, 1), (7, 3)]),
        (3, 8, "counted", [(8, 2), (8, 3)]),
        (3, 9, "returned", [(8, 2), (9, 3)]),
    ],
)
def test_a_further_count_agrees_with_one_of_two_that_differ_or_replaces_the_older(account, people, state, counts):
    sheet = make_sheet("returned", {"parents": 7}, {"parents": 8})
    assert [str(sector) for sector in sheet.differences(Sector.objects.all())] == ["Prindër"]
    assert sheet.count(numbers(parents=people), account)
    sheet.refresh_from_db()
    assert sheet.state == state
    assert [(sum(numbers.values()), by) for numbers, by in sheet.counts] == counts
    assert exact_total() == (people if state == "counted" else 0)


def test_counts_that_are_equal_after_merging_sectors_count():
    make_sheet("returned", {"parents": 7, "citizens": 1}, {"parents": 6, "citizens": 2})
    Sector.objects.get(slug="parents").move_pledges(Sector.objects.get(slug="citizens"))
    assert exact_total() == 8 and PaperSheet.objects.get().state == "counted"


def test_children_are_not_counted_on_paper():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_sheet("returned", {"children": 3})


def test_a_sector_with_people_on_paper_is_not_deleted():
    sector = Sector.objects.create(slug="nurses", name_sq="Infermierë", name_en="Nurses", is_open=False)
    make_sheet("returned", {"nurses": 3})
    with pytest.raises(IntegrityError), transaction.atomic():
        sector.delete()


@pytest.mark.django_db(transaction=True)
def test_three_accounts_that_type_at_once_count_a_sheet_once():
    sheet = make_sheet()
    answers = at_once(*(lambda by=by: sheet.count(numbers(parents=7), by) for by in (1, 2, 3)))
    assert sorted(answers) == [False, True, True] and exact_total() == 7


@pytest.mark.django_db(transaction=True)
def test_counting_and_voiding_at_once_ends_void_and_exact():
    for _ in range(5):
        sheet = make_sheet("returned")
        at_once(lambda sheet=sheet: sheet.count(sheet.first, 2), lambda sheet=sheet: sheet.void("wrong"))
        sheet.refresh_from_db()
        assert sheet.state == "void" and exact_total() == 0


@pytest.mark.django_db(transaction=True)
def test_batches_issued_at_once_have_numbers_of_their_own():
    batches = at_once(*[lambda: PaperSheet.objects.issue(20)] * 2)
    assert sorted(number for batch in batches for number in batch) == list(range(1, 41))
    assert PaperSheet.objects.count() == 40


def test_a_number_is_given_out_and_counts_once_also_after_a_restore():
    place = Municipality.objects.first()
    counted = make_sheet("counted")
    take_entries()
    issued = PaperSheet.objects.issue(3, place)
    PaperSheet.objects.get(pk=issued[0]).count(numbers(youth=5), 3)
    entries = take_entries()
    PaperSheet.objects.exclude(pk=counted.pk).delete()
    assert replay(entries) == {"pledges_papersheet": 3}
    found = PaperSheet.objects.exclude(pk=counted.pk).values_list("number", "state", "municipality")
    assert list(found) == [(number, "issued", place.pk) for number in issued], "its marks are typed again"
    assert PaperSheet.objects.issue(1)[0] == issued[-1] + 1


def test_the_sheets_of_an_event_that_the_restored_database_does_not_have_end_with_it():
    event = make_event()
    issued = PaperSheet.objects.issue(2, event=event)
    entries = take_entries()
    PaperSheet.objects.all().delete()
    event.delete()
    Tombstone.objects.all().delete()
    replay(entries)
    connection.check_constraints()
    assert not PaperSheet.objects.filter(number__in=issued).exists()
