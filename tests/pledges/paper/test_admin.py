"""Paper sheets in the admin: issuing, printing, typing counts with every mistake, places, void sheets, and who may do what."""

import random
from collections import Counter

import pypdfium2
import pytest
import zxingcpp
from django.conf import settings
from django.test import Client
from django.utils import translation

from campaign.models import Handout
from pledges.counting.models import Count
from pledges.models import Municipality, PaperSheet, Sector
from staff.models import Entry
from tests import tally
from tests.drafts import make_hidden
from tests.drill import rounds
from tests.events import make_event
from tests.factories import make_staff, sign_in
from tests.pages import Document
from tests.pledges.paper.sheets import make_sheet, numbers
from tests.tally import exact_total
from tests.threads import at_once

pytestmark = pytest.mark.django_db

LIST = "/admin/pledges/papersheet/"
COUNT, PRINT, ISSUE = f"{LIST}count/", f"{LIST}print/", f"{LIST}add/"
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


def type_count(client, number, **people):
    return client.post(COUNT, {"number": number, **{f"people_{slug}": n for slug, n in people.items()}}, follow=True)


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
    assert [each.details for each in Entry.objects.order_by("pk")] == [
        {"sheets": "1–3"},
        {"sheets": "4–8"},
    ]
    [link] = [each for each in Document(first).all("a") if "Print 000001 to 000003" in Document(first).words(each)]
    assert ana.get(Document.of(link)["href"].replace("&amp;", "&")).headers["Content-Type"] == "application/pdf"


def test_a_wrong_number_of_sheets_issues_nothing():
    for language, sentence in (("sq", "Shkruani një numër nga 1 deri në 200"), ("en", "Enter a number from 1 to 200")):
        client = client_of(language)
        for count in ("", "0", "201", "-3", "ten", "9" * 30):
            response = client.post(ISSUE, {"count": count, "municipality": ""})
            assert sentence in errors(response)["count"] and not PaperSheet.objects.exists(), count
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


@pytest.mark.parametrize("letters", [0, 140])
def test_words_that_staff_change_are_on_the_sheet_above_the_boxes(ana, letters):
    long = ("fjalë " * 60)[:letters]
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


@pytest.mark.parametrize("letter", ["fjalë e gjatë ", "W"])
def test_the_longest_words_of_an_event_cover_nothing(ana, letter):
    title, place = (letter * 160)[:120].strip(), (letter * 160)[:160].strip()
    event = make_event(hours=30, title_sq=title, title_en=title, place_sq=place, place_en=place)
    PaperSheet.objects.issue(1, event=event)
    [page] = pypdfium2.PdfDocument(ana.get(PRINT, {"first": "1", "last": "1"}).content)
    text = page.get_textpage()
    [number], [pledge] = (_places(text, word) for word in ("000001", "Zotohemi në letër"))
    everything = text.get_text_range()
    first, last = everything.index(title[:20]), everything.rindex(place[-5:]) + 4
    boxes = [text.get_charbox(place) for place in range(first, last)]
    boxes = [box for box in boxes if box[2] > box[0]]
    assert len(boxes) > 2 * 200, "all of it is there"
    # In points from the left and from the bottom: below the number, above the words of staff, within the margins.
    assert max(box[3] for box in boxes) < text.get_charbox(number)[1]
    assert min(box[1] for box in boxes) > text.get_charbox(pledge)[3]
    left, right = 15 / 25.4 * 72, (210 - 15) / 25.4 * 72
    assert min(box[0] for box in boxes) > left - 1 and max(box[2] for box in boxes) < right + 1


def _places(text, word):
    search, found = text.search(word), []
    while hit := search.get_next():
        found.append(hit[0])
    return found


@pytest.mark.parametrize(
    "asked", [{}, {"first": "5", "last": "2"}, {"first": "1", "last": "999"}, {"first": "7", "last": "8"}]
)
def test_wrong_numbers_to_print_are_a_sentence(ana, asked):
    PaperSheet.objects.issue(3)
    response = ana.get(PRINT, asked)
    assert response.headers["Content-Type"].startswith("text/html") and errors(response)


def test_a_sheet_counts_when_two_people_have_typed_the_same(ana, ben):
    PaperSheet.objects.issue(2)
    page = type_count(ana, "000001", parents="12", youth="3")
    assert "The first count of sheet 000001 has been saved." in Document(page).words() and exact_total() == 0
    assert Document.of(Document(page).one("input", name="number"))["value"] == "000002"
    page = type_count(ben, "1", parents="12", youth="3", teachers="0")
    assert "Sheet 000001 has been counted: 15 people." in Document(page).words() and exact_total() == 15
    assert tally.read().paper == 15 and Client().get("/api/v1/totals.json").json()["paper"] == 15
    assert [each.details["state"] for each in Entry.objects.order_by("pk")] == ["returned", "counted"]
    assert Entry.objects.filter(object_id="1").count() == 2


