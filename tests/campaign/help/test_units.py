"""Child protection units: what visitors see, what staff check, and the CSV file (story: 61 rows, one change, again)."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from reversion.models import Version

from campaign.models import HelpChannel, ProtectionUnit
from pledges.models import Municipality
from staff.models import Entry
from tests.campaign.dashboard.test_tasks import tasks
from tests.factories import make_staff, sign_in
from tests.pages import LANGUAGES, Document, filled, path_of

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("language", LANGUAGES)
ADMIN = "/admin/campaign/protectionunit/"
PERMISSIONS = [f"{verb}_protectionunit" for verb in ("view", "change", "add")]
WORDS = {
    "sq": {
        "none": "Ende nuk kemi verifikuar asnjë njësi.",
        "unknown": "Kontaktin e kësaj njësie nuk e kemi të verifikuar.",
        "stored": "U importuan 61 njësi.",
        "counts": "Të reja: {}. Të ndryshuara: {}. Pa ndryshime: {}.",
        "line": "Rreshti {}, kolona „{}”:",
    },
    "en": {
        "none": "We have not checked any unit yet.",
        "unknown": "We have not checked how to reach this unit.",
        "stored": "61 units have been imported.",
        "counts": "New: {}. Changed: {}. Unchanged: {}.",
        "line": "Line {}, column “{}”:",
    },
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
    return sign_in(client, make_staff(*PERMISSIONS, username="besa"))


class Spreadsheet:
    """The list as a member of staff edits it: exported, changed, and imported in one language."""

    def __init__(self, client, language="en"):
        self.client = client
        self.headers = {"accept-language": language}

    def export(self):
        """[row of cells], the first with the headings."""
        response = self.client.get(f"{ADMIN}export/", headers=self.headers)
        data = response.getvalue()
        assert data.startswith("\ufeff".encode()) and "attachment" in response["Content-Disposition"]
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))

    @staticmethod
    def text(rows, separator=","):
        """The text of a CSV file."""
        lines = io.StringIO()
        csv.writer(lines, delimiter=separator).writerows(rows)
        return lines.getvalue()

    def upload(self, data, **more):
        """The response to a file with this text or these bytes."""
        data = data if isinstance(data, bytes) else data.encode()
        file = SimpleUploadedFile("njesite.csv", data, "text/csv")
        return self.client.post(f"{ADMIN}import/", {"file": file, **more}, headers=self.headers)

    def send(self, preview, button="confirm", **changes):
        """Press a button of a preview, with its lines as they are or changed."""
        data = {"text": preview.context["form"]["text"].value(), "preview": preview.context["comparison"].digest}
        return self.client.post(f"{ADMIN}import/", data | {button: "1"} | changes, headers=self.headers, follow=True)


def full_list(rows):
    """The exported rows with contact data in each."""
    header, *rest = rows
    found = [header]
    for number, row in enumerate(rest):
        found.append(
            [
                *row[:2],
                f"+355 00 {number:03}",
                f"njesia{number}@shembull.al",
                "Rruga e shpikur, 1",
                "H, 8–16",
                "M, 8–16",
                "2026-11-01",
            ]
        )
    return found


# Visitors


@BOTH
def test_from_the_start_there_are_61_rows_and_each_says_that_nothing_is_checked(client, language):
    assert ProtectionUnit.objects.count() == Municipality.objects.count() == 61
    page = page_of(client, language)
    words = page.words(page.one("main"))
    assert words.count(WORDS[language]["unknown"]) == 61 and WORDS[language]["none"] in words
    assert len(page.all("details", node=page.one("main"))) == 12
    calls = {page.of(link)["href"] for link in page.all("a", node=page.one("main")) if "tel:" in page.of(link)["href"]}
    assert calls == {"tel:116111", "tel:129"}
    assert not page.all("form", node=page.one("main")) and not page.all("script", node=page.one("body"))


@BOTH
def test_what_is_checked_shows_with_its_date_and_what_is_not_shows_nowhere(client, language):
    make_unit("Berat", phone="+355 00 11", email="b@shembull.al", address="Rruga A", hours_sq="Hënë", hours_en="Monday")
    make_unit("Kukës", phone="00 999 999", verified_on=None)
    page = page_of(client, language)
    text, words = client.get(path_of("campaign:units", language)).text, page.words(page.one("main"))
    assert page.words(page.one("a", href="tel:+3550011")) == "+355 00 11"
    assert page.one("a", href="mailto:b@shembull.al")
    assert "Rruga A" in words and ("Hënë" if language == "sq" else "Monday") in words
    assert "00 999 999" not in text and words.count(WORDS[language]["unknown"]) == 60
    assert WORDS[language]["none"] not in words
    years_ago = date(2020, 3, 1)
    make_unit("Berat", phone="+355 00 11", verified_on=years_ago)
    words = page_of(client, language).words()
    assert "+355 00 11" in words and ("1 mars 2020" if language == "sq" else "1 March 2020") in words


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


@BOTH
def test_help_and_the_pages_of_parents_teachers_and_officials_lead_to_it(client, language):
    units, after = (
        path_of("campaign:units", language),
        {"sq": "/sq/pas-raportimit/", "en": "/en/after-you-report/"}[language],
    )
    slugs = {
        "sq": ("ndihme", "prinder", "mesues", "zyrtare-publike"),
        "en": ("help", "parents", "teachers", "public-officials"),
    }
    for slug in slugs[language]:
        response = client.get(f"/{language}/{slug}/")
        assert response.status_code == 200, slug
        page = Document(response)
        assert page.all("a", href=units) and page.all("a", href=after), slug
    assert page_of(client, language).all("a", href=after)
    assert HelpChannel.objects.filter(key="njmf").exists()


# Verification


def test_the_database_refuses_a_verification_of_nothing():
    for values in ({"phone": ""}, {"phone": "", "hours_sq": "a", "hours_en": "b"}, {"hours_sq": "Hënë"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_unit(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_unit(verified_on=None, verified_by=make_staff())


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
    assert (unit.verified_on, unit.verified_by.username) == (timezone.localdate(), "besa")
    assert "04 000 111" in page_of(client).words()
    # Nothing changed: the verification stays.
    assert change(staff, unit).status_code == 302
    unit.refresh_from_db()
    assert unit.verified_on
    change(staff, unit, address="Rruga B")
    unit.refresh_from_db()
    assert (unit.verified_on, unit.verified_by) == (None, None)
    assert "04 000 111" not in page_of(client).words()
    assert Version.objects.get_for_object(unit).count() == 3


def test_staff_are_reminded_when_a_row_is_older_than_six_months(client):
    ProtectionUnit.objects.update(phone="04 000 0000", verified_on=timezone.localdate() - timedelta(days=183))
    unit = ProtectionUnit.objects.first()
    assert tasks(client, "change_protectionunit") == {}
    ProtectionUnit.objects.filter(pk=unit.pk).update(verified_on=F("verified_on") - timedelta(days=1))
    ((words, (number, url)),) = tasks(client, "change_protectionunit").items()
    assert (words, number) == ("child protection unit to call: never checked, or more than six months ago", "1")
    assert tasks(client, "view_page") == {}, "not due for users without the permission"
    user = make_staff("change_protectionunit")
    listed = sign_in(client, user).get(url)
    assert [found.pk for found in listed.context["cl"].result_list] == [unit.pk]
    sign_in(client, user).post(url, {"action": "verified_today", "_selected_action": unit.pk, "sure": "yes"})
    unit.refresh_from_db()
    assert (unit.verified_on, unit.verified_by) == (timezone.localdate(), user)
    assert tasks(client, "change_protectionunit") == {}


def test_the_filters_of_county_and_verification_work_together(client):
    sign_in(client, make_staff(*PERMISSIONS))
    page = Document(client.get(ADMIN, headers={"accept-language": "en"}))
    tirana = next(page.of(link)["href"] for link in page.all("a") if page.of(link)["href"].endswith("=AL-11"))
    page = Document(client.get(ADMIN + tirana, headers={"accept-language": "en"}))
    [never] = [page.of(link)["href"] for link in page.all("a") if page.words(link).startswith("To call")]
    listed = client.get(ADMIN + never)
    assert {unit.municipality.county_id for unit in listed.context["cl"].result_list} == {"AL-11"}


def test_a_unit_that_nobody_has_checked_is_a_task_and_cannot_be_verified_without_contact_data(client):
    ((words, (number, url)),) = tasks(client, "change_protectionunit").items()
    assert (words, number) == ("child protection units to call: never checked, or more than six months ago", "61")
    response = sign_in(client, make_staff(*PERMISSIONS)).post(
        url, {"action": "verified_today", "_selected_action": ProtectionUnit.objects.first().pk, "sure": "yes"}
    )
    assert response.status_code == 302 and not ProtectionUnit.objects.verified().exists()


# The CSV file


@pytest.mark.slow
@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("sq", ";"), ("en", "\t")])
def test_61_rows_are_imported_one_is_changed_and_only_that_one_differs(client, staff, language, separator):
    sheet, words = Spreadsheet(staff, language), WORDS[language]
    rows = full_list(sheet.export())
    assert len(rows) == 62
    preview = sheet.upload("\ufeff" + sheet.text(rows, separator))
    assert words["counts"].format(61, 0, 0) in Document(preview).words()
    assert not ProtectionUnit.objects.verified().exists(), "a preview stores nothing"
    assert words["stored"] in Document(sheet.send(preview)).words()
    unit = ProtectionUnit.objects.get(municipality__name_sq="Berat")
    assert (unit.phone, unit.hours_en, unit.verified_on) == ("+355 00 000", "M, 8–16", date(2026, 11, 1))
    assert unit.verified_by.username == "besa"
    page = page_of(client, language)
    assert WORDS[language]["unknown"] not in page.words() and page.one("a", href="tel:+35500000")
    # The export can be read back as it is, also its phone numbers, which must not begin a formula.
    again = sheet.export()
    assert again[1][2] == "'+355 00 000"
    again[5][2], again[5][7] = "00 777", "26.11.2026"
    preview = sheet.upload(sheet.text(again, separator))
    assert words["counts"].format(0, 1, 60) in Document(preview).words()
    [row] = preview.context["comparison"].to_save
    page = Document(preview)
    assert row.unit.municipality.name_sq == again[5][1]
    differences = [page.words(each) for each in page.all("div", **{"class": "difference"})]
    assert len(differences) == 2 and "777" in differences[0] and "26" in differences[1]
    sheet.send(preview)
    assert ProtectionUnit.objects.get(phone="00 777").verified_on == date(2026, 11, 26)
    versions = [Version.objects.get_for_object(each).count() for each in ProtectionUnit.objects.all()]
    assert sorted(versions) == [2] * 60 + [3]
    assert Entry.objects.filter(action="change", content_type__model="protectionunit").count() == 62
    preview = sheet.upload(sheet.text(sheet.export(), separator))
    assert words["counts"].format(0, 0, 61) in Document(preview).words()
    assert b'name="confirm"' not in preview.content


# {what is wrong: (change of the rows, line, columns in both languages, words in both languages)}
def _set(line, column, value):
    def change(rows):
        rows[line - 1][column] = value

    return change


BAD = {
    "column": (_set(1, 3, "Faks"), 1, ("Faks", "Faks"), ("nuk e njohim", "do not know this column")),
    "column twice": (_set(1, 3, "phone"), 1, ("phone", "Phone"), ("dy herë", "twice")),
    "no municipality": (_set(1, 1, ""), 1, ("Bashki", "Municipality"), ("mungon", "missing")),
    "municipality": (
        _set(9, 1, "Atlantida"),
        9,
        ("Bashki", "Municipality"),
        ("„Atlantida” nuk është", "“Atlantida” is not"),
    ),
    "twice": (_set(3, 1, "Berat"), 3, ("Bashki", "Municipality"), ("rreshtin 2", "in line 2")),
    "county": (_set(2, 0, "Tiranë"), 2, ("Qark", "County"), ("jo në „Tiranë”", "not in “Tiranë”")),
    "phone": (_set(4, 2, "pyesni"), 4, ("Telefon", "Phone"), ("„pyesni”", "“pyesni”")),
    "email": (_set(4, 3, "njesia@"), 4, ("Email-i", "Email"), ("„njesia@”", "“njesia@”")),
    "one language": (_set(4, 6, ""), 4, ("Orari (Anglisht)", "Hours (English)"), ("dyja gjuhët", "both languages")),
    "no date": (
        _set(7, 7, "dje"),
        7,
        ("Verifikuar më", "Verified on"),
        ("„dje” nuk është datë", "“dje” is not a date"),
    ),
    "future": (_set(7, 7, "2099-01-01"), 7, ("Verifikuar më", "Verified on"), ("të ardhmen", "future")),
}


@pytest.mark.slow
@BOTH
def test_a_bad_file_gets_a_sentence_with_line_and_column_and_is_not_lost(staff, language, subtests):
    sheet, index = Spreadsheet(staff, language), LANGUAGES.index(language)
    good = full_list(sheet.export())
    for name, (spoil, line, columns, sentence) in BAD.items():
        with subtests.test(name):
            rows = [list(row) for row in good]
            spoil(rows)
            preview = sheet.upload(sheet.text(rows))
            words = Document(preview).words()
            assert WORDS[language]["line"].format(line, columns[index]) in words, words
            assert sentence[index] in words
            assert preview.context["form"]["text"].value() == sheet.text(rows).replace("\r\n", "\n")
            assert "confirm" not in preview.text


@pytest.mark.slow
def test_a_bad_file_is_not_stored_and_is_corrected_on_the_page_of_its_preview(staff):
    sheet = Spreadsheet(staff)
    good = full_list(sheet.export())
    preview = sheet.upload(sheet.text([*good[:1], ["", "Atlantida", *good[1][2:]], *good[2:]]))
    sheet.send(preview)
    assert not ProtectionUnit.objects.exclude(phone="").exists()
    checked = sheet.send(preview, button="check", text=sheet.text(good))
    assert WORDS["en"]["counts"].format(61, 0, 0) in Document(checked).words()
    assert WORDS["en"]["stored"] in Document(sheet.send(checked)).words()


@pytest.mark.cases(
    ("data", "sentence"),
    [
        (b"", "Choose a CSV file."),
        (b"\xff\xfeb\x00a\x00", "not a CSV file in UTF-8"),
        ("municipality,address\nBerat,Rruga".encode("utf-16-le"), "not a CSV file in UTF-8"),
        ("Bashki\nTiranë".encode("cp1252"), "not a CSV file in UTF-8"),
        (b"municipality\n" + b"x" * 100_000, "too large"),
        (b"municipality\n", "headings only"),
        (b'municipality,phone\nBerat,"00 1\n', "quotation mark"),
        (b"municipality,phone\nBerat;00 111\n", "1 cells instead of 2"),
        (b"municipality,phone\nBerat,00 111,x\n", "3 cells instead of 2"),
        (b"\n\n", "The file is empty."),
    ],
)
def test_a_file_that_is_no_list_gets_a_sentence(staff, data, sentence):
    response = Spreadsheet(staff).upload(data)
    assert response.status_code == 200 and sentence in Document(response).words()
    assert not ProtectionUnit.objects.exclude(phone="").exists()


def test_dates_of_a_file_never_make_contact_data_look_checked(staff):
    make_unit(phone="00 111", verified_on=date(2026, 11, 1))
    sheet = Spreadsheet(staff)
    same = "the contact data has changed since the check on 1 November 2026. Enter the date of a new check."
    for line, sentence in [
        ("Berat,00 222,2026-11-01", same),
        ("Berat,00 222,2026-10-01", "the date is earlier than our last check, on 1 November 2026."),
        ("Berat,,2026-11-02", "there is a date, but no phone number"),
    ]:
        assert sentence in Document(sheet.upload(f"municipality,phone,verified on\n{line}\n")).words()
    assert same in Document(sheet.upload("bashkia;telefon\n".replace("bashkia", "bashki") + "berat;00 222\n")).words()
    preview = sheet.upload("Municipality,Phone,Verified on\nBERAT,00 222,\n")
    assert "Visitors do not see it" in Document(preview).words()
    sheet.send(preview)
    assert not ProtectionUnit.objects.verified().exists()


def test_a_column_that_is_not_in_the_file_stays_and_an_empty_cell_empties(staff):
    make_unit(phone="00 111", email="b@shembull.al", address="Rruga A")
    sheet, today = Spreadsheet(staff), timezone.localdate() + timedelta(days=0)
    ProtectionUnit.objects.update(verified_on=None)
    preview = sheet.upload(f"municipality,email,verified_on\nBerat,,{today}\n")
    sheet.send(preview)
    unit = ProtectionUnit.objects.get(municipality__name_sq="Berat")
    assert (unit.phone, unit.email, unit.address, unit.verified_on) == ("00 111", "", "Rruga A", today)


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
    assert not preview.context["comparison"].to_save, "the export is read back as it was"
