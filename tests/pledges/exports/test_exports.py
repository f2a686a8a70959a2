"""Files of pledges: who may take which, what stands in them, and what is on record of it (stories 24 and 26)."""

import csv
import io
import re
import tracemalloc
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from pledges.exports import columns
from pledges.exports.spreadsheets import SHEET_ROWS, csv_file, xlsx_file
from pledges.models import Export, Pledge
from pledges.models.exports import ROWS_PER_PAGE
from staff.models import AuditEntry
from tests.clock import let_time_pass
from tests.factories import keep_house, make_pledge, make_staff, sign_in

pytestmark = pytest.mark.django_db

LIST = "/admin/pledges/pledge/"
ADD = "/admin/pledges/export/add/"
ENGLISH = {"accept-language": "en"}
PERSON = {"name": "Drita Çela-Përmeti", "address": "drita@shembull.al"}
EVERYTHING = ["view_pledge", "see_people", "export_pledges", "export_updates"]


@pytest.fixture
def staff(client):
    """The client, signed in as someone who may export everything."""
    return sign_in(client, make_staff(*EVERYTHING))


def press(client, content="people", format="csv", query="", **headers):
    """Press the button for the file; the answer, before anything of the file is read."""
    data = {"content": content, "format": format, "query": query, "export": uuid.uuid4()}
    return client.post(ADD, data, headers=ENGLISH | headers)


def rows(response):
    """The rows of a CSV answer, its header first."""
    text = response.getvalue().decode()
    assert text.startswith("\ufeff") and text.count("\ufeff") == 1
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def dicts(response):
    header, *others = rows(response)
    return [dict(zip(header, row, strict=True)) for row in others]


def many(count):
    """So many more pledges, three of each moment, all like one that is there; their names are sealed for another row."""
    pledge = make_pledge(state="confirmed", updates=True)
    fresh = {
        "id": "gen_random_uuid()",
        "created_at": "now() - (n / 3) * interval '1 minute'",
        **{
            f"{kind}_digest{last}": f"sha256((n || '{kind}')::bytea)"
            for kind in ("address", "name")
            for last in ("", "_last")
        },
    }
    columns = [field.column for field in Pledge._meta.concrete_fields]
    values = ", ".join(fresh.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO pledges_pledge ({', '.join(columns)}) SELECT {values} "
            "FROM pledges_pledge, generate_series(1, %s) n WHERE id = %s",
            [count, pledge.pk],
        )


# Who may take what


@pytest.mark.parametrize(
    ("permissions", "contents"),
    [
        (["view_pledge", "see_people"], set()),
        (["export_pledges", "see_people"], set()),
        (["view_pledge", "export_updates"], set()),
        (["view_pledge", "export_pledges"], {"pledges"}),
        (["change_pledge", "export_pledges", "see_people"], {"pledges", "people"}),
        (["export_updates", "see_people"], {"updates"}),
        (EVERYTHING, {"pledges", "people", "updates"}),
    ],
)
def test_each_content_has_its_permission(client, permissions, contents):
    make_pledge(state="confirmed", updates=True)
    sign_in(client, make_staff(*permissions))
    page = client.get(ADD)
    assert page.status_code == (200 if contents else 403)
    if contents:
        offered = set(re.findall(r'name="content" value="(\w+)"', page.content.decode()))
        assert offered == contents
    if "pledge" in " ".join(permissions) and {"view_pledge", "change_pledge"} & set(permissions):
        listed = client.get(LIST, headers=ENGLISH).content.decode()
        assert ("Export …" in listed) == bool(contents)
    for content in Export.Content.values:
        response = press(client, content)
        assert response.streaming == (content in contents)
        response.getvalue()
    assert set(Export.objects.values_list("content", flat=True)) == contents


def test_without_a_name_in_its_title_a_file_has_no_name_and_no_address(staff):
    make_pledge(state="confirmed", **PERSON)
    response = press(staff, "pledges")
    [row] = dicts(response)
    assert {"Name", "Address"}.isdisjoint(row)
    assert not re.search("Drita|@", str(row))


