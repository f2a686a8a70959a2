"""Child protection units: what visitors see, what staff check, and the CSV file (story: 61 rows, one change, again)."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.utils import timezone
from reversion.models import Version

from campaign.models import ProtectionUnit
from pledges.models import Municipality
from staff.models import Entry
from tests.campaign.dashboard.test_tasks import tasks
from tests.factories import make_staff, sign_in
from tests.pages import LANGUAGES, Document, filled, path_of

pytestmark = pytest.mark.django_db

ADMIN = "/admin/campaign/protectionunit/"
PERMISSIONS = [f"{verb}_protectionunit" for verb in ("view", "change", "add")]
UNKNOWN = {
    "sq": "Kontaktin e kësaj njësie nuk e kemi të verifikuar.",
    "en": "We have not checked how to reach this unit.",
}


def make_unit(place="Berat", **values):
    """The unit of a municipality with contact data that was checked today."""
    values = {"phone": "04 000 0000", "verified_on": timezone.localdate()} | values
    ProtectionUnit.objects.filter(municipality__name_sq=place).update(**values)
    return ProtectionUnit.objects.get(municipality__name_sq=place)


def page_of(client, language="sq"):
    """The Document of the public page."""
    return Document(client.get(path_of("campaign:units", language)))


@pytest.fixture
def staff(client):
    """A client signed in as a member of staff who may do everything with units."""
    return sign_in(client, make_staff(*PERMISSIONS))


class Spreadsheet:
    """The list as a member of staff edits it in English: exported, changed, and imported."""

    def __init__(self, client):
        self.client = client
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    def export(self):
        """[row of cells], the first with the headings."""
        response = self.client.get(f"{ADMIN}export/")
        data = response.getvalue()
        assert data.startswith("\ufeff".encode()) and "attachment" in response["Content-Disposition"]
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))

    @staticmethod
    def text(rows, separator=","):
        """The text of a CSV file."""
        lines = io.StringIO()
        csv.writer(lines, delimiter=separator).writerows(rows)
        return lines.getvalue()

    def upload(self, data):
        """The response to a file with this text or these bytes."""
        data = data if isinstance(data, bytes) else data.encode()
        return self.client.post(f"{ADMIN}import/", {"file": SimpleUploadedFile("njesite.csv", data, "text/csv")})

    def send(self, preview, button="confirm", **changes):
        """Press a button of a preview, with its lines as they are or changed."""
        data = {"text": preview.context["form"]["text"].value(), "preview": preview.context["comparison"].digest}
        return self.client.post(f"{ADMIN}import/", data | {button: "1"} | changes, follow=True)


def full_list(rows):
    """The exported rows with contact data in each."""
    header, *rest = rows
    known = ["Rruga e shpikur, 1", "H, 8–16", "M, 8–16", "2026-11-01"]
    return [header, *([*row[:2], f"+355 00 {n:03}", f"njesia{n}@shembull.al", *known] for n, row in enumerate(rest))]


# Visitors


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_start_there_are_61_rows_and_each_says_that_nothing_is_checked(client, language):
    assert ProtectionUnit.objects.count() == Municipality.objects.count() == 61
    page = page_of(client, language)
    main = page.one("main")
    assert page.words(main).count(UNKNOWN[language]) == 61 and len(page.all("details", node=main)) == 12
    calls = {page.of(link)["href"] for link in page.all("a", node=main) if "tel:" in page.of(link)["href"]}
    assert calls == {"tel:116111", "tel:129"}
    assert not page.all("form", node=main) and not page.all("script", node=page.one("body"))


def test_what_is_checked_shows_with_its_date_and_what_is_not_shows_nowhere(client):
    make_unit(
        phone="+355 00 11", email="b@shembull.al", hours_sq="Hënë", hours_en="Monday", verified_on=date(2020, 3, 1)
    )
    make_unit("Kukës", phone="00 999 999", verified_on=None)
    page = page_of(client, "en")
    words = page.words(page.one("main"))
    assert page.words(page.one("a", href="tel:+3550011")) == "+355 00 11"
    assert page.one("a", href="mailto:b@shembull.al")
    assert "Monday" in words and "1 March 2020" in words
    assert "00 999 999" not in words and words.count(UNKNOWN["en"]) == 60


def test_the_page_needs_one_statement_and_its_address_tells_nothing(client, django_assert_num_queries):
    language = "sq"
    make_unit()
    path = path_of("campaign:units", language)
    client.get(path)
    with django_assert_num_queries(1):
        response = client.get(f"{path}?bashkia=berat")
    assert response.content == client.get(path).content and not response.cookies and "Vary" not in response
    page = Document(response)
    main = page.one("main")
    assert not [link for link in page.all("a", node=main) if re.search("[?#]", page.of(link)["href"])]
    assert not [element for element in page.all("details", node=main) if "id" in page.of(element)]


def test_help_and_the_pages_of_parents_teachers_and_officials_lead_to_it(client):
    units, after = path_of("campaign:units", "en"), "/en/after-you-report/"
    for slug in ("help", "parents", "teachers", "public-officials"):
        page = Document(client.get(f"/en/{slug}/"))
        assert page.all("a", href=units) and page.all("a", href=after), slug
    assert page_of(client, "en").all("a", href=after)


# Verification


def change(client, unit, **values):
    """The response to the form of a unit with these changes."""
    url = f"{ADMIN}{unit.pk}/change/"
    return client.post(url, filled(client.get(url), **values), headers={"accept-language": "en"})


def test_a_tick_records_who_checked_and_a_change_without_a_tick_is_not_public(client, staff):
    unit = ProtectionUnit.objects.get(municipality__name_sq="Tiranë")
    assert change(staff, unit, checked_today="on").status_code == 200
    response = change(staff, unit, phone="abc")
    assert "Enter one phone number" in response.text and 'value="abc"' in response.text
    assert change(staff, unit, phone="04 000 111", checked_today="on").status_code == 302
    unit.refresh_from_db()
    assert unit.verified_on == timezone.localdate()
    assert "04 000 111" in page_of(client).words()
    # Nothing changed: the verification stays.
    assert change(staff, unit).status_code == 302
    unit.refresh_from_db()
    assert unit.verified_on
    change(staff, unit, address="Rruga B")
    unit.refresh_from_db()
    assert unit.verified_on is None
    assert "04 000 111" not in page_of(client).words()
    assert Version.objects.get_for_object(unit).count() == 3


def test_staff_are_reminded_of_what_was_never_checked_or_more_than_six_months_ago(client):
    words = "child protection unit{} to call: never checked, or more than six months ago"
    assert tasks(client, "change_protectionunit")[words.format("s")][0] == "61"
    ProtectionUnit.objects.update(phone="04 000 0000", verified_on=timezone.localdate() - timedelta(days=183))
    unit = ProtectionUnit.objects.first()
    assert tasks(client, "change_protectionunit") == {}
    ProtectionUnit.objects.filter(pk=unit.pk).update(verified_on=F("verified_on") - timedelta(days=1))
    [(number, url)] = tasks(client, "change_protectionunit").values()
    assert number == "1" and tasks(client, "view_page") == {}, "not due for users without the permission"
    listed = sign_in(client, make_staff("change_protectionunit")).get(url)
    assert [found.pk for found in listed.context["cl"].result_list] == [unit.pk]


# The CSV file


@pytest.mark.slow
def test_61_rows_are_imported_one_is_changed_and_only_that_one_differs(client, staff):
    sheet = Spreadsheet(staff)
    rows = full_list(sheet.export())
    assert len(rows) == 62
    preview = sheet.upload("\ufeff" + sheet.text(rows, ";"))
    assert "Changed: 61. Unchanged: 0." in Document(preview).words()
    assert not ProtectionUnit.objects.verified().exists(), "a preview stores nothing"
    assert "61 units have been imported." in Document(sheet.send(preview)).words()
    unit = ProtectionUnit.objects.get(municipality__name_sq="Berat")
    assert (unit.phone, unit.hours_en, unit.verified_on) == ("+355 00 000", "M, 8–16", date(2026, 11, 1))
    assert page_of(client, "en").one("a", href="tel:+35500000")
    # The export can be read back as it is, also its phone numbers, which must not begin a formula.
    again = sheet.export()
    assert again[1][2] == "'+355 00 000"
    again[5][2], again[5][7] = "00 777", "26.11.2026"
    preview = sheet.upload(sheet.text(again, "\t"))
    page = Document(preview)
    assert "Changed: 1. Unchanged: 60." in page.words()
    differences = [page.words(each) for each in page.all("div", **{"class": "difference"})]
    assert len(differences) == 2 and "777" in differences[0] and "26" in differences[1]
    sheet.send(preview)
    assert ProtectionUnit.objects.get(phone="00 777").verified_on == date(2026, 11, 26)
    versions = [Version.objects.get_for_object(each).count() for each in ProtectionUnit.objects.all()]
    assert sorted(versions) == [2] * 60 + [3]
    assert Entry.objects.filter(action="change", content_type__model="protectionunit").count() == 62


# (lines of a file, sentence)
BAD = [
    (b"", "Choose a CSV file."),
    ("municipality,address\nBerat,Rruga".encode("utf-16-le"), "not a CSV file in UTF-8"),
    ("Bashki\nTiranë".encode("cp1252"), "not a CSV file in UTF-8"),
    (b"municipality\n" + b"x" * 100_000, "The file is too large for a list of the units."),
    ("municipality,fax\nBerat,1", "The first line must name these columns"),
    ("municipality,phone,Phone\nBerat,1,2", "The first line must name these columns"),
    ("phone\n00 111", "The first line must name these columns"),
    ('municipality,phone\nBerat,"00 1\n', "quotation mark"),
    ("municipality,phone\nBerat;00 111\n", "Line 2: it has too many or too few cells."),
    ("municipality,phone\nBerat,00 111,x\n", "Line 2: it has too many or too few cells."),
    ("municipality\nAtlantida", "Line 2, column “Municipality”: “Atlantida” is not a municipality"),
    ("county,municipality\nTirana,Berat", "Line 2, column “County”: Berat is in the county Berat, not in “Tirana”."),
    ("municipality,\nBerat,x", "Line 2: it has too many or too few cells."),
    ("municipality\nBerat\nberat", "Line 3, column “Municipality”: Berat is already in line 2."),
    ("municipality,phone\n\nBerat,pyesni", "Line 3, column “Phone”: Enter one phone number"),
    ("bashki;email\nBerat;njesia@", "Line 2, column “Email”:"),
    ("municipality,hours_sq\nBerat,E hënë", "column “Hours (English)”: Write this in both languages"),
    ("municipality,phone,verified on\nBerat,00 111,dje", "column “Verified on”:"),
    ("municipality,phone,verified on\nBerat,00 111,2099-01-01", "the date is in the future."),
    # Dates of a file never make contact data look checked. Vlorë has "00 111", checked on 1 November.
    ("municipality,phone,verified on\nVlorë,00 222,2026-11-01", "changed since the check on 1 November 2026."),
    ("municipality,phone\nVlorë,00 222", "changed since the check on 1 November 2026."),
    ("municipality,phone,verified on\nVlorë,00 222,2026-10-01", "earlier than our last check, on 1 November 2026."),
    ("municipality,phone,verified on\nVlorë,,2026-11-02", "Enter a phone number, an email or an address"),
]


@pytest.mark.slow
def test_a_bad_file_gets_a_sentence_and_is_not_stored(staff, subtests):
    make_unit("Vlorë", phone="00 111", verified_on=date(2026, 11, 1))
    sheet = Spreadsheet(staff)
    for data, sentence in BAD:
        with subtests.test(sentence):
            response = sheet.upload(data)
            assert sentence in Document(response).words() and 'name="confirm"' not in response.text
            if isinstance(data, str):
                assert response.context["form"]["text"].value() == data, "it is not lost"
                sheet.send(response)
    assert ProtectionUnit.objects.exclude(phone="").get().phone == "00 111"


def test_a_bad_file_is_corrected_on_the_page_of_its_preview(staff):
    sheet = Spreadsheet(staff)
    preview = sheet.upload("municipality,phone,verified on\nAtlantida,00 222,\n")
    checked = sheet.send(preview, button="check", text="municipality,phone,verified on\nBERAT,00 222,\n")
    assert "Visitors do not see it" in Document(checked).words()
    sheet.send(checked)
    unit = ProtectionUnit.objects.get(municipality__name_sq="Berat")
    assert (unit.phone, unit.verified_on) == ("00 222", None)


def test_a_column_that_is_not_in_the_file_stays_and_an_empty_cell_empties(staff):
    make_unit(phone="00 111", email="b@shembull.al", address="Rruga A")
    sheet, today = Spreadsheet(staff), timezone.localdate() + timedelta(days=0)
    ProtectionUnit.objects.update(verified_on=None)
    preview = sheet.upload(f"municipality,email,verified_on\nBerat,,{today}\n")
    sheet.send(preview)
    unit = ProtectionUnit.objects.get(municipality__name_sq="Berat")
    assert (unit.phone, unit.email, unit.address, unit.verified_on) == ("00 111", "", "Rruga A", today)


def test_empty_lines_and_columns_without_a_heading_are_left_out(staff):
    sheet = Spreadsheet(staff)
    lines = "\n  \ncounty;municipality;phone;;\nAL-01;Berat;00 111;;\n ; ;;;\n   \nQarku i Vlorës;Vlorë;00 222;;;\n"
    preview = sheet.upload(lines)
    assert not preview.context["comparison"].problems
    sheet.send(preview)
    assert [*ProtectionUnit.objects.exclude(phone="").values_list("phone", flat=True).order_by("phone")] == [
        "00 111",
        "00 222",
    ]


def test_what_was_not_in_the_preview_is_not_stored(staff):
    sheet = Spreadsheet(staff)
    preview = sheet.upload("municipality,phone\nBerat,00 111\n")
    response = sheet.send(preview, text="municipality,phone\nBerat,00 222\n")
    assert "have changed since the preview" in Document(response).words()
    make_unit("Berat", address="Rruga C", verified_on=None)
    assert "have changed since the preview" in Document(sheet.send(preview)).words()
    assert not ProtectionUnit.objects.filter(phone__startswith="00 ").exists()


def test_no_cell_of_the_export_begins_a_formula(staff):
    make_unit(address='=HYPERLINK("http://x")', hours_sq="@hënë;=1+1", hours_en="-1")
    row = Spreadsheet(staff).export()[1]
    assert row[4:7] == ['\'=HYPERLINK("http://x")', "'@hënë;'=1+1", "'-1"]
    preview = Spreadsheet(staff).upload(Spreadsheet.text(Spreadsheet(staff).export()))
    assert not preview.context["comparison"].changed, "the export is read back as it was"
