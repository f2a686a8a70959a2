"""Help: the page of the channels, and that of the child protection units."""

from itertools import groupby

from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from campaign.content import AFTER_REPORT, CHILD, SiteContent
from pledges.content import PledgeContent
from pledges.fixed_pages import fixed_page
from pledges.serving.http import public_page

# The channels to call as long as nothing is known of a unit.
CALLS = ("alo-116111", "police-129")


def _channels():
    """What search reads of the help channels."""
    rows = [(row.number, row.tel, row.name, row.text) for row in SiteContent.current().channels]
    return " ".join(". ".join(dict.fromkeys(filter(None, row))) for row in rows)


@fixed_page(_("Help now"), _channels, texts=("help_shared", "help_lead"), place=30)
@public_page
def help_page(request):
    """Show the help channels. The lightest page of the site, for slow networks."""
    content = SiteContent.current()
    channels = content.channels
    unchecked = [channel for channel in channels if not channel.verified_on]
    context = {
        "calls": [channel for channel in channels if channel.in_strip],
        "others": [channel for channel in channels if not channel.in_strip],
        # Whether some or all channels lack a date of verification.
        "some_unchecked": bool(unchecked),
        "all_unchecked": len(unchecked) == len(channels),
        "abroad": [channel for channel in channels if channel.from_abroad],
        "child": content.page_by_key.get(CHILD),
        "abroad_page": content.page_by_key.get("abroad"),
        "after_report": content.page_by_key.get(AFTER_REPORT),
    }
    return render(request, "campaign/help/help.html", context)


@fixed_page(_("Child protection units"), texts=("units_shared", "units_lead"), place=40)
@public_page
def units(request):
    """List the units by county. The address is the same for all of them: no one can see in it which one a visitor looked for."""
    content = SiteContent.current()
    context = {
        "counties": _by_county(PledgeContent.current().municipalities, content.units),
        "verified": len(content.units),
        "calls": [content.channel_by_key[key] for key in CALLS if key in content.channel_by_key],
        "way_on": content.way_on(AFTER_REPORT),
    }
    return render(request, "campaign/help/units.html", context)


def _by_county(municipalities, units):
    """[{"county", "rows": [(municipality, unit or None)], "verified": number}], in the order of the Albanian alphabet."""
    counties = []
    in_order = sorted(municipalities, key=lambda place: (place.county.sort_key, place.sort_key))
    for county, places in groupby(in_order, lambda place: place.county):
        rows = [(place, units.get(place.pk)) for place in places]
        counties.append({"county": county, "rows": rows, "verified": sum(unit is not None for _place, unit in rows)})
    return counties
