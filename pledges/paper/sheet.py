"""Paper sheets as a PDF: A4 pages in both languages, with a number, the event, a box for each group, QR codes of the site."""

import datetime
from dataclasses import dataclass
from io import BytesIO

import segno
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, pgettext
from fpdf import FPDF

from pledges.figures import brand, colors, fonts

# In millimetres.
WIDTH, HEIGHT, MARGIN = 210, 297, 15
ROOM = WIDTH - 2 * MARGIN
LABEL, GAP = 46, 2
STAFF_WORDS_TOP, BOXES_TOP, BOXES_BOTTOM = 24, 76, 240
CODE = 27
# The event of a sheet has a column for each language. It is smaller until it is no higher than this; what follows is lower.
EVENT_TOP, EVENT_HEIGHT, EVENT_SCALES = 23, 22, (1, 0.9, 0.8, 0.7)
# Longer words of staff are smaller, until they end above the boxes. Handout.MAX_LETTERS fits the last of these sizes.
SCALES, WORDS_BOTTOM = (1, 0.9, 0.8, 0.7, 0.6), 73


@dataclass(frozen=True)
class SheetWords:
    """What a sheet says in one language. `groups` are the names of the sectors, `link` is the address of its QR code."""

    language: str
    brand: str
    # Those of staff: the pledge is the first line of their text, the rule is the rest.
    title: str
    pledge: str
    rule: str
    strokes: str
    place: str
    ask: str
    groups: tuple
    link: str
    # The QR code of `link` as a PNG without a quiet zone, which the white paper around it is. All pages share it.
    code: bytes


def _words(language, sectors, handout):
    with translation.override(language):
        pledge, _line, rule = handout.text.partition("\n")
        link = settings.SITE_URL + reverse("pledges:method") + "#paper"
        return SheetWords(
            language=language,
            brand=brand.brand(),
            title=handout.title,
            pledge=pledge,
            rule=" ".join(rule.split()),
            strokes=gettext("One mark for each person"),
            place=pgettext("on a paper sheet", "Place and date"),
            ask=gettext("Find out more, and see how we count this sheet:"),
            groups=tuple(sector.name for sector in sectors),
            link=link,
            code=_code(link),
        )


def _code(link):
    out = BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="png", border=0, scale=12)
    return out.getvalue()


def pdf(sheets, sectors, handout):
    """The PDF, as bytes, of these PaperSheets, one page each, with a box for each of these sectors.

    `handout` has the words of staff, as `title` and `text` of the active language.
    """
    languages = [_words(language, sectors, handout) for language, _name in settings.LANGUAGES]
    document = _Document()
    for sheet in sheets:
        document.sheet(sheet, languages)
    return bytes(document.output())


