"""Exports of pledges (stories 24 and 26): permissions, content, the audit log, interrupted downloads, and no formula."""

import csv
import io
import re
import tracemalloc
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pledges.exports.admin import stream
from pledges.exports.spreadsheets import csv_file, xlsx_file
from pledges.models import Export, Pledge
from staff.models import Entry
from tests.factories import make_copies, make_pledge, make_staff, sign_in
from tests.pages import csv_dicts
from tests.pledges.desk.pages import ENGLISH, LIST

pytestmark = pytest.mark.django_db

ADD = "/admin/pledges/export/add/"
PERSON = {"name": "Drita Çela-Përmeti", "address": "drita@shembull.al"}
ALL_PERMISSIONS = ["view_pledge", "see_people", "export_pledges", "export_updates"]
REASON = "newsletter of November"
PAGE = 100  # rows, instead of 5,000


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """Short pages, so that an export of several pages needs few pledges."""
    monkeypatch.setattr("pledges.supporters.querysets.PAGE_ROWS", PAGE)


@pytest.fixture
def staff(client):
    """The client, signed in with all permissions to export."""
    return sign_in(client, make_staff(*ALL_PERMISSIONS))


def download(client, content="people", format="csv", query="", **headers):
    """The response to a request for a file, before its stream is read."""
    data = {"content": content, "format": format, "query": query, "reason": REASON}
    return client.post(ADD, data, headers=ENGLISH | headers)


def make_many(count):
    """Add `count` pledges with consent to news, three of each moment of signing; all but one cannot be decrypted."""
    pledge = make_pledge(state="confirmed", updates=True)
    make_copies(pledge, count, created_at="now() - (n / 3) * interval '1 minute'")


@pytest.mark.parametrize(
    ("permissions", "contents"),
    [
        (["view_pledge", "see_people"], set()),
        (["export_pledges", "see_people"], set()),
        (["view_pledge", "export_updates"], set()),
        (["view_pledge", "export_pledges"], {"pledges"}),
        (["change_pledge", "export_pledges", "see_people"], {"pledges", "people"}),
        (["export_updates", "see_people"], {"updates"}),
        (ALL_PERMISSIONS, {"pledges", "people", "updates"}),
    ],
)
def test_24_each_content_has_its_permission(client, permissions, contents):
    make_pledge(state="confirmed", updates=True)
    sign_in(client, make_staff(*permissions))
    page = client.get(ADD)
    assert page.status_code == (200 if contents else 403)
    if contents:
        assert set(re.findall(r'name="content" value="(\w+)"', page.text)) == contents
    if {"view_pledge", "change_pledge"} & set(permissions):
        assert ("Export …" in client.get(LIST, headers=ENGLISH).text) == bool(contents)
    for content in Export.Content.values:
        response = download(client, content)
        assert response.streaming == (content in contents)
        response.getvalue()
    assert set(Export.objects.values_list("content", flat=True)) == contents


def test_24_staff_see_their_own_exports_and_with_the_permission_all_and_change_none(client, staff):
    make_pledge(state="confirmed", **PERSON)
    [row] = csv_dicts(download(staff, "pledges"))
    assert {"Name", "Address"}.isdisjoint(row) and not re.search("Drita|@", str(row))
    export = Export.objects.get()
    path = f"/admin/pledges/export/{export.pk}/change/"
    assert staff.get(path).status_code == 200
    for data in ({"content": "updates"}, {"_saveasnew": "1"}):
        assert staff.post(path, data).status_code == 403
    assert staff.post(path.replace("change", "delete"), {"post": "yes"}).status_code == 403
    sign_in(client, make_staff(*ALL_PERMISSIONS))
    assert client.get(path).status_code == 302
    assert export.user.username not in client.get("/admin/pledges/export/").text
    sign_in(client, make_staff("view_export"))
    assert client.get(path).status_code == 200 and client.get(ADD).status_code == 403
    assert export.user.username in client.get("/admin/pledges/export/").text


