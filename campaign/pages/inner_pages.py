"""How content pages are laid out: the sections of their text, what is beside and between them, and which page comes next."""

import re
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from itertools import takewhile

from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaign import richtext
from campaign.content import AFTER_REPORT, SiteContent
from campaign.pages.models import Page
from campaign.settings.models import contact_url
from pledges.templatetags.pledge_tags import kept
from pledges.totals.views import sector_hero

# Ids that the templates of pages use: no anchor may equal them.
RESERVED_IDS = {"content", "contents"}
MAX_ANCHOR_LENGTH = 60
LISTS = ("<ul>", "<ol>")
# A tag in the output of `richtext.clean()`, in which every element but `<br>` is closed. An attribute may contain ">".
TAG = re.compile(r'<(?P<closing>/?)(?P<name>\w+)(?:"[^"]*"|[^">])*>')


@dataclass(frozen=True)
class PageSection:
    """A part of a text. `heading` and `html` are sanitised HTML, `heading` without its tag; both may be empty, not together.

    `title` is the heading as plain text. `anchor` is unique on the page and empty without a heading.
    """

    heading: str
    title: str
    anchor: str
    html: str

    @cached_property
    def parts(self):
        """The subsections at the headings of level three. The first one has no heading if text comes before them."""
        return _sections(self.html, "h3")

    @property
    def is_question(self):
        return self.title.endswith("?")

    @property
    def questions(self):
        """The subsections if there are any and each heading is a question, otherwise nothing."""
        titled = [part for part in self.parts if part.title]
        return titled if all(part.is_question for part in titled) else []

    @property
    def shape(self):
        """What the text has: "columns" (headings of level three), "stages" (a list), "sentence" (one paragraph) or "text"."""
        if any(part.title for part in self.parts):
            return "columns"
        if any(tag in self.html for tag in LISTS):
            return "stages"
        return "sentence" if self.html.count("<p>") == 1 and "<blockquote" not in self.html else "text"

    @property
    def text_and_source(self):
        """[HTML, HTML of the paragraph that names the source, "" if none does]"""
        # As staff begin the paragraph in the language of the page.
        beginning = f"<p>{gettext('Source:')}"
        text, mark, source = self.html.rpartition(beginning)
        return [text, mark + source] if mark else [self.html, ""]


def sections(html, taken=()):
    """Split sanitised HTML at its headings of level two: a list of PageSection. No anchor is one of the ids that are `taken`.

    Text before the first heading is a section without heading. A heading without text is dropped, and what follows it belongs to
    the section before. Headings within other elements, such as quotations, do not split.
    """
    return _sections(html, "h2", RESERVED_IDS.union(taken))


def _sections(html, tag, taken=()):
    pairs = []
    for heading, body in split(html, tag):
        if pairs and not plain(heading):
            pairs[-1][1].append(body)
        else:
            pairs.append((heading if plain(heading) else "", [body]))
    # {anchor: the last number that was added to it}
    used = dict.fromkeys(taken, 1)
    found = []
    for heading, bodies in pairs:
        body = "".join(bodies)
        if heading or body.strip():
            title = plain(heading)
            found.append(PageSection(heading, title, _anchor(title, used), body))
    return found


def _anchor(title, used):
    """A slug of the title that is not in `used`, to which it is added; empty without a title."""
    if not title:
        return ""
    slug = slugify(title)[:MAX_ANCHOR_LENGTH].strip("-") or "part"
    anchor = slug
    while anchor in used:
        used[slug] += 1
        anchor = f"{slug}-{used[slug]}"
    used[anchor] = 1
    return anchor


def plain(html):
    """The text of sanitised HTML in one line."""
    return " ".join(unescape(strip_tags(html)).split())


def split(html, tag):
    """[(content of a heading, what follows it)] of sanitised HTML; the first pair has no heading. The tag is "h2" or "h3"."""
    depth, pieces, begins = 0, [], 0
    for found in TAG.finditer(html):
        if found["name"] == "br":
            continue
        depth -= found["closing"] == "/"
        if found["name"] == tag and depth == 0:
            pieces.append(html[begins : found.start()])
            begins = found.end()
        depth += found["closing"] == ""
    before, *others = [*pieces, html[begins:]]
    return [("", before), *zip(others[::2], others[1::2], strict=True)]


# {layout: (number of sections before it, title, anchor, attribute of SiteContent of its rows)} of what is no text on a page.
# Without rows it is left out.
PARTS = {
    Page.Layout.FIGURES: (1, _("The figures, and where they come from"), "figures", "statistics"),
    Page.Layout.DEMANDS: (0, "", "demands", "demands"),
    Page.Layout.PARTNERS: (0, _("Who is behind the movement"), "organisations", "partners"),
    Page.Layout.DOWNLOADS: (99, _("Logos and pictures to download"), "downloads", ""),
    Page.Layout.KEPT: (99, _("How long, in detail"), "kept", ""),
}