def test_one_sees_one_s_own_exports_and_with_the_permission_all(client):
    sign_in(client, make_staff(*EVERYTHING))
    press(client).getvalue()
    export = Export.objects.get()
    paths = [f"/admin/pledges/export/{export.pk}/{page}/" for page in ("change", "progress")]
    assert [client.get(path).status_code for path in paths] == [200, 200]
    sign_in(client, make_staff(*EVERYTHING))
    assert [client.get(path).status_code for path in paths] == [302, 204]
    assert export.user.username not in client.get("/admin/pledges/export/").content.decode()
    sign_in(client, make_staff("view_export"))
    assert [client.get(path).status_code for path in paths] == [200, 200]
    assert export.user.username in client.get("/admin/pledges/export/").content.decode()
    assert client.get(ADD).status_code == 403


def test_nobody_changes_or_deletes_an_export(admin_client):
    press(admin_client).getvalue()
    export = Export.objects.get()
    assert admin_client.post(f"/admin/pledges/export/{export.pk}/change/", {"content": "updates"}).status_code == 403
    assert admin_client.post(f"/admin/pledges/export/{export.pk}/delete/", {"post": "yes"}).status_code == 403


# What stands in a file


def test_a_file_says_everything_in_the_words_of_whoever_takes_it(staff):
    pledge = make_pledge(state="confirmed", show_name=True, **PERSON)
    Pledge.objects.update(created_at="2026-07-23T21:30:15.5Z", confirmed_at="2026-12-31T23:30:00Z")
    response = press(staff)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    day = timezone.localdate().isoformat()
    assert response.headers["Content-Disposition"] == f'attachment; filename="pledges-with-names-{day}.csv"'
    assert response.headers["X-Accel-Buffering"] == "no"
    assert "no-store" in response.headers["Cache-Control"]
    assert dicts(response) == [
        {
            "Pledge": str(pledge.pk),
            "Name": "Drita Çela-Përmeti",
            "Address": "drita@shembull.al",
            "State": "confirmed",
            # In Albania's time.
            "Signed": "2026-07-23 23:30:15",
            "Confirmed": "2027-01-01 00:30:00",
            "Invalidated": "",
            "Sector": "Parents",
            "County": "Tirana",
            "Language": "Albanian",
            "Source": "form",
            "Shows the name": "yes",
            "Wants news": "no",
        }
    ]
    header, row = rows(press(staff, **{"accept-language": "sq"}))
    assert header[1:5] == ["Emri", "Adresa", "Gjendja", "Nënshkruar më"]
    assert row[3] == "konfirmuar" and row[7:9] == ["Prindër", "Tiranë"]


def test_the_same_stands_in_a_workbook(staff):
    make_pledge(state="confirmed", county_id=None, **PERSON)
    Pledge.objects.update(created_at="2026-07-23T21:30:15Z")
    response = press(staff, format="xlsx")
    assert response.headers["Content-Disposition"].endswith('.xlsx"')
    sheet = load_workbook(io.BytesIO(response.getvalue())).active
    header, row = sheet.iter_rows()
    cells = {title.value: cell for title, cell in zip(header, row, strict=True)}
    assert (cells["Name"].value, cells["Sector"].value, cells["County"].value) == (
        "Drita Çela-Përmeti",
        "Parents",
        None,
    )
    assert cells["Signed"].is_date and cells["Signed"].value - timedelta(seconds=15) == timezone.datetime(
        2026, 7, 23, 23, 30
    )
    assert header[0].font.bold and sheet.freeze_panes == "A2"


