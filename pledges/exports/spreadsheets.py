"""CSV and XLSX files of any length: the memory used is that of one page of rows.

`pages` yields pages of rows, each as a list of columns. A value is a string, a naive datetime or None. No string becomes a
formula (CSV injection).
"""

import csv
import re
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from xlsxwriter import Workbook

# Places where a formula could begin, also with full-width characters. In locales with semicolons as list separator, such as
# Albanian, Excel can begin a new cell in the middle of a text.
BEGINNING, FORMULA = r"(^|[;,\t\r\n])", r"\s*[=+\-@＝＋－＠]|[\t\r]"
FORMULA_START = re.compile(f"{BEGINNING}(?={FORMULA})")
# There an exported file has an apostrophe, with which spreadsheets read the rest as text.
GUARDED = re.compile(f"{BEGINNING}'(?={FORMULA})")

# Rows of a sheet, by the limit of Excel.
SHEET_ROWS = 1_048_576
# Characters that XML 1.0 does not allow.
INVALID_XML_CHARACTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Width of all columns, in characters.
WIDTH = 24
PIECE_BYTES = 64 * 1024


def csv_file(header, pages):
    """Yield a CSV file in UTF-8 with the byte order mark by which Excel recognises the encoding."""
    yield f"\ufeff{_lines(zip(header))}".encode()
    for columns in pages:
        yield _lines(columns).encode()


def _lines(columns):
    text = StringIO(newline="")
    csv.writer(text).writerows(zip(*[_convert(_guard, column) for column in columns], strict=True))
    return text.getvalue()


def _convert(convert, column):
    """The converted values of a column. Each distinct value is converted once: most columns repeat a few."""
    converted = {value: convert(value) for value in set(column)}
    return map(converted.__getitem__, column)


def _guard(value):
    return FORMULA_START.sub(r"\1'", value) if isinstance(value, str) else value


def without_guards(text):
    """The text of a cell of an exported file as it was before the export."""
    return GUARDED.sub(r"\1", text)


def xlsx_file(header, pages):
    """Yield an Excel workbook. Rows beyond the limit of a sheet continue on the next one, under the same header.

    The first byte comes after the last page: until then the rows are in temporary files, which only this account can read.
    """
    rows = (row for columns in pages for row in zip(*columns, strict=True))
    with TemporaryDirectory() as folder:
        path, options = Path(folder, "book"), {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}
        with Workbook(path, options | {"tmpdir": folder}) as book:
            bold, row = book.add_format({"bold": True}), next(rows, None)
            while row is not None or not book.worksheets():
                sheet = book.add_worksheet(str(len(book.worksheets()) + 1))
                sheet.freeze_panes(1, 0)
                sheet.set_column(0, len(header) - 1, WIDTH)
                _write_row(sheet, 0, header, bold)
                number = 1
                while row is not None and number < SHEET_ROWS:
                    _write_row(sheet, number, row)
                    number, row = number + 1, next(rows, None)
        with path.open("rb") as file:
            yield from iter(lambda: file.read(PIECE_BYTES), b"")


def _write_row(sheet, number, row, style=None):
    for column, value in enumerate(row):
        if isinstance(value, str):
            text = value if value.isprintable() else INVALID_XML_CHARACTER.sub("\ufffd", value)
            # Not write(), which makes formulas and links of texts.
            sheet.write_string(number, column, text, style)
        elif value is not None:
            sheet.write_datetime(number, column, value)
