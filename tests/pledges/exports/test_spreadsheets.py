"""CSV and XLSX files: no cell becomes a formula, and text survives (story 26)."""

import csv
import io
import re
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pledges.exports.spreadsheets import csv_file, xlsx_file

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
