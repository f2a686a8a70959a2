"""The base of all public forms: a signed stamp replaces session cookie and CSRF token."""

from copy import deepcopy

from crispy_forms.layout import Div, Layout, Submit
from django import forms
from django.forms.utils import ErrorDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.content import PledgeContent
from pledges.crypto import stamps
from pledges.forms.fields import without_controls
from pledges.forms.layout import field_layout, helper
from pledges.inbox.submissions import submit


class ChallengedForm(forms.Form):
    """A form that comes back with a challenge above the limit of its network."""

    # The id by which scripts, styles and challenges know the form, and name and label of its button.
    form_id = None
    button = None
    # The ids of all these forms.
    ids = set()
    # What waits if the form is sent without the check.
    slow_lane_note = _("Our email may then take up to an hour.")

    def __init_subclass__(cls):
        super().__init_subclass__()
        cls.ids.add(cls.form_id)

    def __init__(self, data=None, **kwargs):
        if data is not None:
            # What was sent is checked by the fields of the class. Only a page changes fields and needs copies, which take as long
            # as checking.
            self.base_fields = {}
        super().__init__(data, **kwargs)
        if self.is_bound:
            self.fields = dict(type(self).base_fields)
        else:
            self.adapt()

    def adapt(self):
        """Change the fields for the page."""

    @property
    def challenges_everyone(self):
        """Whether the page's script solves a challenge before the form is sent for the first time."""
        return PledgeContent.current().settings.challenge_everyone

    def submission(self):
        """The Submission that holds what was sent."""
        raise NotImplementedError

    def save(self, network, limit, **ways):
        """Store the form for the worker to settle; returns the Receipt of `submit`, which has the same arguments.

        No row about any person is read, so neither the response nor its time tells whether the address is known.
        """
        return submit(self.submission(), network, limit, **ways)

    def redisplay(self):
        """Prepare the bound form to be shown again: the input stays.

        Control characters are left out: a page cannot contain NUL.
        """
        self.fields, self._bound_fields_cache = deepcopy(self.fields), {}
        self.adapt()
        self.data = self.data.copy()
        for name, values in self.data.lists():
            self.data.setlist(name, [without_controls(value) for value in values])


class StampedForm(ChallengedForm):
    """A form without cookie and CSRF token: a signed stamp dates the page, an empty field (honeypot) catches simple bots.

    It can be shown again as a draft, which changing the language needs.
    """

    website = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    # Ids of the wordings that the page shows.
    shown_wordings = ()
    # The URL name, or the path, that the form is sent to.
    action = None
    # Whether the input is shown without being validated.
    is_draft = False

    @property
    def errors(self):
        return ErrorDict() if self.is_draft else super().errors

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The fields of the subclass come first: the error summary lists errors in this order.
        self.order_fields([name for name in self.fields if name not in StampedForm.base_fields])
        if not self.is_bound:
            self.initial["stamp"] = str(stamps.make(self.shown_wordings))

    @cached_property
    def helper(self):
        """The crispy helper, built lazily, because an accepted form is not rendered."""
        return helper(*self._layout(), action=self.action, form_id=self.form_id)

    def _layout(self):
        """Visible fields, honeypot, hidden fields that have a value, button."""
        own = [bound for bound in self if bound.name not in StampedForm.base_fields]
        visible = [bound.name for bound in own if not bound.is_hidden]
        hidden = [bound.name for bound in own if bound.is_hidden and bound.value()]
        honeypot = Div("website", css_class="hp", aria_hidden="true")
        return Layout(*field_layout(self, visible), honeypot, *hidden, "stamp", Submit(*self.button))

    @cached_property
    def read_stamp(self):
        """The Stamp that was sent with the form, or None."""
        return stamps.read(self.data.get("stamp", "")) if self.is_bound else None

    def clean(self):
        stamp = self.read_stamp
        if self.cleaned_data.get("website") or stamp is None or stamp.stale or stamp.too_quick:
            self.add_error(None, self.resubmit_error())
        return super().clean()

    def resubmit_error(self):
        """The error that asks the visitor to submit the form again, unchanged."""
        return forms.ValidationError(_("Please check your answers and send the form again."), code="resubmit")

    def redisplay(self):
        """Prepare the bound form to be shown again: the input stays, the stamp is renewed, the honeypot is emptied."""
        super().redisplay()
        self.data["stamp"] = str(stamps.make(self.shown_wordings, returned=True))
        self.data["website"] = ""

    def redisplay_as_draft(self):
        """Prepare the bound form to be shown again without being validated, so without errors."""
        self.is_draft = True
        self.redisplay()


class AddressForm(StampedForm):
    """A stamped form with the field `email`, and the hidden field `email_as_typed` that accepts an unusual domain."""

    def redisplay(self):
        super().redisplay()
        for error in self.errors.as_data().get("email", ()):
            if error.code == "misspelt":
                self.fields["email"].suggestion = error.params["suggestion"]
                self.data["email_as_typed"] = self.data.get("email")

    def clean_email(self):
        address = self.cleaned_data["email"]
        domain = addresses.suggest_domain(address)
        if domain and self.data.get("email_as_typed") != self.data.get("email"):
            raise forms.ValidationError(
                _("Did you mean %(suggestion)s? If not, send the form again."),
                code="misspelt",
                params={"suggestion": f"{address.rpartition('@')[0]}@{domain}"},
            )
        return address
