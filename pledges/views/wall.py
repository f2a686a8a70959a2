"""The wall of supporters: people of 18 and over who wish their name to be shown, once staff have looked at it."""

from dataclasses import dataclass

from django.core.paginator import InvalidPage, Paginator
from django.http import Http404
from django.shortcuts import redirect, render

from pledges.crypto import keys
from pledges.http import public_names
from pledges.models import County, Pledge, Sector
from pledges.totals import published, tally

PAGE = 50


@dataclass(frozen=True)
class Supporter:
    """One person as the wall shows them; `county` is None where it would tell too much."""

    name: str
    sector: Sector
    county: County | None


@public_names
def page(request, number=1):
    """So many names a page, the newest first, from the same few queries however many there are."""
    if number == 1 and "number" in request.resolver_match.kwargs:
        return redirect("pledges:wall", permanent=True)
    read = tally.read()
    names = Paginator(Pledge.objects.on_the_wall().values("pk"), PAGE)
    try:
        here = names.page(number)
    except InvalidPage:
        raise Http404 from None
    # Ids first, from an index alone, and then the rows of these.
    pledges = Pledge.objects.filter(pk__in=here.object_list).order_by("-wall_at", "pk")
    supporters = _supporters(pledges.select_related("sector", "county"), published.places_beside_names(read))
    return render(request, "pledges/wall.html", {"totals": read, "here": here, "supporters": list(supporters)})


def _supporters(pledges, places):
    for pledge in pledges:
        try:
            name = pledge.name_on_wall
        except keys.CannotDecrypt:
            # One bad row must not take the page down.
            continue
        is_told = (pledge.sector.slug, pledge.county_id) in places
        yield Supporter(name, pledge.sector, pledge.county if is_told else None)
