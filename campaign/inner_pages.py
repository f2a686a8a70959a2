"""How content pages are laid out: the sections of their text, what stands beside and between them, and which page comes next."""

from dataclasses import dataclass
from itertools import cycle, takewhile

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaign import richtext
from campaign.models import Page
from campaign.models.settings import contact_url
from campaign.sections import sections
from pledges.fixed_pages import fixed_pages

CHILD = "child"
# The page on what happens after a report. Each of its sections is drawn as a way in steps.
AFTER_REPORT = "after_report"
# The channels at the top of the page for children.
CHILD_CALL, CHILD_CHAT = "alo-116111", "alo-chat"

# {page key: (page key or URL name of the page that comes next, words of the link; None stands for the title of the page)}
WAYS_ON = {
    "movement": ("problem", _("Why a movement is needed")),
    "problem": ("demands", _("What we ask of the state")),
    "about": ("partners", None),
    "partners": ("campaign:organisations", None),
    "glossary": ("problem", None),
    "press": ("pledges:totals", None),
    "contact": ("questions", None),
    "accessibility": ("contact", None),
    "abroad": ("campaign:help", None),
    "history": ("campaign:help", None),
    "units": (AFTER_REPORT, None),
    AFTER_REPORT: ("campaign:units", None),
    "event": ("campaign:events", _("All events")),
}
# {page key: (attribute of SiteSettings that holds an address, URL name of the form where it is empty)}
WRITE_TO = {
    "press": ("press_contact", "pledges:enquiry_press"),
    Page.PRIVACY: ("data_contact", "pledges:enquiry_data"),
    "accessibility": ("", "pledges:enquiry_site"),
}
# After every other page, and where the page that comes next is not published.
WAY_ON = ("pledges:sign", None)

# {page key: what stands beside its sections, in order}: the key of a figure, a drawing, or "voice". What is missing or hidden is
# replaced by a drawing. The sections of other pages have their heading beside them.
ASIDES = {
    "movement": ["sixty-seven", "surrounded", "passed_on", "heard", "voice"],
    "problem": ["online-one-in-ten", "passed_on", "voice", "surrounded"],
    "demands": ["heard", "passed_on", "surrounded"],
    "about": ["heard", "surrounded", "passed_on", "voice"],
    "partners": ["passed_on", "surrounded"],
}
DRAWINGS = ("surrounded", "heard", "passed_on")

# {page key: (number of sections before it, template, title, anchor)} of the part of a page that is no text.
PARTS = {
    "problem": (1, "figures", _("The figures, and where they come from"), "figures"),
    "demands": (0, "demands", "", "demands"),
    "partners": (0, "partners", _("Who is behind the movement"), "organisations"),
    "press": (99, "downloads", _("Logos and pictures to download"), "downloads"),
    Page.PRIVACY: (99, "kept", _("What we keep, and for how long"), "kept"),
}
# {template: attribute of SiteContent} of the rows without which a part is left out.
ROWS = {"figures": "statistics", "demands": "demands", "partners": "partners"}


@dataclass(frozen=True)
class Aside:
    """What stands beside a section: a figure, a voice, or otherwise the drawing of this name."""

    drawing: str = ""
    figure: object = None
    voice: object = None

    @property
    def template(self):
        return f"campaign/{self.drawing}.html"


@dataclass(frozen=True)
class Block:
    """One horizontal part of a page. `section` is its text, if it has any; the template is in templates/campaign/blocks/."""

    name: str
    title: str
    anchor: str
    section: object = None
    aside: Aside | None = None
    steps: tuple = ()

    @property
    def template(self):
        return f"campaign/blocks/{self.name}.html"

    @property
    def element(self):
        """Its HTML element. A text above the first heading is no section."""
        return "section" if self.title or not self.section else "div"


def blocks(page, content):
    """The parts of a content page from top to bottom: a list of Block."""
    taken = {PARTS[page.key][3]} if page.key in PARTS else set()
    found = sections(richtext.clean(page.body), taken)
    asides = _asides(page.key, content)
    rows = []
    for section in found:
        name = _block_name(page.key, section)
        # Without a heading there is nothing else to put beside the text.
        aside = next(asides, None) or (None if section.title else Aside(drawing=DRAWINGS[0]))
        steps = way(section) if name == "way" else ()
        rows.append(Block(name, section.title, section.anchor, section, aside if name == "text" else None, steps))
    if page.key in PARTS:
        position, name, title, anchor = PARTS[page.key]
        if getattr(content, ROWS.get(name, ""), True):
            rows.insert(position, Block(name, title, anchor))
    return rows


def _block_name(key, section):
    if key == AFTER_REPORT and any(part.title for part in section.parts):
        return "way"
    return "questions" if section.questions else "text"


@dataclass(frozen=True)
class Step:
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
            steps.append(Step(part.heading, html if mark else source, mark + source if mark else ""))
    return tuple(steps)


def _asides(key, content):
    """An iterator over the Asides of a page; after those it names, drawings in turn. It is empty for other pages."""
    if key not in ASIDES:
        return
    figures = {figure.key: figure for figure in content.statistics}
    drawings = cycle(DRAWINGS)
    for name in ASIDES[key]:
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


def way_on(key, content):
    """{"url", "label"} of the page that comes after the page with this key."""
    name, label = WAYS_ON.get(key, WAY_ON)
    if ":" not in name and name not in content.page_by_key:
        name, label = WAY_ON
    following = fixed_pages()[name] if ":" in name else content.page_by_key[name]
    return {"url": following.get_absolute_url(), "label": label or following.title}


def write_to(key, settings):
    """{"url", "address"} of where readers of the page with this key write to, or None. Without an address it is a form."""
    if key not in WRITE_TO:
        return None
    name, form = WRITE_TO[key]
    address = getattr(settings, name) if name else ""
    return {"url": contact_url(address) if address else reverse(form), "address": address}
