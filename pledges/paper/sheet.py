"""Paper sheets as a PDF: A4 pages in both languages, with a number, the event, a box for each group, QR codes of the site."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, pgettext

from pledges.figures import brand
from pledges.figures.rendering import qr_code, typeset
from pledges.languages import in_each_language


def pdf(sheets, sectors, handout):
    """The PDF, as bytes, of these PaperSheets, one page each, with a box for each of these sectors.

    `handout` has the words of staff, as `title` and `text` of the active language.
    """

    def words():
        pledge, _line, rule = handout.text.partition("\n")
        address = brand.web_address() + reverse("campaign:home")
        return {
            "brand": brand.brand(),
            "title": handout.title,
            "pledge": pledge,
            "rule": " ".join(rule.split()),
            "strokes": gettext("One mark for each person"),
            "place": pgettext("on a paper sheet", "Place and date"),
            "ask": f"{gettext('Find out more, and see how we count this sheet:')}\n{address}",
            "code": qr_code(settings.SITE_URL + reverse("pledges:method") + "#paper"),
        }

    def event_words():
        return {"title": event.title, "about": f"{event.when}\n{event.where}"}

    pages = []
    for sheet in sheets:
        event, place = sheet.event, f": {sheet.municipality.name_sq}" if sheet.municipality else ""
        pages.append({"number": str(sheet), "place": place, "event": event and _both(event_words)})
    groups = list(zip(*_both(lambda: [sector.name for sector in sectors]), strict=True))
    return typeset("paper", " · ".join(brand.BRANDS.values()), languages=_both(words), groups=groups, sheets=pages)


def _both(words):
    return list(in_each_language(words).values())
