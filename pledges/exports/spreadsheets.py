"""CSV and XLSX files of any length, written while they are sent: the memory used is that of one page of rows.

`pages` yields pages of rows, each as a list of columns. A value is a string or None, in a workbook also the time that a number
stands for: days since the end of 1899. No string becomes a formula (CSV injection).
"""

import csv
import re
import zipfile
from functools import partial
from io import StringIO
from xml.sax.saxutils import escape

# Places where a formula could begin, also with full-width characters. In locales with semicolons as list separator, such as
# Albanian, Excel can begin a new cell in the middle of a text. A line break is put before each text: without `^` a search takes
# an eighth of the time.
BEGINNING, FORMULA = r"([;,\t\r\n])", r"\s*[=+\-@＝＋－＠]|[\t\r]"
FORMULA_START = re.compile(f"{BEGINNING}(?={FORMULA})")
# There an exported file has an apostrophe, with which spreadsheets read the rest as text.
GUARDED = re.compile(f"{BEGINNING}'(?={FORMULA})")

# Rows of a sheet, its header included, by the limit of Excel.
SHEET_ROWS = 1_048_576
# Characters that XML 1.0 does not allow.
INVALID_XML_CHARACTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def csv_file(header, pages):
    """Yield a CSV file in UTF-8 with the byte order mark by which Excel recognises the encoding."""
    yield f"\ufeff{_lines(zip(header))}".encode()
    for columns in pages:
        yield _lines(columns).encode()


def _lines(columns):
    text = StringIO(newline="")
    csv.writer(text).writerows(zip(*map(_guarded, columns), strict=True))
    return text.getvalue()


def _convert(convert, column):
    """The converted values of a column. Each distinct value is converted once: most columns repeat a few."""
    converted = {value: convert(value) for value in set(column)}
    return map(converted.__getitem__, column)


def _guarded(column):
    """The column without formulas. Nearly all have none, which one search tells."""
    if not FORMULA_START.search("\n".join(["", *filter(None, set(column))])):
        return column
    return _convert(lambda value: value and FORMULA_START.sub(r"\1'", f"\n{value}")[1:], column)


def without_guards(text):
    """The text of a cell of an exported file as it was before the export."""
    return GUARDED.sub(r"\1", f"\n{text}")[1:]


def xlsx_file(header, pages):
    """Yield an Excel workbook with one sheet, of at most SHEET_ROWS rows."""
    buffer = _StreamBuffer()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, content in PARTS.items():
            book.writestr(name, XML + content)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f"{XML}{SHEET.format(columns=len(header))}{_rows(zip(header), style=1)}".encode())
            for columns in pages:
                sheet.write(_rows(columns).encode())
                yield buffer.drain()
            sheet.write(b"</sheetData></worksheet>")
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
    return "".join(f"<row>{''.join(row)}</row>" for row in zip(*cells, strict=True))


def _cell(value, style):
    if value is None:
        return "<c/>"
    if isinstance(value, float):
        return f'<c s="2"><v>{value}</v></c>'
    if not value.isprintable():
        value = INVALID_XML_CHARACTER.sub("\ufffd", value)
    # Attributes are left out where they have no effect, which makes the file smaller and faster to compress.
    style_attribute = f' s="{style}"' if style else ""
    space_attribute = ' xml:space="preserve"' if value != value.strip() else ""
    return f'<c{style_attribute} t="inlineStr"><is><t{space_attribute}>{escape(value)}</t></is></c>'


# A workbook (ECMA-376): its sheet before the rows, and the other parts. Cell style 0 is plain, 1 the header, 2 a date with time.

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml"

SHEET = (
    f'<worksheet xmlns="{SPREADSHEET}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<cols><col min="1" max="{columns}" width="24" customWidth="1"/></cols><sheetData>'
)
PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{MIME}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{MIME}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{MIME}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="book" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="1" sheetId="1" r:id="rows"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rows" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="styles" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{SPREADSHEET}">'
        '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
        '<xf fontId="1" applyFont="1"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