def test_a_file_holds_what_the_list_shows(staff):
    wanted = make_pledge(sector="teachers", state="confirmed")
    make_pledge(sector="teachers", state="invalidated")
    make_pledge(sector="parents", state="confirmed")
    query = f"state__exact=confirmed&sector__id__exact={wanted.sector_id}"
    listed = staff.get(f"{LIST}?{query}&o=3&p=1", headers=ENGLISH).content.decode()
    [link] = re.findall(rf'href="({ADD}\?[^"]+)"', listed)
    page = staff.get(link.replace("&amp;", "&"), headers=ENGLISH).content.decode()
    assert re.findall(r"<th scope=\"row\">(.+?)</th><td>(.+?)</td>", page) == [
        ("State", "Confirmed"),
        ("Sector", "Teachers"),
        ("Pledges in the list", "1"),
        ("Of these confirmed and wanting news", "0"),
    ]
    [kept] = re.findall(r'name="query" value="([^"]*)"', page)
    response = press(staff, query=kept.replace("&amp;", "&"))
    assert [row["Pledge"] for row in dicts(response)] == [str(wanted.pk)]
    assert Export.objects.get().filters == {"state__exact": ["confirmed"], "sector__id__exact": [str(wanted.sector_id)]}


@pytest.mark.parametrize("across", ["0", "1"])
def test_a_file_holds_what_is_ticked(staff, across):
    ticked, other = make_pledge(), make_pledge()
    make_pledge(state="confirmed")
    data = {"action": "export", "_selected_action": [str(ticked.pk)], "select_across": across}
    page = staff.post(f"{LIST}?state__exact=pending", data).content.decode()
    [kept] = re.findall(r'name="query" value="([^"]*)"', page)
    exported = {row["Pledge"] for row in dicts(press(staff, query=kept))}
    assert exported == {str(ticked.pk)} | ({str(other.pk)} if across == "1" else set())


def test_news_goes_to_those_who_confirmed_and_ticked_it(staff):
    reader = make_pledge("Besa Kola", "besa@shembull.al", state="confirmed", updates=True, language="en")
    make_pledge(state="confirmed", updates=False)
    make_pledge(state="pending", updates=True)
    make_pledge(state="invalidated", updates=True)
    gone = make_pledge(state="confirmed", updates=True)
    gone.withdraw()
    assert rows(press(staff, "updates")) == [
        ["Name", "Address", "Language", "Sector"],
        [reader.name, reader.address, "English", "Parents"],
    ]


def test_a_row_that_no_key_opens_does_not_end_the_file(staff):
    make_pledge(**PERSON)
    Pledge.objects.update(name_cipher=b"\x00" * 40)
    make_pledge("Besa Kola")
    found = dicts(press(staff))
    assert [(row["Name"], row["Address"]) for row in found][1:] == [("cannot be decrypted", PERSON["address"])]
    assert found[0]["Name"] == "Besa Kola"


@pytest.mark.parametrize("format", Export.Format.values)
def test_no_pledge_at_all_makes_a_file_with_its_header(staff, format):
    response = press(staff, format=format)
    content = response.getvalue()
    if format == "xlsx":
        assert load_workbook(io.BytesIO(content)).active.max_row == 1
    else:
        assert content.decode().count("\n") == 1
    assert Export.objects.get().state == "finished"


def test_a_filter_that_does_not_exist_is_answered_in_words(staff):
    make_pledge()
    for path in (f"{ADD}?id__in=nonsense", f"{ADD}?sector__id__exact=never"):
        page = staff.get(path, headers=ENGLISH, follow=True)
        assert page.redirect_chain[0][0] == LIST and "The list has no such filters." in page.content.decode()
    assert press(staff, query="sector__id__exact=never").status_code == 302
    assert staff.get(f"{ADD}?address_digest=abc").status_code == 400
    assert press(staff, query="name_cipher__contains=a").status_code == 400
    assert not Export.objects.exists()


# No formula


WILD = [
    *("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"),
    *(
        "Drita;=1+1",
        "a\t=1",
        "a\n-1",
        'x";@b',
        "=",
        "'",
        "",
        ",",
        ";",
        '"',
        "Çela Përmeti-Ëndërr",
        "a@b.al",
        "مرحبا",
        "😀",
    ),
]


