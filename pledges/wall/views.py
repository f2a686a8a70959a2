"""The wall of supporters: names of adults who agreed to it, after review by staff."""

from contextlib import suppress

from django.core.paginator import InvalidPage, Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.crypto import keys
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.serving.http import public_names
from pledges.supporters.models import Pledge

PAGE_SIZE = 300


@fixed_page(_("Who is with us"), _("Supporters who have chosen to show their names."), place=170, in_sitemap=False)
@public_names
def page(request, number=1):
    """PAGE_SIZE names, in the order of `in_wall_order`. The number of queries is constant."""
    if number == 1 and "number" in request.resolver_match.kwargs:
        return redirect("pledges:wall", permanent=True)
    totals = tally.read()
    paginator = Paginator(Pledge.objects.on_the_wall().values("pk"), PAGE_SIZE)
    try:
        page_obj = paginator.page(number)
    except InvalidPage:
        raise Http404 from None
    # The subquery sorts the ids by an index-only scan; only the rows of this page are read from the table.
    pledges = Pledge.objects.filter(pk__in=page_obj.object_list).in_wall_order()
    supporters = _supporters(pledges.select_related("sector"))
    context = {
        "totals": totals,
        "page_obj": page_obj,
        "supporters": list(supporters),
        "sectors": [sector for sector in PledgeContent.current().sectors if sector.shows_names],
        "mosaic": mosaic(totals.sectors, totals.goal.people),
    }
    return render(request, "pledges/wall/wall.html", context)


def _supporters(pledges):
    """Yield (name, sector). It names no county: a name beside a small county would tell who is in its figure."""
    for pledge in pledges:
        # One corrupt row must not break the page.
        with suppress(keys.CannotDecrypt):
            yield pledge.name_on_wall, pledge.sector