def test_26_a_csv_file_has_all_columns_in_the_language_of_the_user(staff):
    pledge = make_pledge(state="confirmed", show_name=True, **PERSON)
    Pledge.objects.update(created_at="2026-07-23T21:30:15.5Z", confirmed_at="2026-12-31T23:30:00Z")
    response = download(staff)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    day = timezone.localdate().isoformat()
    assert response.headers["Content-Disposition"] == f'attachment; filename="pledges-with-names-{day}.csv"'
    assert response.headers["X-Accel-Buffering"] == "no"
    assert "no-store" in response.headers["Cache-Control"]
    assert csv_dicts(response) == [
        {
            "Pledge": str(pledge.pk),
            "Name": "Drita Çela-Përmeti",
            "Address": "drita@shembull.al",
            "State": "confirmed",
            # In Albania's time.
            "Signed": "2026-07-23 23:30:15",
            "Confirmed": "2027-01-01 00:30:00",
            "Invalidated": "",
            "Group": "Parents",
            "County": "Tirana",
            "Language": "Albanian",
            "Source": "form",
            "Shows the name": "yes",
            "Wants news": "no",
        }
    ]
    [row] = csv_dicts(download(staff, **{"accept-language": "sq"}))
    assert list(row)[1:5] == ["Emri", "Adresa", "Gjendja", "Nënshkruar më"]
    assert row["Gjendja"] == "konfirmuar" and list(row.values())[7:9] == ["Prindër", "Tiranë"]


def test_a_workbook_has_the_same_content(staff):
    make_pledge(state="confirmed", county_id=None, **PERSON)
    Pledge.objects.update(created_at="2026-07-23T21:30:15Z")
    response = download(staff, format="xlsx")
    assert response.headers["Content-Disposition"].endswith('.xlsx"')
    sheet = load_workbook(io.BytesIO(response.getvalue())).active
    header, row = sheet.iter_rows()
    cells = {title.value: cell for title, cell in zip(header, row, strict=True)}
    assert [cells[name].value for name in ("Name", "Group", "County")] == ["Drita Çela-Përmeti", "Parents", None]
    signed = cells["Signed"].value - timedelta(seconds=15)
    assert cells["Signed"].is_date and signed == timezone.datetime(2026, 7, 23, 23, 30)
    assert header[0].font.bold and sheet.freeze_panes == "A2"


def test_an_export_contains_the_filtered_list(staff):
    wanted = make_pledge(sector="teachers", state="confirmed")
    make_pledge(sector="teachers", state="invalidated")
    make_pledge(sector="parents", state="confirmed")
    query = f"state__exact=confirmed&sector__id__exact={wanted.sector_id}"
    listed = staff.get(f"{LIST}?{query}&o=3&p=1", headers=ENGLISH).text
    [link] = re.findall(rf'href="({ADD}\?[^"]+)"', listed)
    page = staff.get(link.replace("&amp;", "&"), headers=ENGLISH).text
    assert re.findall(r"<th scope=\"row\">(.+?)</th><td>(.+?)</td>", page) == [
        ("State", "Confirmed"),
        ("Group", "Teachers"),
        ("Pledges in the list", "1"),
        ("Of these, confirmed and wanting news", "0"),
    ]
    [kept] = re.findall(r'name="query" value="([^"]*)"', page)
    response = download(staff, query=kept.replace("&amp;", "&"))
    assert [row["Pledge"] for row in csv_dicts(response)] == [str(wanted.pk)]
    filters = {"state__exact": ["confirmed"], "sector__id__exact": [str(wanted.sector_id)]}
    assert Entry.objects.filter(action="export").earliest("pk").details["filters"] == filters


@pytest.mark.parametrize("across", ["0", "1"])
def test_an_export_contains_the_ticked_pledges(staff, across):
    ticked, other = make_pledge(), make_pledge()
    make_pledge(state="confirmed")
    data = {"action": "export", "_selected_action": [str(ticked.pk)], "select_across": across}
    page = staff.post(f"{LIST}?state__exact=pending", data).text
    [kept] = re.findall(r'name="query" value="([^"]*)"', page)
    exported = {row["Pledge"] for row in csv_dicts(download(staff, query=kept))}
    assert exported == {str(ticked.pk)} | ({str(other.pk)} if across == "1" else set())


