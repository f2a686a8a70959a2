"""Search by exact address, name or number, and the reason that staff give before they see many people."""

import re

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pledges.access import sees_people
from pledges.forms.fields import AddressField, TypedCharField, clean_name
from pledges.supporters.models import Pledge

FIND_MESSAGE = _(
    "Enter a whole email address, a first name and a surname, for example Drita Kola, or the number of a pledge, for example "
    "7115692b."
)
NO_NUMBER = _("No pledge has this number.")
# A search that did not look at all pledges.
MORE_PEOPLE = _(
    "There may be more pledges with this name: we searched those signed since %(day)s. If you know the email address, search for "
    "that instead."
)
NOT_FOUND_SINCE = _(
    "No pledge signed since %(day)s has this name. We did not search older ones. If you know the email address, search for that "
    "instead."
)
NOT_FOUND = _(
    "No pledge has exactly this name. Names are encrypted, so only whole names are found, a part of one never. If you know the "
    "email address, search for that instead."
)
MANY_PEOPLE = _("Names and addresses of more than 20 people within an hour are shown once you give a reason.")


def find_url(request):
    """The address that FindForm is sent to, or None for staff who may not search for people."""
    is_allowed = sees_people(request) and request.user.has_perm("pledges.view_pledge")
    return reverse("admin:pledges_pledge_find") if is_allowed else None


def numbered(text):
    """The ids of the pledges whose id begins with this text."""
    return list(Pledge.objects.beginning_with(text.strip()).values_list("pk", flat=True))


def list_of(ids):
    """The address of the list of these pledges."""
    return reverse("admin:pledges_pledge_changelist", query={"id__in": ",".join(map(str, ids))})


class FindForm(forms.Form):
    """Search by exact address or name. It is sent by POST: either in a URL would stay in browser histories and logs."""

    person = TypedCharField(
        label=_("Find by email address, full name or number"),
        error_messages={"required": FIND_MESSAGE},
        # Browsers must not offer the name or address of the member of staff.
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def clean_person(self):
        """The address, the name or the number; `is_address` and `is_number` tell which."""
        typed = self.cleaned_data["person"]
        self.is_address, self.is_number = "@" in typed, bool(re.fullmatch("[0-9A-Fa-f-]{4,36}", typed))
        if self.is_number:
            return typed
        try:
            return AddressField().clean(typed) if self.is_address else clean_name(typed)
        except forms.ValidationError as error:
            if self.is_address:
                raise
            raise forms.ValidationError(FIND_MESSAGE, code="person") from error
