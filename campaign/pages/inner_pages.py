"""How content pages are laid out: the sections of their text, what stands beside and between them, and which page comes next."""

from dataclasses import dataclass
from itertools import cycle, takewhile

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaign import richtext
from campaign.pages.models import Page
from campaign.pages.sections import sections
from campaign.settings.models import contact_url

DRAWINGS = ("surrounded", "heard", "passed_on")
# {layout: (number of sections before it, title, anchor, attribute of SiteContent of its rows)} of what is no text on a page.
# Without rows it is left out.
PARTS = {
    Page.Layout.FIGURES: (1, _("The figures, and where they come from"), "figures", "statistics"),
    Page.Layout.DEMANDS: (0, "", "demands", "demands"),
    Page.Layout.PARTNERS: (0, _("Who is behind the movement"), "organisations", "partners"),
    Page.Layout.DOWNLOADS: (99, _("Logos and pictures to download"), "downloads", ""),
    Page.Layout.KEPT: (99, _("What we keep, and for how long"), "kept", ""),
}


@dataclass(frozen=True)
class Aside:
    """What stands beside a section: a figure, a voice, or otherwise the drawing of this name."""

    drawing: str = ""
    figure: object = None
    voice: object = None

    @property
    def template(self):
        return f"campaign/pages/{self.drawing}.html"


@dataclass(frozen=True)
class Block:
    """One horizontal part of a page. `section` is its text, if it has any; templates are in templates/campaign/pages/blocks/."""

    name: str
    title: str
    anchor: str
    section: object = None
    aside: Aside | None = None
    steps: tuple = ()

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
        # Without a heading there is nothing else to put beside the text.
        aside = next(asides, None) or (None if section.title else Aside(drawing=DRAWINGS[0]))
        steps = way(section) if name == "way" else ()
        rows.append(Block(name, section.title, section.anchor, section, aside if name == "text" else None, steps))
    if page.layout in PARTS and getattr(content, needed, True):
        rows.insert(position, Block(page.layout, title, anchor))
    return rows


def _block_name(layout, section):
    if layout == Page.Layout.STEPS and any(part.title for part in section.parts):
        return "way"
    return "questions" if section.questions else "text"


@dataclass(frozen=True)
class WayStep:
    """One step of a way: a heading of level three with its text. `source` is the HTML of the paragraph that names the source.

    A step without a source is what we do not know.
    """

    heading: str
    html: str
    source: str


def way(section):
    """The steps of a section, as a tuple of Step; the text before the first heading belongs to none of them."""
    steps = []
    # As staff begin the paragraph in the language of the page.
    beginning = f"<p>{gettext('Source:')}"
    for part in section.parts:
        if part.title:
            html, mark, source = part.html.rpartition(beginning)
            steps.append(WayStep(part.heading, html if mark else source, mark + source if mark else ""))
    return tuple(steps)


def _asides(names, content):
    """An iterator over the named Asides; after those and for what is not there, drawings in turn. It is empty without a name."""
    if not names:
        return
    figures = {figure.key: figure for figure in content.statistics}
    drawings = cycle(DRAWINGS)
    for name in names.replace(",", " ").split():
        if name in figures:
            yield Aside(figure=figures[name])
        elif name == "voice" and content.voices:
            yield Aside(voice=content.voices[0])
        else:
            yield Aside(drawing=name if name in DRAWINGS else next(drawings))
    for name in drawings:
        yield Aside(drawing=name)


@dataclass(frozen=True)
class ChildPage:
    """The text of the page for children, by shape.

    `under_the_number` is what comes before the first heading. `sentences` are the first sections, as long as each is one
    paragraph, `folds` those whose heading is a question, and `sections` the others.
    """

    under_the_number: str
    sentences: list
    sections: list
    folds: list


def child_page(page):
    """The ChildPage of the page for children. It works for any headings, also for none."""
    found = sections(richtext.clean(page.body))
    titled = [section for section in found if section.title]
    sentences = list(takewhile(lambda section: section.shape == "sentence" and not section.is_question, titled))
    rest = titled[len(sentences) :]
    return ChildPage(
        under_the_number="".join(section.html for section in found if not section.title),
        sentences=sentences,
        sections=[section for section in rest if not section.is_question],
        folds=[section for section in rest if section.is_question],
    )


def write_to(page, settings):
    """{"url", "address"} of where readers of the page write to, or None. Without an address it is a form."""
    if not page.write_to:
        return None
    address = getattr(settings, f"{page.write_to}_contact", "")
    return {"url": contact_url(address) if address else reverse(f"pledges:enquiry_{page.write_to}"), "address": address}