def test_the_form_suggests_the_next_sheet_of_this_person(ana, ben):
    PaperSheet.objects.issue(4)
    for number in (1, 2):
        type_count(ana, number, parents=5)
    PaperSheet.objects.get(number=3).void("lost")

    def suggested(client):
        return Document.of(Document(client.get(COUNT)).one("input", name="number")).get("value")

    assert (suggested(ana), suggested(ben)) == ("000004", "000001")
    page = Document(ben.get(COUNT))
    [focused] = page.all("input", autofocus=True) + page.all("input", autofocus="")
    assert page.of(focused)["name"] == "people_parents"


def test_counts_that_differ_are_counted_again(ana, ben):
    PaperSheet.objects.issue(1)
    type_count(ana, 1, parents=12, youth=3)
    page = type_count(ben, 1, parents=12, youth=4).text
    assert "the two counts differ: Young people." in page and exact_total() == 0
    listed = ana.get(LIST, {"progress": "differing"}).text
    assert "The counts differ: Young people" in listed
    assert "paper sheet with two counts that differ" in ana.get("/admin/").text
    assert f"{COUNT}?number=1" in page
    again = Document(ana.get(COUNT, {"number": "1"}))
    for sector in Sector.objects.open():
        assert not again.of(again.one("input", name=f"people_{sector.slug}")).get("value"), "no count is shown"
    type_count(ana, 1, parents=12, youth=4)
    assert exact_total() == 16 and PaperSheet.objects.get().state == "counted"


REFUSED = {
    "same_account": (
        "returned",
        "Numërimin e parë të kësaj flete e regjistruat ju.",
        "You entered the first count of this sheet.",
    ),
    "counted": ("counted", "Kjo fletë është numëruar tashmë.", "This sheet has already been counted."),
    "void": ("void", "Kjo fletë është anuluar.", "This sheet is void."),
    "never_issued": (
        None,
        "Nuk kemi nxjerrë asnjë fletë me këtë numër.",
        "We have not issued a sheet with this number.",
    ),
}


@pytest.mark.cases("language", ["sq", "en"])
@pytest.mark.cases("mistake", REFUSED)
def test_a_mistake_is_a_sentence_at_the_number_and_nothing_is_lost_or_counted(mistake, language):
    client, (state, *sentences) = client_of(language), REFUSED[mistake]
    if state:
        make_sheet(state)
    PaperSheet.objects.filter(state="returned").update(first_by=client.session["_auth_user_id"])
    before = list(PaperSheet.objects.values()), exact_total()
    response = type_count(client, "000001", parents="12", teachers="7")
    assert sentences[language == "en"] in errors(response)["number"]
    page = Document(response)
    values = {
        name: page.of(page.one("input", name=name)).get("value")
        for name in ("number", "people_parents", "people_teachers")
    }
    assert values == {"number": "000001", "people_parents": "12", "people_teachers": "7"}
    assert (list(PaperSheet.objects.values()), exact_total()) == before and not Entry.objects.exists()


@pytest.mark.cases(
    ("typed", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "12a"}, "number"),
        ({"number": "-1"}, "number"),
        ({"number": "9" * 30}, "number"),
        ({"number": "1", "people_parents": "501"}, "people_parents"),
        ({"number": "1", "people_parents": "-4"}, "people_parents"),
        ({"number": "1", "people_parents": "many"}, "people_parents"),
        ({"number": "1"}, "people_parents"),
        ({"number": "1", "people_parents": "0"}, "people_parents"),
    ],
)
def test_numbers_that_cannot_be_are_a_sentence_at_their_field(ana, typed, field):
    PaperSheet.objects.issue(1)
    response = ana.post(COUNT, {"people_teachers": "", **typed})
    assert errors(response)[field].endswith(".") and PaperSheet.objects.get().state == "issued"


def test_children_have_no_field(ana):
    PaperSheet.objects.issue(1)
    assert "people_children" not in ana.get(COUNT).text
    type_count(ana, 1, children=9, parents=1)
    assert PaperSheet.objects.get().first == numbers(parents=1)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_type_at_once_count_a_sheet_once():
    ana, ben = client_of(), client_of()
    PaperSheet.objects.issue(3)
    for number in (1, 2, 3):
        at_once(*(lambda c=client, n=number: type_count(c, n, parents=7).status_code for client in (ana, ben)))
    assert exact_total() == 21 and PaperSheet.objects.filter(state="counted").count() == 3


def test_a_void_sheet_stops_counting_for_good(ana, ben):
    sheet = make_sheet("counted")
    path = f"{LIST}{sheet.pk}/change/"
    assert "Choose the reason." in errors(ana.post(path, {"void": "1", "reason": ""})).values() and exact_total() == 12
    ana.post(path, {"void": "1", "reason": "wrong"})
    assert exact_total() == 0
    assert Entry.objects.get().details == {"state": "void", "reason": "wrong"}
    record = client_of("sq", ["view_entry", "audit_entry"]).get("/admin/staff/entry/").text
    for words in ("000001", "gjendja: e anuluar", "arsyeja: U plotësua ose u numërua gabim."):
        assert words in record
    assert "already" not in ben.get(path).text and 'name="void"' not in ben.get(path).text
    assert "Nothing was changed." in ben.post(path, {"void": "1", "reason": "lost"}, follow=True).text
    type_count(ben, 1, parents=3)
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