def cells_of(header, text):
    """Every cell that a spreadsheet could make of a CSV text, whatever separates lists where it runs."""
    assert text[0] == "\ufeff"
    for row in csv.reader(io.StringIO(text[1:], newline="")):
        for cell in row:
            yield cell
            yield from re.split(r"[;,\t\r\n]", cell)


def check_no_formula(values):
    text = b"".join(csv_file(["Emri"], [[values]])).decode()
    assert [cell for cell in cells_of(["Emri"], text) if re.match(r"\s*[=+\-@＝＋－＠]", cell)] == []
    read = [row[0] if row else "" for row in csv.reader(io.StringIO(text[1:], newline=""))][1:]
    # Nothing is changed but for apostrophes, and no name as people write them is.
    assert [cell.replace("'", "") for cell in read] == [value.replace("'", "") for value in values]
    assert [value for value, cell in zip(values, read, strict=True) if value != cell and value.isalpha()] == []


def test_no_wild_name_becomes_a_formula():
    check_no_formula(WILD)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_no_text_becomes_a_formula(values):
    check_no_formula(values)


def test_a_workbook_keeps_wild_names_as_text():
    values = [value for value in WILD if "\r" not in value]
    content = b"".join(xlsx_file(["Emri"], [[values]]))
    column = [cells[0] for cells in load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2)]
    assert [cell.value or "" for cell in column] == values
    assert {cell.data_type for cell in column if cell.value} <= {"s", "inlineStr"}
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in sheet


@given(st.lists(st.text(), min_size=1))
def test_any_text_makes_a_workbook_that_opens(values):
    content = b"".join(xlsx_file(["Emri"], [[values]]))
    assert load_workbook(io.BytesIO(content)).active.max_row == len(values) + 1


def test_signs_that_no_workbook_can_hold_are_shown_as_such():
    content = b"".join(xlsx_file(["Emri"], [[["a\x00b\x1fc\ufffe", "<b>&amp;\u00a0"]]]))
    sheet = load_workbook(io.BytesIO(content)).active
    assert [sheet["A2"].value, sheet["A3"].value] == ["a\ufffdb\ufffdc\ufffd", "<b>&amp;\u00a0"]


def test_what_one_sheet_cannot_hold_goes_on_in_the_next():
    page = [["x"] * 100_000]
    book = zipfile.ZipFile(io.BytesIO(b"".join(xlsx_file(["Emri"], [page] * 11))))
    sheets = [book.read(f"xl/worksheets/sheet{number}.xml") for number in (1, 2)]
    assert [sheet.count(b"<row>") for sheet in sheets] == [SHEET_ROWS, 1_100_000 - SHEET_ROWS + 2]
    assert b'name="2"' in book.read("xl/workbook.xml") and book.testzip() is None


# While it is under way


def test_every_pledge_is_in_a_long_file_once_and_on_record(staff):
    many(2 * ROWS_PER_PAGE + 10)
    response = press(staff, "pledges")
    ids = [row["Pledge"] for row in dicts(response)]
    assert len(ids) == len(set(ids)) == Pledge.objects.count()
    export = Export.objects.get()
    assert (export.state, export.rows, export.expected) == ("finished", len(ids), len(ids))
    entries = AuditEntry.objects.filter(action="export").order_by("pk")
    user = User.objects.get()
    assert {(entry.user_id, entry.details["export"]) for entry in entries} == {(user.pk, str(export.pk))}
    assert entries[0].details == {"export": str(export.pk), "content": "pledges", "format": "csv", "filters": {}}
    assert [str(pledge) for entry in entries for pledge in entry.subject_ids] == ids


