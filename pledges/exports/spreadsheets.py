"""Spreadsheets of any length, written while they are sent: they take no more memory than one page of rows.

Rows come in pages, and a page as its columns. A value is a text, a date with time, or None; no text is ever a formula,
whatever it begins with.
"""

import re
import zipfile
from datetime import datetime, timedelta
from functools import partial
from xml.sax.saxutils import escape

# What would begin a formula, in wide letters too. Where lists are separated by semicolons, as in Albania, Excel may begin a
# new cell in the middle of a text.
FORMULA = re.compile(r"(^|[;,\t\r\n])(?=\s*[=+\-@＝＋－＠]|[\t\r])")
# Nearly every text: no part of it could begin a formula, and CSV needs no quotes around it.
PLAIN = re.compile(r"[^\s=+\-@＝＋－＠;,\"][^;,\t\r\n\"]*")

SHEET_ROWS = 1_048_576
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Excel counts days.
DAY_ZERO, DAY = datetime(1899, 12, 30), timedelta(days=1)


def csv_file(header, pages):
    """A CSV file in UTF-8, with the mark by which Excel knows ë and ç."""
    yield f"\ufeff{_lines(zip(header))}".encode()
    for columns in pages:
        yield _lines(columns).encode()


def _lines(columns):
    # The csv module takes three times as long.
    lines = map(",".join, zip(*[_each(_csv_cell, column) for column in columns], strict=True))
    return "".join([f"{line}\r\n" for line in lines])


def _each(change, column):
    """The changed values of a column. Each is changed once: most columns repeat a few words."""
    changed = {value: change(value) for value in set(column)}
    return map(changed.__getitem__, column)


def _csv_cell(value):
    if not isinstance(value, str):
        return "" if value is None else str(value)
    if PLAIN.fullmatch(value):
        return value
    # An apostrophe before whatever a spreadsheet could take for a formula.
    text = FORMULA.sub(r"\1'", value).replace('"', '""')
    return f'"{text}"'


def xlsx_file(header, pages):
    """An Excel workbook; what one sheet cannot hold goes on in the next, under the same header."""
    out, sheets = _Out(), 0
    pages = (_rows(columns) for columns in pages)
    [top] = _rows(zip(header), style=1)
    rows = next(pages, [])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        while rows or not sheets:
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                sheet.write(SHEET.format(columns=len(header), header=top).encode())
                room = SHEET_ROWS - 1
                while rows and room:
                    here, rows = rows[:room], rows[room:]
                    sheet.write("".join(here).encode())
                    room -= len(here)
                    yield out.taken()
                    rows = rows or next(pages, [])
                sheet.write(b"</sheetData></worksheet>")
        for name, content in _around(range(1, sheets + 1)):
            book.writestr(name, XML + content)
    yield out.taken()


class _Out:
    """What zipfile writes into: a file that cannot be wound back, so that everything written can be sent at once."""

    def __init__(self):
        self.parts = []

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)

    def flush(self):
        pass

    def taken(self):
        """What has been written since the last time."""
        data = b"".join(self.parts)
        self.parts.clear()
        return data


def _rows(columns, style=0):
    cells = [_each(partial(_cell, style=style), column) for column in columns]
    return [f"<row>{''.join(row)}</row>" for row in zip(*cells, strict=True)]


def _cell(value, style):
    if value is None:
        return "<c/>"
    if isinstance(value, datetime):
        return f'<c s="2"><v>{(value - DAY_ZERO) / DAY}</v></c>'
    if not value.isprintable():
        value = NOT_XML.sub("\ufffd", value)
    # What is not written need not be compressed: the plain style, and "keep the spaces" where there are none at the ends.
    styled = f' s="{style}"' if style else ""
    kept = ' xml:space="preserve"' if value != value.strip() else ""
    return f'<c{styled} t="inlineStr"><is><t{kept}>{escape(value)}</t></is></c>'


# The parts of a workbook besides its rows. Style 0 is plain, 1 the header's, 2 a date with time.

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


def _around(sheets):
    """(name, content) of every other part of a workbook with these sheets."""
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
