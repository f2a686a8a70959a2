"""Fields of group pledges: the institution, the municipality, and a number for each sector."""

import re
from datetime import date

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.forms.fields import LOOKS_LIKE_LINK, RowField, TypedText, without_links
from pledges.forms.layout import FormSection, placed
from pledges.groups.models import GroupPledge, institution_key
from pledges.sectors.models import CHILDREN

NUMBERS = FormSection(
    _("How many people?"), note="pledges/groups/numbers_note.html", more=_("People of other groups took part too")
)
Kind = GroupPledge.Kind


def counted_sectors():
    """The sectors that a group pledge counts: children and teachers first, then the others of the pledge form."""
    content = PledgeContent.current()
    children = [sector for sector in content.sectors if sector.slug == CHILDREN]
    return [*children, *sorted(content.open_sectors.values(), key=lambda sector: sector.slug != "teachers")]


class InstitutionField(TypedText, forms.CharField):
    """The name of an institution or organisation in NFC with single spaces. `message` is the error of an empty one.

    "Sh.p.k." stays as it is, and "N.Frashëri" becomes "N. Frashëri".
    """

    def __init__(self, message="", **kwargs):
        message = message or _("Enter the name of the school, club, workplace or meeting place.")
        too_long = _("The name must be %(limit_value)d characters or fewer. It has %(show_value)d.")
        super().__init__(error_messages={"required": message, "max_length": too_long}, max_length=120, **kwargs)
        self.widget.attrs |= {"autocomplete": "organization"}

    def to_python(self, value):
        value = re.sub(r"\s+", " ", super().to_python(value)).strip()
        # One that is refused for it still looks like a link.
        return value if LOOKS_LIKE_LINK.search(value) else without_links(value, letters=2)

    def clean(self, value):
        value = super().clean(value)
        if not institution_key(value):
            raise forms.ValidationError(self.error_messages["required"], code="institution_empty")
        if not re.fullmatch(r"[\w\s.,'’‘“”„\"«»()/&№-]+", value) or LOOKS_LIKE_LINK.search(value):
            raise forms.ValidationError(
                _("The name can only include letters, digits, spaces and simple punctuation."), code="institution_signs"
            )
        return value


class LetterField(TypedText, forms.CharField):
    """The letter that distinguishes the classes of a grade."""

    def __init__(self, **kwargs):
        message = _("Enter the letter only, for example B.")
        super().__init__(required=False, max_length=2, error_messages={"max_length": message}, **kwargs)


class DayInput(forms.DateInput):
    """A day, chosen in the browser's calendar. Text that is no day comes back in a text field: a calendar would not show it."""

    def __init__(self):
        super().__init__(format="%Y-%m-%d")

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        if not context["widget"]["value"] or _is_day(context["widget"]["value"]):
            context["widget"]["type"] = "date"
        return context


def _is_day(text):
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


class MunicipalityField(RowField):
    def __init__(self, **kwargs):
        super().__init__(
            lambda: {str(row.pk): row for row in PledgeContent.current().municipalities},
            label=_("Municipality"),
            error_messages={
                "required": _("Choose the municipality."),
                "invalid_choice": _("Choose the municipality from the list."),
            },
            **kwargs,
        )

    def choices_of_rows(self):
        return [("", "–"), *super().choices_of_rows()]


class NumbersMixin:
    """Number fields `people_SLUG`, one for each sector that groups count."""

    def add_numbers(self, initial=None):
        """Add the fields, with the numbers {sector id as text: people}."""
        self.sectors = counted_sectors()
        for sector in self.sectors:
            self.fields[f"people_{sector.slug}"] = placed(
                forms.IntegerField(
                    label=sector.name,
                    required=False,
                    min_value=0,
                    max_value=max(most for _reason, most in GroupPledge.LIMITS.values()),
                    initial=(initial or {}).get(str(sector.pk)),
                    widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
                ),
                section=NUMBERS,
                css_class="number-field",
            )

    def clean_numbers(self, kind):
        """{sector id as text: people} of the numbers above 0, with errors at the first field where they do not fit the kind."""
        names = [f"people_{sector.slug}" for sector in self.sectors]
        if any(name in self.errors for name in names):
            return {}
        people = {str(sector.pk): self.cleaned_data.get(f"people_{sector.slug}") for sector in self.sectors}
        people = {sector: number for sector, number in people.items() if number}
        most = GroupPledge.LIMITS[kind][1]
        if not people:
            self.add_error(names[0], gettext("Enter how many people took part, in at least one field."))
        elif kind == Kind.CLASS and names[0] == f"people_{CHILDREN}" and str(self.sectors[0].pk) not in people:
            self.add_error(names[0], gettext("Enter how many pupils of the class took part."))
        elif sum(people.values()) > most:
            message = gettext("A group of this kind can have at most %(most)d people.")
            self.add_error(names[0], message % {"most": most})
        return people
