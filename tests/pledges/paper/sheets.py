"""Paper sheets for tests: saved sheets in any state."""

from django.db.models.functions import Now

from pledges.models import Municipality, PaperSheet, Sector


def numbers(**people):
    """{sector id as text: people} of {sector slug: people}."""
    ids = dict(Sector.objects.values_list("slug", "pk"))
    return {str(ids[slug]): n for slug, n in people.items()}


def make_sheet(state="issued", people=None, other=None, place=None, **overrides):
    """A saved sheet. `people` are {sector slug: number}, `other` those of the second count, by default the same.

    A returned sheet has the first count only, or two if `other` is given.
    """
    people = numbers(**(people or {"parents": 10, "teachers": 2}))
    other = numbers(**other) if other else people if state == "counted" else None
    place = place and Municipality.objects.get(name_sq=place)
    sheet = PaperSheet(
        number=(PaperSheet.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1,
        municipality=place,
        county_id=place and place.county_id,
        state=state,
        reason="lost" if state == "void" else "",
        **overrides,
    )
    if state in ("returned", "counted"):
        sheet.first, sheet.first_by, sheet.returned_at = people, 1, Now()
        if other:
            sheet.second, sheet.second_by = other, 2
    if state == "counted":
        sheet.counted_at = Now()
    if state == "void":
        sheet.voided_at = Now()
    sheet.save(force_insert=True)
    sheet.refresh_from_db()
    return sheet