@dataclass(frozen=True)
class Block:
    """One horizontal part of a page. `section` is its text, if it has any; templates are in templates/campaign/pages/blocks/.

    `aside` is what is beside the text: {"figure": Statistic}, {"voice": Voice}, or None.
    """

    name: str
    title: str
    anchor: str
    section: object = None
    aside: dict | None = None

    @property
    def template(self):
        return f"campaign/pages/blocks/{self.name}.html"

    @property
    def element(self):
        """Its HTML element. A text above the first heading is no section."""
        return "section" if self.title or not self.section else "div"


def blocks(page, content):
    """The parts of a content page from top to bottom: a list of Block."""
    position, title, anchor, needed = PARTS.get(page.layout, (0, "", "", ""))
    asides = _asides(page.beside, content)
    rows = []
    for section in sections(richtext.clean(page.body), {anchor}):
        name = _block_name(page.layout, section)
        aside = next(asides, None)
        rows.append(Block(name, section.title, section.anchor, section, aside if name == "text" else None))
    if page.layout in PARTS and getattr(content, needed, True):
        rows.insert(position, Block(page.layout, title, anchor))
    return rows


def _block_name(layout, section):
    if layout == Page.Layout.STEPS and any(part.title for part in section.parts):
        return "way"
    return "questions" if section.questions else "text"


def _asides(names, content):
    figures = {figure.key: figure for figure in content.statistics}
    for name in names.replace(",", " ").split():
        if name == "voice" and content.voices:
            yield {"voice": content.voices[0]}
        else:
            yield {"figure": figures[name]} if name in figures else None


def child_page(page):
    """The text of the page for children, by shape. It works for any headings, also for none.

    `under_the_number` is what comes before the first heading. `sentences` are the first sections, as long as each is one
    paragraph, `folds` those whose heading is a question, and `sections` the others.
    """
    found = sections(richtext.clean(page.body))
    titled = [section for section in found if section.title]
    sentences = list(takewhile(lambda section: section.shape == "sentence" and not section.is_question, titled))
    rest = titled[len(sentences) :]
    return {
        "under_the_number": "".join(section.html for section in found if not section.title),
        "sentences": sentences,
        "sections": [section for section in rest if not section.is_question],
        "folds": [section for section in rest if section.is_question],
    }


YOUTH = "youth"
# They may sign with the children.
WITH_CLASSES = ("teachers", "educators")
# The drawing beside the commitments (templates/campaign/pages/drawing.html), by sector.
DRAWINGS = {
    "parents": "home",
    "citizens": "home",
    "teachers": "table",
    "educators": "table",
    "artists": "stage",
    "youth": "talk",
}
# Sectors that put up posters and fold leaflets, and the part of the page of the materials that is for them.
MATERIALS = {"parents": "posters", "teachers": "sheets", "educators": "sheets", "officials": "posters"}


def sector_page(page, sector, totals):
    """The template context of the page of a sector; `totals` are those of the moment."""
    people = next((people for each, people in totals.sectors if each.pk == sector.pk), 0)
    parts_of_text = sections(richtext.clean(page.body))
    return {
        "sector": sector,
        "part": sector_hero(sector, people),
        "sign_url": f"{reverse('pledges:sign')}?sector={sector.slug}" if sector.is_open else reverse("pledges:sign"),
        "groups": [each for each, _people in totals.sectors if each.is_open],
        "has_figures": any(commitment.figures.chosen for commitment in sector.commitments.all()),
        "has_dots": any(kept(commitment.figures) for commitment in sector.commitments.all()),
        "drawing": DRAWINGS.get(sector.slug),
        "say": page.say.splitlines(),
        "do_not_say": page.do_not_say.splitlines(),
        # Text before the first title has none.
        "intro": "".join(part.html for part in parts_of_text if not part.title),
        "after_report": SiteContent.current().page_by_key.get(AFTER_REPORT),
        "sections": [(part.title, part.html) for part in parts_of_text if part.title],
        "materials": MATERIALS.get(sector.slug),
        # They are addressed with "ti" in Albanian.
        "is_young": sector.slug == YOUTH,
        "has_classes": sector.slug in WITH_CLASSES,
    }


def write_to(page, settings):
    """{"url", "address"} of where readers of the page write to, or None. Without an address it is a form."""
    if not page.write_to:
        return None
    address = getattr(settings, f"{page.write_to}_contact", "")
    return {"url": contact_url(address) if address else reverse(f"pledges:enquiry_{page.write_to}"), "address": address}
