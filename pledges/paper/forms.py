"""Forms of staff about paper sheets: issuing, printing, counting, the place, and making one void."""

from django import forms
from django.core.exceptions import ValidationError
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


def sheet_field(label):
    """A field for the number of a sheet. Only the database says whether it was issued."""
    return number_field(OF_THE_SHEET, 10**9, label=label)


class SheetMunicipalityField(forms.ModelChoiceField):
    def __init__(self):
        super().__init__(
            Municipality.objects.all(),
            required=False,
            label=_("Municipality"),
            help_text=_(
                "Where the sheets are laid out, if you know. The people count in the county of that municipality."
            ),
            error_messages={"invalid_choice": _("Choose the municipality from the list.")},
        )


class EventField(forms.ModelChoiceField):
    def __init__(self):
        super().__init__(
            Event.objects.all(),
            required=False,
            label=_("Event"),
            help_text=_("If the sheets are laid out at an event, its page says how many people signed on them."),
            error_messages={"invalid_choice": _("Choose the event from the list.")},
        )

    def label_from_instance(self, event):
        return f"{event.title}, {event.when}"


class IssueForm(forms.Form):
    """How many sheets to issue, and where they go."""

    count = number_field(HOW_MANY, MOST_SHEETS, label=_("How many sheets?"), help_text=_("At most 200 at a time."))
    municipality = SheetMunicipalityField()
    event = EventField()


class PrintForm(forms.Form):
    """The sheets of one PDF, by their numbers."""

    first = sheet_field(_("From number"))
    last = sheet_field(_("To number"))

    def clean(self):
        cleaned = super().clean()
        if "first" in cleaned and "last" in cleaned and not 0 <= cleaned["last"] - cleaned["first"] < MOST_SHEETS:
            self.add_error("last", _("Choose at most 200 sheets, from the lower number to the higher one."))
        return cleaned


class CountForm(forms.Form):
    """One count of one sheet: its number, and a number for each group."""

    number = sheet_field(_("Number of the sheet"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.sectors = list(Sector.objects.open())
        for sector in self.sectors:
            self.fields[f"people_{sector.slug}"] = number_field(
                FIGURE, MOST, label=sector.name, required=False, min_value=0
            )
        self.first_group = next((name for name in self.fields if name != "number"), "number")
        # With a number from the sheet before, typing begins at the first group.
        focused = self.first_group if self.initial.get("number") else "number"
        self.fields[focused].widget.attrs["autofocus"] = True

    def clean(self):
        cleaned = super().clean()
        people = {str(sector.pk): cleaned.get(f"people_{sector.slug}") for sector in self.sectors}
        cleaned["people"] = {sector: number for sector, number in people.items() if number}
        if not cleaned["people"] and not self.errors:
            self.add_error(
                self.first_group,
                _("Enter the number of marks for at least one group. If the sheet has none, make it void."),
            )
        return cleaned

    def save(self, account):
        """Store the count of this account (its id). Returns the sheet, or None with an error at the number."""
        try:
            return PaperSheet.objects.type_count(self.cleaned_data["number"], self.cleaned_data["people"], account)
        except ValidationError as error:
            self.add_error("number", error)
            return None


class PlaceForm(StepForm):
    """Where a sheet was laid out."""

    details = {"fields": ["municipality", "event"]}
    municipality = SheetMunicipalityField()
    event = EventField()

    def ask(self):
        self.initial |= {"municipality": self.row.municipality_id, "event": self.row.event_id}


class VoidForm(StepForm):
    """Why a sheet does not count."""

    reason = Choice(PaperSheet.Reason.choices, _("Choose the reason."), label=_("Reason"))

    @property
    def details(self):
        return {"state": PaperSheet.State.VOID, **self.cleaned_data}
