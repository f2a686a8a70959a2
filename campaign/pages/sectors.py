"""The page of a sector: its own 1, its commitments, words to a child, and the text of the page in sections that open."""

from django.urls import reverse

from campaign import richtext
from campaign.content import AFTER_REPORT, SiteContent
from campaign.pages.inner_pages import sections
from pledges.templatetags.pledge_tags import kept
from pledges.totals import parts

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


def context(page, sector, totals):
    """The template context of the page of a sector; `totals` are those of the moment."""
    people = next((people for each, people in totals.sectors if each.pk == sector.pk), 0)
    parts_of_text = sections(richtext.clean(page.body))
    return {
        "sector": sector,
        "part": parts.of_sector(sector, people),
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
