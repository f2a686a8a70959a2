"""Group pledges for tests: the data of the form, and saved groups in any state."""

import re

from django.db.models.functions import Now
from django.utils import timezone

from pledges.groups.models import institution_key, school_year
from pledges.models import GroupPledge, Municipality, Sector
from tests.factories import as_sent
from tests.numbers import next_number

# {state: the times that it has} of what an adult proposes.
REACHED = {
    "submitted": [],
    "confirmed": ["confirmed_at"],
    "approved": ["confirmed_at", "approved_at"],
    "refused": ["confirmed_at", "refused_at"],
}
PATHS = {"sq": "/sq/zotimi-ne-grup/", "en": "/en/group-pledge/"}


def group_data(**changes):
    """The POST data of a class of 27 pupils and a teacher; None removes a field."""
    data = {
        "over_18": "yes",
        "kind": "class",
        "institution": "Naim Frashëri",
        "municipality": str(Municipality.objects.get(name_sq="Tiranë").pk),
        "held_on": timezone.localdate().isoformat(),
        "grade": "7",
        "letter": "b",
        "people_children": "27",
        "people_teachers": "1",
        "name": "Mira Hoxha",
        "email": "mira.hoxha@shembull.al",
        "statement": "on",
        "consent": "on",
    }
    return as_sent(data, **changes)


def groups_on(page):
    """The ids of the groups that the button of a page confirms."""
    return re.findall(r'name="group" value="([^"]+)"', page.text)


def press_confirm(client, path):
    """Open the page that confirms groups, and press its button; returns the response."""
    return client.post(path, {"group": groups_on(client.get(path))})


def make_group(state="confirmed", people=None, name="Mira Hoxha", address=None, place="Tiranë", **overrides):
    """A saved group pledge. `people` are {sector slug: number}; by default a class of 27 pupils and a teacher."""
    number = next_number()
    ids = dict(Sector.objects.values_list("slug", "pk"))
    people = {str(ids[slug]): n for slug, n in (people or {"children": 27, "teachers": 1}).items()}
    place = Municipality.objects.get(name_sq=place)
    day = overrides.pop("held_on", timezone.localdate())
    values = {
        "kind": "class",
        "institution": f"Shkolla {number}",
        "municipality": place,
        "county_id": place.county_id,
        "held_on": day,
        "school_year": school_year(day),
        "people": people,
        "counted": people if state == "approved" else None,
        "refusal": "number" if state == "refused" else "",
        "agreed": "po",
        "language": "sq",
        "state": state,
        **dict.fromkeys(REACHED[state], Now()),
        **overrides,
    }
    if values["kind"] == "class":
        values = {"grade": 7, "letter": "B", **values}
    group = GroupPledge(institution_key=institution_key(values["institution"]), **values)
    group.set_person(name, address or f"mira{number}@shembull.al")
    group.save(force_insert=True)
    group.refresh_from_db()
    return group
