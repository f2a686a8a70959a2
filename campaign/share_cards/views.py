"""Pictures of shared links, and those that supporters post. Their words are those of staff; none shows a name."""

from django.http import Http404, HttpResponse
from django.utils.translation import get_language, gettext, pgettext

from campaign.content import CHILD_CALL, SiteContent
from campaign.pages.models import Article, Page
from campaign.pictures import logos
from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.figures import cards
from pledges.figures.mosaic import mosaic
from pledges.models import County
from pledges.sectors.models import CHILDREN
from pledges.serving.http import embeddable, in_named_language, public_page
from pledges.sharing import NEUTRAL_SLUG

# The keys of the site's own picture, and of that of its pages of help.
SITE_CARD = "card"
SMALL_CARD = "small-card"
HELP_CARD = "help"
# Of the preview in pixels: twice its width on a phone.
PREVIEW_WIDTH = 640
# Of the pictures on the page of the materials.
SMALL_WIDTH = 300
# {layout in the address: (layout of the drawing, width in pixels or None for its own)}
LAYOUTS = {
    "square": ("square", None),
    "story": ("story", None),
    "preview": ("square", PREVIEW_WIDTH),
    "small-square": ("square", SMALL_WIDTH),
    "small-story": ("story", SMALL_WIDTH),
}


def card(view):
    """Decorate the view of a picture in the language of its address, which pages of other sites may show."""
    return embeddable(in_named_language(public_page(view)))


@card
def picture(request, language, kind, key):
    """The picture of a link (og:image) to the site, a page or an article, in one language."""
    content = SiteContent.current()
    words = _words(language)
    if kind == "site" and key == HELP_CARD:
        return _png(help_card(gettext("Help now")))
    if kind == "site":
        if key not in (SITE_CARD, SMALL_CARD):
            raise Http404
        return _png(cards.site(*words), SMALL_WIDTH if key == SMALL_CARD else None)
    row = content.by_slug({"page": Page, "news": Article}[kind], language).get(key)
    if row is None:
        raise Http404
    title = row.share_title or row.title
    return _png(help_card(title) if kind == "page" and row.layout == Page.Layout.CHILD else cards.page(*words, title))


@card
def total(request, language):
    """The current total: the picture of a link to the totals."""
    totals = tally.read()
    goal = totals.goal.people
    return _png(cards.total(*_words(language), goal, mosaic(totals.sectors, goal)))


@card
def county(request, language, slug):
    """The published figure of a county: the picture of a link to its page. It shows no figure while none is published."""
    for row, people in tally.read().counties:
        if row.code != County.ABROAD and row.slug == slug:
            goal = PledgeContent.current().goal_above(people, row.pk).people
            return _png(cards.county(*_words(language), goal, row.definite_name, people))
    raise Http404


@card
def pledged(request, language, layout, slug):
    """A picture to post: the vows, in neutral words or in those that staff gave the sector.

    `layout` is one of LAYOUTS; the small ones are for pages that show them.
    """
    # Children post no pictures: an adult pledges for them.
    sectors = {row.slug: row for row in PledgeContent.current().sectors if row.slug != CHILDREN}
    sector = sectors.get(slug)
    if sector is None and slug != NEUTRAL_SLUG:
        raise Http404
    own = (sector.pledged, sector.color) if sector else ()
    shape, width = LAYOUTS[layout]
    return _png(cards.posted(shape, _vows(language), *own), width)


def help_card(title):
    """The Drawing of a page of help, in the active language: who listens to a child, and no call to sign."""
    content = SiteContent.current()
    channel = content.channel_by_key.get(CHILD_CALL)
    comfort = content.texts[get_language()]["child_hurt_first"]
    if channel is None:
        return cards.call(title, "", comfort)
    answers = [channel.name, pgettext("to a child", "Free, day and night."), comfort]
    return cards.call(title, channel.number, "\n".join(answers))


@card
def organisation(request, language, key):
    """The card of an organisation for its own site: its logo, its name, and that of the movement."""
    row = next((row for row in SiteContent.current().organisations if row.key == key), None)
    if row is None:
        raise Http404
    return _png(cards.organisation(*_words(language), row.name, logos.data_url(row.logo)))


@card
def demand(request, language, slug):
    """The picture of a link to a demand: its title, state and newer news, with dates. No days, which a messenger would keep."""
    row = next((row for row in SiteContent.current().demands if row.slug == slug), None)
    if row is None:
        raise Http404
    vows, movement = _words(language)
    return _png(cards.page(vows, row.on_card or movement, row.title))


def _words(language):
    """(the three vows, what the movement is)"""
    return _vows(language), SiteContent.current().texts[language]["every_card"]


def _vows(language):
    texts = SiteContent.current().texts[language]
    return tuple(texts[f"vow_{n}"] for n in (1, 2, 3))


def _png(drawing, width=None):
    return HttpResponse(cards.draw(drawing, width), content_type="image/png")
