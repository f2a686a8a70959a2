"""From signing to acting: the page that shows how far those who signed in a week came."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from pledges.acting import acting
from pledges.acting.models import STEPS
from pledges.counting.weeks import WEEK
from pledges.events.models import STEP
from pledges.places.models import County
from pledges.sectors.models import Sector
from pledges.tally.models import Way

TITLES = {
    "signed": pgettext_lazy("people", "Signed"),
    "confirmed": pgettext_lazy("people", "Confirmed"),
    "chose": gettext_lazy("Chose a commitment"),
    "answered": gettext_lazy("Answered how it went"),
    "kept": gettext_lazy("Kept a commitment"),
}
# Of whom the share of a step is.
WHOLES = {
    "confirmed": gettext_lazy("of those who signed"),
    "chose": gettext_lazy("of those who confirmed"),
    "answered": gettext_lazy("of those who chose one"),
    "kept": gettext_lazy("of those who answered"),
}
CHANGES = {
    1: gettext_lazy("More than before."),
    0: gettext_lazy("No clear difference."),
    -1: gettext_lazy("Fewer than before."),
}
# How the address of the page names those who gave no county.
NO_COUNTY = "none"
UNKNOWN_CHOICE = {
    "invalid_choice": gettext_lazy("The choice in the address of this page does not exist. Choose again.")
}


class AmongForm(forms.Form):
    """Whom the page is about. A choice that does not exist is told and not used."""

    sector = forms.ModelChoiceField(
        Sector.objects.all(),
        to_field_name="slug",
        required=False,
        label=gettext_lazy("Group"),
        empty_label=gettext_lazy("All groups"),
        error_messages=UNKNOWN_CHOICE,
    )
    county = forms.ChoiceField(required=False, label=gettext_lazy("County"), error_messages=UNKNOWN_CHOICE)
    way = forms.ChoiceField(
        choices=[(way.value, capfirst(way.label)) for way in Way],
        required=False,
        label=gettext_lazy("How they signed"),
        error_messages=UNKNOWN_CHOICE,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["county"].choices = [
            ("", _("All counties")),
            *((county.pk, str(county)) for county in County.objects.all()),
            (NO_COUNTY, _("County not given")),
        ]

    def read(self):
        """(the way, its Weeks) of those who were chosen."""
        self.is_valid()
        sector, county = self.cleaned_data.get("sector"), self.cleaned_data.get("county")
        way = Way(self.cleaned_data.get("way") or Way.ONLINE)
        among = {"sector": sector.pk} if sector else {}
        if county:
            among["county"] = "" if county == NO_COUNTY else county
        return way, acting.read(way, **among)


@dataclass(frozen=True)
class Cell:
    """One step of one week. Without a number it is too few people."""

    n: int | None
    share: int | None
    planned: int | None
    is_own_step: bool
    # Whether the number can still rise.
    is_so_far: bool
    # Whether a person can have taken this step.
    is_begun: bool


class ActingPage:
    """ModelAdmin mixin: the page "From signing to acting"."""

    def get_urls(self):
        return [
            path("acting/", self.admin_site.admin_view(self.acting), name="pledges_pledge_acting"),
            *super().get_urls(),
        ]

    def acting(self, request):
        """The steps of the weeks, and the newest complete weeks compared with those before."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        form = AmongForm(request.GET or {"way": Way.ONLINE})
        way, weeks = form.read()
        steps = STEPS if way == Way.ONLINE else STEPS[:2]
        context = {
            **self.admin_site.each_context(request),
            "title": _("From signing to acting"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "way": way.value,
            "counted_at": weeks.counted_at,
            "least": acting.LEAST_FOR_SHARE,
            "columns": [TITLES[step] for step in steps],
            "summary": [_summary(weeks, step) for step in steps],
            "rows": [(week, [_cell(weeks, week, step) for step in steps]) for week in reversed(weeks.numbers)],
        }
        return TemplateResponse(request, "admin/pledges/pledge/acting.html", context)


def _cell(weeks, week, step):
    numbers = weeks.numbers[week]
    n = numbers.shown(step)
    return Cell(
        n=n,
        share=numbers.share(step) if step in WHOLES else None,
        planned=numbers.shown("planned") if step == "chose" else None,
        is_own_step=step in acting.OWN_STEPS,
        is_so_far=n is not None and not weeks.is_complete(week, step),
        is_begun=weeks.is_begun(week, step),
    )


def _summary(weeks, step):
    """What the page says of one step: the newest complete weeks and those before, and the two bars in percent."""
    said = {"title": TITLES[step], "whole": WHOLES.get(step)}
    if (found := weeks.compared(step)) is None:
        return said
    said |= {"found": found, "since": found.new_weeks[0], "until": found.new_weeks[-1] + WEEK - acting.DAY}
    if step in WHOLES:
        now, before = found.new.share(step), found.old.share(step)
        longest = 100
        said |= {"of": found.new.of(step), "change": CHANGES.get(found.change)}
    else:
        now, before = _a_week(found.new, found.new_weeks), _a_week(found.old, found.old_weeks)
        longest = max(now or 1, before or 1)
    return said | {"now": now, "before": before, "bars": [100 * (n or 0) // longest for n in (now, before)]}


def _a_week(numbers, weeks):
    """How many people a week signed, on average of these weeks; None below five, or if there are no weeks."""
    n = round((numbers.shown("signed") or 0) / len(weeks)) if weeks else 0
    return n if n >= STEP else None
