"""Forms of staff about paper sheets: issuing, printing, counting, the place, and making one void."""

from django import forms
from django.utils.translation import gettext_lazy as _

from pledges.cases.admin import Choice, StepForm
from pledges.events.models import Event
from pledges.paper.models import MOST, PaperSheet
from pledges.places.models import Municipality
from pledges.sectors.models import Sector

# The most sheets of one batch and of one PDF, whose drawing takes some seconds.
MOST_SHEETS = 200
NUMBER = {"inputmode": "numeric", "autocomplete": "off", "size": 8}
OF_THE_SHEET = _("Enter the number at the top of the sheet, for example 000123.")
HOW_MANY = _("Enter a number from 1 to 200, for example 20.")
FIGURE = _("Enter how many marks there are, as a number from 0 to 500.")


def number_field(message, most, **options):
    """An integer field from its `min_value` to `most` for typing. Every mistake has the same message."""
    messages = dict.fromkeys(["required", "invalid", "min_value", "max_value"], message)
    widget = forms.TextInput(attrs={**NUMBER})
    return forms.IntegerField(
        **{"min_value": 1, "max_value": most, "widget": widget, "error_messages": messages} | options
    )


class EventField(forms.ModelChoiceField):
    def label_from_instance(self, event):
        return f"{event.title}, {event.when}"


class WhereForm(forms.Form):
    """Where sheets are laid out, if that is known."""

    municipality = forms.ModelChoiceField(
        Municipality.objects.all(),
        required=False,
        label=_("Municipality"),
        help_text=_("Where the sheets are laid out, if you know. The people count in the county of that municipality."),
        error_messages={"invalid_choice": _("Choose the municipality from the list.")},
    )
    event = EventField(
        Event.objects.all(),
        required=False,
        label=_("Event"),
        help_text=_("If the sheets are laid out at an event, its page says how many people signed on them."),
        error_messages={"invalid_choice": _("Choose the event from the list.")},
    )


class IssueForm(WhereForm):
    """How many sheets to issue, and where they go."""

    field_order = ["count"]
    count = number_field(HOW_MANY, MOST_SHEETS, label=_("How many sheets?"), help_text=_("At most 200 at a time."))


class PrintForm(forms.Form):
    """The sheets of one PDF, by their numbers."""

    first = number_field(OF_THE_SHEET, 10**9, label=_("From number"))
    last = number_field(OF_THE_SHEET, 10**9, label=_("To number"))

    def clean(self):
        cleaned = super().clean()
        if "first" in cleaned and "last" in cleaned and not 0 <= cleaned["last"] - cleaned["first"] < MOST_SHEETS:
            self.add_error("last", _("Choose at most 200 sheets, from the lower number to the higher one."))
        return cleaned


class CountForm(StepForm):
    """One count: a number for each group."""

    def ask(self):
        self.sectors = list(Sector.objects.open())
        for sector in self.sectors:
            self.fields[f"people_{sector.slug}"] = number_field(
                FIGURE, MOST, label=sector.name, required=False, min_value=0
            )

    def clean(self):
        people = {str(sector.pk): self.cleaned_data.get(f"people_{sector.slug}") for sector in self.sectors}
        self.people = {sector: number for sector, number in people.items() if number}
        if not self.people and not self.errors:
            words = _("Enter the number of marks for at least one group. If the sheet has none, make it void.")
            raise forms.ValidationError(words, code="none")


class PlaceForm(WhereForm, StepForm):
    """Where a sheet was laid out."""

    details = {"fields": ["municipality", "event"]}

    def ask(self):
        self.initial |= {"municipality": self.row.municipality_id, "event": self.row.event_id}


class VoidForm(StepForm):
    """Why a sheet does not count."""

    logged = ("reason",)
    reason = Choice(PaperSheet.Reason.choices, _("Choose the reason."), label=_("Reason"))