def test_the_page_of_a_sheet_shows_no_count_that_waits(ana):
    sheet = make_sheet("returned", {"parents": 377}, {"parents": 376})
    page = ana.get(f"{LIST}{sheet.pk}/change/").text
    assert "377" not in page and "376" not in page and "The counts differ: Parents" in page


@pytest.mark.parametrize("typed", ["1", "000001", "abc", "9" * 30])
def test_the_list_is_searched_by_number(ana, typed):
    make_sheet(), make_sheet()
    found = ana.get(LIST, {"q": typed})
    assert found.status_code == 200
    assert found.context["cl"].result_count == (1 if typed.isdecimal() and int(typed) == 1 else 0)


def test_only_those_who_may_issue_and_count_do():
    sheet = make_sheet("returned")
    reader, stranger = client_of(permissions=["view_papersheet"]), client_of(permissions=["view_pledge"])
    assert reader.get(LIST).status_code == reader.get(f"{LIST}{sheet.pk}/change/").status_code == 200
    for client in (reader, stranger):
        assert client.get(COUNT).status_code == type_count(client, 1, parents=10).status_code == 403
        assert client.get(ISSUE).status_code == client.post(ISSUE, {"count": "2"}).status_code == 403
        assert client.post(f"{LIST}{sheet.pk}/change/", {"void": "1", "reason": "lost"}).status_code == 403
    assert stranger.get(LIST).status_code == stranger.get(PRINT, {"first": 1, "last": 1}).status_code == 403
    assert PaperSheet.objects.get().state == "returned" and not Entry.objects.exists()


def paper_totals():
    """{sector id: people on paper} as counted."""
    tally.read()
    return {sector: people for sector, way, people in Count.objects.get().figures["people"] if way == "paper"}


class Pile:
    """Sheets that two people type, with what the totals must be after each count."""

    def __init__(self, size, *people):
        self.people, self.chance = people, random.Random(16)
        self.ids = dict(Sector.objects.values_list("slug", "pk"))
        self.slugs = list(Sector.objects.open().values_list("slug", flat=True))
        self.expected, self.to_count_again, self.steps = Counter(), [], 0
        for start in range(0, size, 200):
            assert people[0].post(ISSUE, {"count": min(200, size - start), "municipality": ""}).status_code == 302

    def type(self, client, number, strokes, counted=None):
        """Type a count; `counted` are the strokes that count from then on."""
        data = {"number": number, **{f"people_{slug}": n for slug, n in strokes.items()}}
        assert client.post(COUNT, data).status_code == 302
        self.expected.update(counted or {})
        self.check()

    def void(self, client, number, reason):
        assert client.post(f"{LIST}{number}/change/", {"void": "1", "reason": reason}).status_code == 302

    def check(self):
        """The totals are what is expected, in every group."""
        assert paper_totals() == {self.ids[slug]: n for slug, n in self.expected.items() if n}
        self.steps += 1
        if self.steps % 50 == 0:
            # Shows the messages, which pile up in the session otherwise.
            assert {person.get(COUNT).status_code for person in self.people} == {200}
        if self.steps % 500 == 0:
            tally.exact_total()

    def sheet(self, number):
        """One sheet. A tenth is typed wrongly at first; a few are void, before or after they count."""
        chance = self.chance
        strokes = {
            slug: chance.randint(1, 40) for slug in chance.sample(self.slugs, chance.randint(1, len(self.slugs)))
        }
        first, second = chance.sample(self.people, 2)
        self.type(first, number, strokes)
        slip = chance.random()
        if slip < 0.1:
            wrong = strokes | {chance.choice(list(strokes)): 41}
            self.type(second, number, wrong)
            if slip < 0.05:
                self.type(second, number, wrong | {self.slugs[0]: 42})
            self.to_count_again.append((second, number, strokes))
        elif slip < 0.12:
            self.void(first, number, "lost")
        else:
            self.type(second, number, strokes, counted=strokes)
            if slip > 0.95:
                assert second.post(COUNT, {"number": number, "people_parents": "3"}).status_code == 200, (
                    "it counts once"
                )
            if slip < 0.14:
                self.void(second, number, "wrong")
                self.expected.subtract(strokes)
        self.check()


@pytest.mark.slow
@pytest.mark.drill
def test_two_accounts_type_thousands_of_sheets_with_corrections_and_totals_are_exact_after_each(ana, ben):
    size = rounds(50, 5000)
    pile = Pile(size, ana, ben)
    for number in range(1, size + 1):
        pile.sheet(number)
    for client, number, strokes in pile.to_count_again:
        pile.type(client, number, strokes, counted=strokes)
    assert exact_total() == tally.read().paper == sum(pile.expected.values()) > 0
    assert not PaperSheet.objects.open().exists()
