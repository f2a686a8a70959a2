"""The page of the materials: what everyone may print and share, with previews, sizes and what people may do with it."""

from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from campaign import ways_on
from campaign.content import SiteContent
from campaign.handouts import prints
from campaign.materials.models import Material
from campaign.share_cards import views as pictures
from pledges.figures.brand import BRANDS, brand
from pledges.fixed_pages import fixed_page
from pledges.languages import other_language
from pledges.numbers import number
from pledges.serving.http import public_page
from pledges.sharing import NEUTRAL_SLUG

# Width and height in pixels of the previews of what the code draws.
PORTRAIT, LANDSCAPE = (400, 566), (566, 400)
# What no file that the code draws exceeds, by format.
MOST_BYTES = {"PDF": 100_000, "PNG": 300_000}
PRESS = settings.BASE_DIR / "static" / "press"
Section = Material.Section


@dataclass(frozen=True)
class File:
    """A file to download: `about` is format, paper or pixels, and size; `name` is what it is saved as."""

    url: str
    about: str
    name: str
    # The same file in the other language, "" for none.
    other_url: str = ""
    other_name: str = ""


@dataclass(frozen=True)
class Item:
    """One material. `size` is that of the preview in pixels; `more` is the link (URL, words) of what is not downloaded here."""

    title: str
    text: str
    files: list = field(default_factory=list)
    preview: str = ""
    size: tuple = PORTRAIT
    licence: str = ""
    more: tuple = ()
    ground: str = ""


@fixed_page(
    gettext_lazy("Materials"),
    gettext_lazy("Posters, leaflets, letters, pictures and logos to print and share."),
    place=190,
    footer=(1, 50),
)
@public_page
def page(request):
    """Show all materials by section."""
    content = SiteContent.current()
    items = {
        Section.POSTERS: _posters,
        Section.LETTERS: _letters,
        Section.SHEETS: _sheets,
        Section.PICTURES: _pictures,
        Section.LOGOS: _logos,
    }
    own = [(material.section, _own(material)) for material in content.materials]
    sections = [
        (section, _TITLES[section](), [*make(content), *(item for place, item in own if place == section)])
        for section, make in items.items()
    ]
    other = other_language(get_language())
    return render(
        request,
        "campaign/materials/materials.html",
        {"sections": sections, "other": other, "way_on": ways_on.way_on(content)},
    )


_TITLES = {
    Section.POSTERS: lambda: _("Posters and leaflets"),
    Section.LETTERS: lambda: _("Letters to send"),
    Section.SHEETS: lambda: _("Sheets for classes and groups"),
    Section.PICTURES: lambda: _("Pictures to share"),
    Section.LOGOS: lambda: _("Logo and ribbon"),
}


def _posters(content):
    return [
        _print(
            _("Poster for children"),
            _("The number of the helpline across the page. The QR code opens the page for children."),
            {"poster-a4": "A4", "poster-a3": "A3"},
        ),
        _print(
            _("Leaflet for adults"),
            _("What to notice, what to say and where to call. Print it on both sides and fold it in the middle."),
            {"leaflet": _("A4, folded to A5")},
            LANDSCAPE,
        ),
    ]


def _letters(content):
    by_hand = _("Write the date, the place and your name by hand.")
    return [
        _print(_("Letter to a mayor"), by_hand, {"letter-mayor": "A4"}),
        _print(_("Letter to a headteacher"), by_hand, {"letter-headteacher": "A4"}),
    ]


def _sheets(content):
    items = [
        _print(
            _("Poster for the classroom wall"),
            _("The three promises, and who a child can call."),
            {"wall-a4": "A4", "wall-a3": "A3"},
        ),
        Item(
            _("Colouring sheet and certificate"),
            _(
                "A dot for each of you, and the certificate of your group. You get both once your group pledge is approved."
            ),
            preview=_preview("sheet"),
            more=(reverse("pledges:group"), _("Pledge as a group")),
        ),
        Item(
            _("Paper sheet for events"),
            _("Each sheet has a number, so that it counts only once. Our team prints it and brings it along."),
            more=(reverse("pledges:method") + "#paper", _("How we count on paper")),
        ),
    ]
    if prints.is_shown("lesson"):
        lesson = _print(
            _("Outline of a 45-minute lesson"),
            _("The body, boundaries and secrets. For teachers."),
            {"lesson": "A4"},
        )
        items.insert(1, lesson)
    return items


def _pictures(content):
    language = get_language()
    return [
        _png(
            _("Square picture"),
            _("For Instagram, Facebook and WhatsApp."),
            (1080, 1080),
            ("pledged_picture", "square", NEUTRAL_SLUG),
            reverse("pledged_picture", args=[language, "small-square", NEUTRAL_SLUG]),
        ),
        _png(
            _("Picture for a story"),
            _("For Instagram and TikTok. The QR code opens the site."),
            (1080, 1920),
            ("pledged_picture", "story", NEUTRAL_SLUG),
            reverse("pledged_picture", args=[language, "small-story", NEUTRAL_SLUG]),
        ),
        _png(
            _("Wide picture"),
            _("For an article or a post with a link."),
            (1200, 630),
            ("picture", "site", pictures.SITE_CARD),
            reverse("picture", args=[language, "site", pictures.SMALL_CARD]),
        ),
    ]