def test_a_page_is_on_record_before_it_leaves_and_no_other_is(staff):
    many(2 * ROWS_PER_PAGE)
    export, pieces = begun(staff)
    on_record = {str(pledge) for entry in AuditEntry.objects.filter(action="export") for pledge in entry.subject_ids}
    left = {line.partition(",")[0] for line in next(pieces).decode().splitlines()}
    # The second piece was just made: a piece is on record before the one who waits for it has it.
    now = {str(pledge) for entry in AuditEntry.objects.filter(action="export") for pledge in entry.subject_ids}
    assert on_record < now and left == now - on_record
    assert export.rows == ROWS_PER_PAGE


def begun(client, content="pledges"):
    """An export of which the header and one page have left, and the pieces that follow."""
    response = press(client, content)
    pieces = iter(response.streaming_content)
    next(pieces)
    next(pieces)
    return Export.objects.get(), pieces


def test_a_download_that_is_broken_off_says_so(staff):
    many(2 * ROWS_PER_PAGE)
    export = Export(user=User.objects.get(), content="pledges", format="csv")
    export.start(Pledge.objects.all())
    pieces = columns.stream(export, Pledge.objects.all())
    next(pieces)
    next(pieces)
    # What a server does when nobody takes the rest.
    pieces.close()
    export.refresh_from_db()
    assert (export.state, export.rows) == ("broken_off", ROWS_PER_PAGE)
    page = staff.get(f"/admin/pledges/export/{export.pk}/progress/", headers=ENGLISH).content.decode()
    assert "Broken off after 5,000 rows." in page


def test_an_export_whose_process_was_killed_is_broken_off(staff):
    many(ROWS_PER_PAGE)
    export, _pieces = begun(staff)
    keep_house()
    export.refresh_from_db()
    assert export.state == "running"
    let_time_pass(timedelta(minutes=11))
    keep_house()
    export.refresh_from_db()
    assert export.state == "broken_off"


def test_who_withdraws_while_a_file_is_under_way_is_not_in_the_rest_of_it(staff):
    oldest = make_pledge(state="confirmed", updates=True, **PERSON)
    Pledge.objects.update(created_at="2024-01-01T00:00Z")
    many(ROWS_PER_PAGE + 1)
    _export, pieces = begun(staff, "updates")
    oldest.withdraw()
    rest = b"".join(pieces).decode()
    assert rest.count("\n") > 0 and PERSON["address"] not in rest


def test_how_far_it_is_can_be_asked(staff):
    many(2 * ROWS_PER_PAGE - 1)
    export, pieces = begun(staff)
    path = f"/admin/pledges/export/{export.pk}/"
    page = staff.get(f"{path}progress/", headers=ENGLISH).content.decode()
    assert "5,000 of 10,000 rows are on their way." in page
    assert 'http-equiv="refresh"' in staff.get(f"{path}change/").content.decode()
    list(pieces)
    assert "The file is complete: 10,000 rows." in staff.get(f"{path}progress/", headers=ENGLISH).content.decode()
    assert 'http-equiv="refresh"' not in staff.get(f"{path}change/").content.decode()


def test_a_button_pressed_twice_makes_one_file(staff):
    make_pledge()
    data = {"content": "people", "format": "csv", "export": uuid.uuid4()}
    assert len(rows(staff.post(ADD, data))) == 2
    again = staff.post(ADD, data)
    assert (again.status_code, again.url) == (302, f"/admin/pledges/export/{data['export']}/change/")
    assert Export.objects.count() == 1


@pytest.mark.parametrize("format", Export.Format.values)
def test_a_longer_file_takes_no_more_memory(format):
    many(5 * ROWS_PER_PAGE)

    def peak(pledges):
        export = Export(content="people", format=format)
        export.start(pledges)
        tracemalloc.start()
        length = sum(len(piece) for piece in columns.stream(export, pledges))
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return length, most

    newest = Pledge.objects.order_by("-created_at")[2 * ROWS_PER_PAGE].created_at
    (short, few), (long, more) = peak(Pledge.objects.filter(created_at__gt=newest)), peak(Pledge.objects.all())
    assert long > 2 * short
    assert more < 1.2 * few
