"""The page of the materials: what everyone may print and share, with previews and what people may do with it."""

from dataclasses import dataclass, field

from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from campaign.content import SiteContent
from campaign.handouts import prints
from campaign.materials.models import Material
from campaign.share_cards import views as pictures
from pledges.fixed_pages import fixed_page
from pledges.serving.http import public_page
from pledges.sharing import NEUTRAL_SLUG, brand

# Width and height in pixels of the previews of what the code draws.
PORTRAIT, LANDSCAPE = (400, 566), (566, 400)
Section = Material.Section
TITLES = {
    Section.POSTERS: gettext_lazy("Posters and leaflets"),
    Section.LETTERS: gettext_lazy("Letters to send"),
    Section.SHEETS: gettext_lazy("Sheets for classes and groups"),
    Section.PICTURES: gettext_lazy("Pictures to share"),
    Section.LOGOS: gettext_lazy("Logo and ribbon"),
}


@dataclass(frozen=True)
class File:
    """A file to download: `about` is its format, and paper or pixels; `name` is what it is saved as."""

    url: str
    about: str
    name: str


@dataclass(frozen=True)
class Item:
    """One material. `size` is that of the preview in pixels; `more` is the link (URL, words) of what is not downloaded here."""

    section: str
    title: str
    text: str
    files: list = field(default_factory=list)
    preview: str = ""
    size: tuple = PORTRAIT
    more: tuple = ()
    ground: str = ""


@fixed_page(
    gettext_lazy("Materials"),
    gettext_lazy("Posters, leaflets, letters, pictures and logos to print and share."),
    place=190,
)
@public_page
def page(request):
    """Show all materials by section: what the code draws, then what staff added."""
    content = SiteContent.current()
    items = [*_papers(), *_pictures(), *_logos(), *map(_own, content.materials)]
    sections = [(each, title, [item for item in items if item.section == each]) for each, title in TITLES.items()]
    context = {"sections": sections, "way_on": content.way_on()}
    return render(request, "campaign/materials/materials.html", context)


def _papers():
    """Yield the Item of each PDF for everyone, and of what classes and groups get."""
    yield _print(
        Section.POSTERS,
        _("Poster for children"),
        _("The number of the helpline across the page. The QR code opens the page for children."),
        ["poster-a4", "poster-a3"],
    )
    yield _print(
        Section.POSTERS,
        _("Leaflet for adults"),
        _("What to notice, what to say and where to call. Print it on both sides and fold it in the middle."),
        ["leaflet"],
        LANDSCAPE,
    )
    by_hand = _("Write the date, the place and your name by hand.")
    yield _print(Section.LETTERS, _("Letter to a mayor"), by_hand, ["letter-mayor"])
    yield _print(Section.LETTERS, _("Letter to a headteacher"), by_hand, ["letter-headteacher"])
    promises = _("The three promises, and who a child can call.")
    yield _print(Section.SHEETS, _("Poster for the classroom wall"), promises, ["wall-a4", "wall-a3"])
    if prints.is_shown("lesson"):
        about = _("The body, boundaries and secrets. For teachers.")
        yield _print(Section.SHEETS, _("Outline of a 45-minute lesson"), about, ["lesson"])
    yield Item(
        Section.SHEETS,
        _("Colouring sheet and certificate"),
        _("A dot for each of you, and the certificate of your group. You get both once your group pledge is approved."),
        preview=_preview("sheet"),
        more=(reverse("pledges:group"), _("Pledge as a group")),
    )
    yield Item(
        Section.SHEETS,
        _("Paper sheet for events"),
        _("Each sheet has a number, so that it counts only once. Our team prints it and brings it along."),
        more=(reverse("pledges:method") + "#paper", _("How we count on paper")),
    )


def _pictures():
    """Yield the Item of each picture for messages and social media."""
    language = get_language()

    def png(title, text, size, name, address, preview):
        files = [File(address, "PNG, {} × {}".format(*size), f"{_tag()}-{name}.png")]
        return Item(Section.PICTURES, title, text, files, preview, size)

    def pledged(name):
        return reverse("pledged_picture", args=[language, name, NEUTRAL_SLUG])

    def card(name):
        return reverse("picture", args=[language, "site", name])

    text = _("For Instagram, Facebook and WhatsApp.")
    yield png(_("Square picture"), text, (1080, 1080), "square", pledged("square"), pledged("small-square"))
    text = _("For Instagram and TikTok. The QR code opens the site.")
    yield png(_("Picture for a story"), text, (1080, 1920), "story", pledged("story"), pledged("small-story"))
    text = _("For an article or a post with a link.")
    yield png(_("Wide picture"), text, (1200, 630), "site", card(pictures.SITE_CARD), card(pictures.SMALL_CARD))


def _logos():
    """Yield the Item of each logo in static/press, and of the ribbon."""
    names = {"brand": brand()}
    for title, name, size, ground in (
        (_("Logo on its own"), "mark.svg", (60, 96), "light"),
        (_("%(brand)s for light backgrounds") % names, f"{_tag()}-dark.png", (820, 195), "light"),
        (_("%(brand)s for dark backgrounds") % names, f"{_tag()}-light.png", (820, 195), "dark"),
    ):
        url = static(f"press/{name}")
        files = [File(url, name.rpartition(".")[2].upper(), name)]
        yield Item(Section.LOGOS, title, "", files, url, size, ground=ground)
    ready, small = (reverse("ribbon_picture", args=[get_language(), name]) for name in ("ready", "small"))
    yield Item(
        Section.LOGOS,
        _("Blue ribbon"),
        _("A ready-made picture. You can also add the ribbon to a photo of yourself."),
        [File(ready, "PNG, 1080 × 1080", f"{_tag()}-ribbon.png")],
        small,
        (1080, 1080),
        more=(reverse("pledges:ribbon"), _("Add the blue ribbon to your photo")),
    )


def _print(section, title, text, names, size=PORTRAIT):
    """The Item of one or more PDFs that the code draws."""
    language = get_language()
    files = [
        File(reverse("handout", args=[language, name]), f"PDF, {prints.PRINTS[name][1]}", f"{name}-{language}.pdf")
        for name in names
    ]
    return Item(section, title, text, files, _preview(names[0]), size)


def _preview(name):
    return reverse("handout_preview", args=[get_language(), name, prints.digest(name)])


def _tag():
    """The hashtag as it is in the names of files: "nejemi1"."""
    return brand().lower().removeprefix("#")


def _own(material):
    """The Item of a material that staff added."""
    details, file = material.details[get_language()], material.file
    size = details.get("paper") or details["pixels"]
    shape = _paper(details["paper"]) if "paper" in details else "{} × {}".format(*size)
    about = ", ".join([details["format"], shape, filesizeformat(details["bytes"])])
    name = f"{material.key}-{get_language()}.{file.name.rpartition('.')[2]}"
    files = [File(file.url, about, name)]
    return Item(material.section, material.title, material.text, files, material.preview_url, size)


PAPERS = {(148, 210): "A5", (210, 297): "A4", (297, 420): "A3", (420, 594): "A2", (594, 841): "A1"}


def _paper(size):
    """The size of paper by name, or in millimetres."""
    width, height = sorted(size)
    for (short, long), name in PAPERS.items():
        if abs(width - short) <= 2 and abs(height - long) <= 2:
            return name
    return "{} × {} mm".format(*size)