class _Document(FPDF):
    """A PDF with the typeface of the site embedded: "" is regular, "B" is heavy."""

    def __init__(self):
        super().__init__(format="A4")
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0
        self.add_font("site", fname=fonts.PATH, variations={"": {"wght": 450}, "B": {"wght": 800}})
        self.set_title(" · ".join(brand.BRANDS.values()))
        self.set_lang(settings.LANGUAGE_CODE)
        # The same sheets give the same bytes, whenever they are printed.
        self.set_creation_date(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))

    def sheet(self, sheet, languages):
        """Add the page of one sheet."""
        self.add_page()
        lower = self._event(sheet.event, languages) if sheet.event else 0
        self._head(sheet, languages, lower)
        self._boxes(languages, lower)
        self._foot(sheet, languages)

    def _write(self, text, x, y, width, size, style="", align="L", leading=1.25, dry_run=False):
        """Write wrapped text below `y`; returns where it ends. With `dry_run` it only measures."""
        self.set_font("site", style, size)
        self.set_xy(x, y)
        line = size * 0.3528 * leading
        return y + self.multi_cell(width, line, text, align=align, dry_run=dry_run, output="HEIGHT")

    def _event(self, event, languages):
        """Name the event, its days and its place; returns how much lower everything below it begins."""
        self.set_text_color(colors.INK)
        fitting = (
            each
            for each in EVENT_SCALES
            if self._event_words(event, languages, each, dry_run=True) <= EVENT_TOP + EVENT_HEIGHT
        )
        bottom = self._event_words(event, languages, next(fitting, EVENT_SCALES[-1])) + 2.5
        self.set_draw_color(colors.LINE)
        self.set_line_width(0.3)
        self.line(MARGIN, bottom, WIDTH - MARGIN, bottom)
        return bottom + 4 - STAFF_WORDS_TOP

    def _event_words(self, event, languages, scale, **options):
        """Write, or measure, the words of the event; returns where they end."""
        ends, width = [], (ROOM - 6) / len(languages)
        for column, words in enumerate(languages):
            left = MARGIN + column * (width + 6)
            with translation.override(words.language):
                title, when_and_where = event.title, f"{event.when}\n{event.where}"
            y = self._write(title, left, EVENT_TOP, width, 11 * scale, "B", leading=1.15, **options)
            ends.append(self._write(when_and_where, left, y + 0.5, width, 9.5 * scale, leading=1.25, **options))
        return max(ends)

    def _head(self, sheet, languages, lower):
        self.set_text_color(colors.INK)
        self._write(" · ".join(words.brand for words in languages), MARGIN, 13, 110, 12, "B")
        self._write(f"{sheet}", WIDTH - MARGIN - 60, 11, 60, 26, "B", align="R", leading=1)
        fitting = (
            each for each in SCALES if self._staff_words(languages, lower, each, dry_run=True) < WORDS_BOTTOM + lower
        )
        self._staff_words(languages, lower, next(fitting, SCALES[-1]))

    def _staff_words(self, languages, lower, scale, **options):
        """Write, or measure, the words of staff in both languages; returns where they end."""
        y = STAFF_WORDS_TOP + lower
        for words in languages:
            y = self._write(words.title, MARGIN, y, ROOM, 15 * scale, "B", leading=1.15, **options)
            y = self._write(words.pledge, MARGIN, y, ROOM, 11.5 * scale, leading=1.3, **options)
            y = self._write(words.rule, MARGIN, y, ROOM, 9.5 * scale, leading=1.3, **options) + 3
        return y

    def _boxes(self, languages, lower):
        rows = list(zip(*(words.groups for words in languages), strict=True))
        boxes_top = BOXES_TOP + lower
        height = min((BOXES_BOTTOM - boxes_top) / max(len(rows), 1), 32)
        self.set_draw_color(colors.INK)
        strokes = " · ".join(words.strokes for words in languages)
        self._write(strokes, MARGIN + LABEL, boxes_top - 5, ROOM - LABEL, 8, align="R")
        self._five_strokes(MARGIN + LABEL, boxes_top - 5.5)
        for number, names in enumerate(rows):
            top = boxes_top + height * number
            y = self._write(names[0], MARGIN, top + 3, LABEL - GAP, 11, "B", leading=1.15)
            for name in names[1:]:
                y = self._write(name, MARGIN, y + 0.5, LABEL - GAP, 9.5, leading=1.15)
            self.set_line_width(0.5)
            self.rect(MARGIN + LABEL, top, ROOM - LABEL, height - GAP)

    def _five_strokes(self, x, y):
        """An example: four strokes, and the fifth across them."""
        self.set_line_width(0.4)
        for stroke in range(4):
            self.line(x + 1 + stroke * 1.6, y, x + 1 + stroke * 1.6, y + 4)
        self.line(x, y + 3.4, x + 6.8, y + 0.6)

    def _foot(self, sheet, languages):
        y = BOXES_BOTTOM + 4
        known = f": {sheet.municipality.name_sq}" if sheet.municipality else ""
        place = " · ".join(words.place for words in languages) + known
        self._write(place, MARGIN, y, ROOM, 9.5)
        self.set_line_width(0.2)
        self.line(MARGIN + self.get_string_width(place) + 3, y + 4, WIDTH - MARGIN, y + 4)
        for column, words in enumerate(languages):
            left = MARGIN + column * ROOM / 2
            self.image(words.code, left, y + 11, CODE, CODE)
            text = f"{words.ask}\n{brand.web_address()}/{words.language}/"
            self._write(text, left + CODE + 4, y + 13, ROOM / 2 - CODE - 8, 9.5, leading=1.3)
