"""CSV and XLSX files of any length, written while they are sent: the memory used is that of one page of rows.

`pages` yields pages of rows, each as a list of columns. A value is a string, a naive datetime or None. No string becomes a
formula (CSV injection).
"""

import csv
import re
import zipfile
from datetime import datetime, timedelta
from functools import partial
from io import StringIO
from xml.sax.saxutils import escape

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
# Excel stores a time as the number of days since this date.
DAY_ZERO, DAY = datetime(1899, 12, 30), timedelta(days=1)


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
    """Yield an Excel workbook. Rows beyond the limit of a sheet continue on the next one, under the same header."""
    buffer, sheets = _StreamBuffer(), 0
    pages = (_rows(columns) for columns in pages)
    [header_row] = _rows(zip(header), style=1)
    rows = next(pages, [])
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        while rows or not sheets:
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                sheet.write(SHEET.format(columns=len(header), header=header_row).encode())
                remaining = SHEET_ROWS - 1
                while rows and remaining:
                    written, rows = rows[:remaining], rows[remaining:]
                    sheet.write("".join(written).encode())
                    remaining -= len(written)
                    yield buffer.drain()
                    rows = rows or next(pages, [])
                sheet.write(b"</sheetData></worksheet>")
        for name, content in _package_parts(range(1, sheets + 1)):
            book.writestr(name, XML + content)
    yield buffer.drain()


class _StreamBuffer:
    """The unseekable file that zipfile writes into: zipfile never goes back, so the written bytes can be sent immediately."""

    def __init__(self):
        self.parts = []

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)

    def flush(self):
        pass

    def drain(self):
        """Return the bytes written since the last call."""
        data = b"".join(self.parts)
        self.parts.clear()
        return data


def _rows(columns, style=0):
    cells = [_convert(partial(_cell, style=style), column) for column in columns]
    return [f"<row>{''.join(row)}</row>" for row in zip(*cells, strict=True)]


def _cell(value, style):
    if value is None:
        return "<c/>"
    if isinstance(value, datetime):
        return f'<c s="2"><v>{(value - DAY_ZERO) / DAY}</v></c>'
    if not value.isprintable():
        value = INVALID_XML_CHARACTER.sub("\ufffd", value)
    # Attributes are left out where they have no effect, which makes the file smaller and faster to compress.
    style_attribute = f' s="{style}"' if style else ""
    space_attribute = ' xml:space="preserve"' if value != value.strip() else ""
    return f'<c{style_attribute} t="inlineStr"><is><t{space_attribute}>{escape(value)}</t></is></c>'


# The parts of a workbook (ECMA-376) besides its rows. Cell style 0 is plain, 1 the header, 2 a date with time.

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml"

SHEET = (
    f'{XML}<worksheet xmlns="{SPREADSHEET}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<cols><col min="1" max="{columns}" width="24" customWidth="1"/></cols><sheetData>{header}'
)
STYLES = (
    f'<styleSheet xmlns="{SPREADSHEET}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
    '<xf fontId="1" applyFont="1"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _package_parts(sheets):
    """(name, content) of every other part of a workbook; `sheets` are the numbers of its sheets."""
    entries = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId{n}"/>' for n in sheets)
    yield (
        "xl/workbook.xml",
        (f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}"><sheets>{entries}</sheets></workbook>'),
    )
    relations = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in sheets]
    yield "xl/_rels/workbook.xml.rels", _relations([*relations, ("styles", "styles", "styles.xml")])
    yield "xl/styles.xml", STYLES
    yield "_rels/.rels", _relations([("book", "officeDocument", "xl/workbook.xml")])
    parts = [("workbook", "sheet.main"), ("styles", "styles")]
    parts += [(f"worksheets/sheet{n}", "worksheet") for n in sheets]
    overrides = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{MIME}.{kind}+xml"/>' for part, kind in parts
    )
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    yield (
        "[Content_Types].xml",
        (f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="{relations}"/>{overrides}</Types>'),
    )


def _relations(relations):
    entries = "".join(f'<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{to}"/>' for id, kind, to in relations)
    return f'<Relationships xmlns="{RELATIONS}">{entries}</Relationships>'