def test_the_news_export_contains_confirmed_pledges_with_consent_to_news(staff):
    reader = make_pledge("Besa Kola", "besa@shembull.al", state="confirmed", updates=True, language="en")
    make_pledge(state="confirmed", updates=False)
    make_pledge(state="pending", updates=True)
    make_pledge(state="invalidated", updates=True)
    make_pledge(state="confirmed", updates=True).withdraw()
    person = {"Name": reader.name, "Address": reader.address}
    [row] = csv_dicts(download(staff, "updates"))
    assert row == person | {"Language": "English", "Group": "Parents"}
    assert [*row] == ["Name", "Address", "Language", "Group"], "in this order"


def test_a_pledge_that_cannot_be_decrypted_is_marked_and_the_file_continues(staff):
    make_pledge(**PERSON)
    Pledge.objects.update(name_cipher=b"\x00" * 40)
    make_pledge("Besa Kola")
    found = csv_dicts(download(staff))
    assert [(row["Name"], row["Address"]) for row in found][1:] == [("cannot be decrypted", PERSON["address"])]
    assert found[0]["Name"] == "Besa Kola"


def test_an_empty_export_has_a_header(staff):
    assert download(staff).getvalue().decode().count("\n") == 1
    assert load_workbook(io.BytesIO(download(staff, format="xlsx").getvalue())).active.max_row == 1


def test_an_invalid_filter_exports_nothing(staff):
    make_pledge()
    for path in (f"{ADD}?id__in=nonsense", f"{ADD}?sector__id__exact=never"):
        page = staff.get(path, headers=ENGLISH, follow=True)
        assert page.redirect_chain[0][0] == LIST and "These filters are not available for this list." in page.text
    assert download(staff, query="sector__id__exact=never").status_code == 302
    assert staff.get(f"{ADD}?address_digest=abc").status_code == 400
    assert download(staff, query="name_cipher__contains=a").status_code == 400
    assert not Export.objects.exists()


def exported_ids():
    return [str(pk) for entry in Entry.objects.filter(action="export").order_by("pk") for pk in entry.subject_ids]


def test_24_a_long_export_contains_and_logs_every_pledge_once_each_page_before_it_is_sent(staff):
    make_many(2 * PAGE + 10)
    response = download(staff, "pledges")
    pieces = iter(response.streaming_content)
    text = next(pieces).decode()
    for number in (1, 2, 3):
        piece = next(pieces).decode()
        assert exported_ids()[-piece.count("\n") :] == [line.partition(",")[0] for line in piece.splitlines()]
        assert len(exported_ids()) == min(number * PAGE, Pledge.objects.count())
        text += piece
    assert not Export.objects.get().ended_at and list(pieces) == []
    ids = [line.partition(",")[0] for line in text.splitlines()[1:]]
    assert ids == exported_ids() and len(ids) == len(set(ids)) == Pledge.objects.count()
    export = Export.objects.get()
    assert export.ended_at and export.rows == len(ids)
    first, *entries = Entry.objects.filter(action="export").order_by("pk")
    assert {entry.user_id for entry in (first, *entries)} == {User.objects.get().pk}
    assert first.object_id == str(export.pk) and {entry.details["export"] for entry in entries} == {str(export.pk)}
    assert first.details == {"content": "pledges", "format": "csv", "filters": {}, "reason": REASON}


