"""Fields of group pledges: the institution and the municipality; and the sectors that they count."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.forms.fields import LOOKS_LIKE_LINK, RowField, TypedText, without_links
from pledges.groups.models import institution_key
from pledges.sectors.models import CHILDREN


def counted_sectors():
    """The sectors that a group pledge counts: children and teachers first, then the others of the pledge form."""
    content = PledgeContent.current()
    children = [sector for sector in content.sectors if sector.slug == CHILDREN]
    return [*children, *sorted(content.open_sectors.values(), key=lambda sector: sector.slug != "teachers")]


def one_message(words):
    """The error messages of a field for which every mistake has the same words."""
    return dict.fromkeys(["required", "invalid", "invalid_choice"], words)


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


class MunicipalityField(RowField):
    def __init__(self, **kwargs):
        super().__init__(
            lambda: PledgeContent.current().municipalities_by_id,
            label=_("Municipality"),
            error_messages=one_message(_("Choose the municipality from the list.")),
            **kwargs,
        )

    def choices_of_rows(self):
        return [("", "–"), *super().choices_of_rows()]