def _logos(content):
    language = get_language()
    ready = reverse("ribbon_picture", args=[language, "ready"])
    return [
        _press(_("Logo on its own"), "mark.svg", (60, 96)),
        _press(_("%(brand)s for light backgrounds") % {"brand": brand()}, "{}-dark.png"),
        _press(_("%(brand)s for dark backgrounds") % {"brand": brand()}, "{}-light.png", ground="dark"),
        Item(
            _("Blue ribbon"),
            _("A ready-made picture. You can also add the ribbon to a photo of yourself."),
            [File(ready, _about_drawn("PNG", "1080 × 1080"), f"{hashtag(language)}-ribbon.png")],
            reverse("ribbon_picture", args=[language, "small"]),
            (1080, 1080),
            more=(reverse("pledges:ribbon"), _("Add the blue ribbon to your photo")),
        ),
    ]


def _print(title, text, papers, size=PORTRAIT):
    """The Item of one or more PDFs that the code draws: {name: paper}."""
    language = get_language()
    files = [
        File(
            reverse("handout", args=[language, name]),
            _about_drawn("PDF", paper),
            f"{name}-{language}.pdf",
            reverse("handout", args=[other_language(language), name]),
            f"{name}-{other_language(language)}.pdf",
        )
        for name, paper in papers.items()
    ]
    return Item(title, text, files, _preview(next(iter(papers))), size)


def _preview(name):
    return reverse("handout_preview", args=[get_language(), name, prints.digest(name)])


def _png(title, text, size, address, preview):
    """The Item of a picture that the code draws: `size` in pixels, `address` its URL name and arguments."""
    view, *rest = address
    (url, name), (other_url, other_name) = (
        (reverse(view, args=[language, *rest]), f"{hashtag(language)}-{rest[0]}.png")
        for language in (get_language(), other_language(get_language()))
    )
    about = _about_drawn("PNG", "{} × {}".format(*size))
    return Item(title, text, [File(url, about, name, other_url, other_name)], preview, size)


def _press(title, name, size=(820, 195), ground="light"):
    """The Item of a file of static/press. In its name, "{}" stands for the hashtag of a language."""
    own, other = name.format(hashtag(get_language())), name.format(hashtag(other_language(get_language())))
    about = _about(name.rpartition(".")[2].upper(), "", _bytes_of(own))
    url, other_url = static(f"press/{own}"), "" if other == own else static(f"press/{other}")
    return Item(title, "", [File(url, about, own, other_url, other)], url, size, ground=ground)


def hashtag(language):
    """The hashtag of a language as it is in the names of files: "nejemi1"."""
    return BRANDS[language].lower().removeprefix("#")


@cache
def _bytes_of(name):
    return (PRESS / name).stat().st_size


def _own(material):
    """The Item of a material that staff added."""
    language = get_language()
    details, file = material.details[language], getattr(material, f"file_{language}")
    with override(other_language(language)):
        other = material.file.url
    if details["format"] == "PDF":
        shape, size = _paper(details), details["paper"]
    else:
        shape, size = " × ".join(map(str, details["pixels"])), details["pixels"]
    about = _about(details["format"], shape, details["bytes"])
    files = [File(file.url, about, _saved_as(material, language), other, _saved_as(material, other_language(language)))]
    return Item(material.title, material.text, files, material.preview_url, size, material.licence)


def _saved_as(material, language):
    return f"{material.key}-{language}.{getattr(material, f'file_{language}').name.rpartition('.')[2]}"


PAPERS = {(148, 210): "A5", (210, 297): "A4", (297, 420): "A3", (420, 594): "A2", (594, 841): "A1"}


def _paper(details):
    """The size of paper by name, or in millimetres."""
    width, height = sorted(details["paper"])
    for (short, long), name in PAPERS.items():
        if abs(width - short) <= 2 and abs(height - long) <= 2:
            return name
    return "{} × {} mm".format(*details["paper"])


def _about_drawn(kind, shape):
    """Such as "PDF, A4, under 100 kB": the page does not draw the file."""
    return ", ".join([kind, shape, _("under %(size)s") % {"size": _weight(MOST_BYTES[kind])}])


def _about(kind, shape, size):
    """Such as "PDF, A4, 24 kB"."""
    return ", ".join(filter(None, [kind, shape, _weight(size)]))


def _weight(size):
    """A number of bytes, such as "24 kB"."""
    unit, name = (1000, "kB") if size < 1_000_000 else (1_000_000, "MB")
    return f"{number(max(1, round(size / unit)))}\N{NO-BREAK SPACE}{name}"