def test_an_aborted_download_is_not_complete_and_who_withdraws_meanwhile_is_not_in_the_rest(staff):
    oldest = make_pledge(state="confirmed", updates=True, **PERSON)
    Pledge.objects.update(created_at="2024-01-01T00:00Z")
    make_many(PAGE + 1)
    pieces = iter(download(staff, "updates").streaming_content)
    next(pieces), next(pieces)
    export = Export.objects.get()
    assert (export.rows, export.ended_at) == (PAGE, None)
    words = "not complete: if the download has stopped, delete the file and export again"
    pages = ["/admin/pledges/export/", f"/admin/pledges/export/{export.pk}/change/"]
    assert all(words in staff.get(page, headers=ENGLISH).text for page in pages)
    oldest.withdraw()
    rest = b"".join(pieces).decode()
    assert rest.count("\n") > 0 and PERSON["address"] not in rest
    assert not any("not complete" in staff.get(page, headers=ENGLISH).text for page in pages)


@pytest.mark.parametrize("format", Export.Format.values)
def test_26_memory_use_does_not_grow_with_the_length_of_the_export(format, monkeypatch):
    monkeypatch.setattr("pledges.supporters.querysets.PAGE_ROWS", 400)
    make_many(5 * 400)

    def size_and_peak_memory(pledges):
        export = Export(content="people", format=format)
        export.start(pledges, {}, REASON)
        tracemalloc.start()
        length = sum(len(piece) for piece in stream(export, pledges))
        _current, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return length, peak

    newest = Pledge.objects.order_by("-created_at")[2 * 400].created_at
    short, short_peak = size_and_peak_memory(Pledge.objects.filter(created_at__gt=newest))
    long, long_peak = size_and_peak_memory(Pledge.objects.all())
    assert long > 2 * short
    assert long_peak < 1.2 * short_peak


HOSTILE_TEXTS = [
    "=cmd|' /C calc'!A0",
    *"+1 -1 @SUM(A1) \t=1 \r=1 \n=1 ＝1 Drita;=1+1 = ' , ; \" a@b.al مرحبا 😀".split(" "),
]
HOSTILE_TEXTS += ["  =1", "a\t=1", "a\n-1", 'x";@b', "", "Çela Përmeti-Ëndërr"]


def possible_cells(text):
    """Every cell that a spreadsheet could read from a CSV text, for any separator of its locale."""
    assert text[0] == "\ufeff"
    for row in csv.reader(io.StringIO(text[1:], newline="")):
        for cell in row:
            yield cell
            yield from re.split(r"[;,\t\r\n]", cell)


def assert_no_formula(values):
    text = b"".join(csv_file(["Emri"], [[values]])).decode()
    assert [cell for cell in possible_cells(text) if re.match(r"\s*[=+\-@＝＋－＠]", cell)] == []
    read = [row[0] if row else "" for row in csv.reader(io.StringIO(text[1:], newline=""))][1:]
    # Only apostrophes are added, and never to a name of letters.
    assert [cell.replace("'", "") for cell in read] == [value.replace("'", "") for value in values]
    assert [value for value, cell in zip(values, read, strict=True) if value != cell and value.isalpha()] == []


def test_26_no_hostile_text_becomes_a_formula_in_csv():
    assert_no_formula(HOSTILE_TEXTS)


@settings(max_examples=25)
@given(st.lists(st.text(min_size=1), min_size=1))
def test_26_no_text_becomes_a_formula_in_csv(values):
    assert_no_formula(values)


def test_26_a_workbook_stores_hostile_texts_as_text_and_replaces_what_xml_forbids():
    values = [value for value in HOSTILE_TEXTS if "\r" not in value]
    content = b"".join(xlsx_file(["Emri"], [[[*values, "a\x00b\x1fc\ufffe", "<b>&amp;\u00a0"]]]))
    column = [cells[0] for cells in load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2)]
    assert [cell.value or "" for cell in column] == [*values, "a\ufffdb\ufffdc\ufffd", "<b>&amp;\u00a0"]
    assert {cell.data_type for cell in column if cell.value} <= {"s", "inlineStr"}
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in sheet


@settings(max_examples=30)
@given(st.lists(st.text(), min_size=1))
def test_any_text_makes_a_workbook_that_opens(values):
    content = b"".join(xlsx_file(["Emri"], [[values]]))
    assert load_workbook(io.BytesIO(content)).active.max_row == len(values) + 1
