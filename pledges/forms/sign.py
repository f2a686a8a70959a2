"""The pledge form, and the base of all public forms: a signed stamp replaces session cookie and CSRF token."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, Submit
from django import forms
from django.forms.utils import ErrorDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.content import PledgeContent
from pledges.crypto import keys, stamps
from pledges.forms.fields import (
    AddressField,
    CountyField,
    NameField,
    SectorField,
    option_details,
)
from pledges.forms.layout import Section, field_layout, placed
from pledges.models import Submission
from pledges.models.pledges import ANSWER_FIELDS
from pledges.models.referrals import is_referral_code
from pledges.submissions import submit

CONSENT = Section(_("Consent"), note="pledges/privacy_link.html")
OPTIONAL = Section(_("If you wish"))


class StampedForm(forms.Form):
    """A form without cookie and CSRF token: a signed stamp dates the page, an empty field (honeypot) catches simple bots."""

    website = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    # Ids of the wordings that the page shows.
    shown_wordings = ()
    # The URL name that the form is sent to, and name and label of its button.
    action = None
    button = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The fields of the subclass come first: the error summary lists errors in this order.
        self.order_fields([name for name in self.fields if name not in StampedForm.base_fields])
        if not self.is_bound:
            self.fields["stamp"].initial = str(stamps.make(self.shown_wordings))

    @cached_property
    def helper(self):
        """The crispy helper, built lazily, because an accepted form is not rendered."""
        helper = FormHelper()
        helper.disable_csrf = True
        helper.form_action = reverse(self.action)
        helper.layout = self._layout()
        return helper

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
        """The error that asks the visitor to submit the form once more, unchanged."""
        return forms.ValidationError(
            _("Please look once more and press the button. Everything you wrote is still here."), code="resubmit"
        )

    def redisplay(self):
        """Prepare the bound form to be shown again: the input stays, the stamp is renewed, the honeypot is emptied."""
        self.data = self.data.copy()
        self.data["stamp"] = str(stamps.make_returned(self.shown_wordings))
        self.data["website"] = ""


class PledgeForm(StampedForm):
    """The pledge form. `over_16` comes first; the view rejects a "no" before it builds the form (see views.sign).

    The page shows the fields in this order, each in the section that it declares. Those in ANSWER_FIELDS are stored as they are.
    """

    over_16 = forms.ChoiceField(
        label=_("Are you 16 or over?"),
        help_text=_("We do not ask your date of birth. We keep nothing about anyone under 16."),
        choices=[("yes", _("Yes")), ("no", _("No, I am younger"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Say whether you are 16 or over."),
            "invalid_choice": _("Say whether you are 16 or over."),
        },
    )
    sector = SectorField()
    name = NameField(help_text=_("It stays hidden unless you choose to show it."))
    email = AddressField(
        help_text=_(
            "We write to you to confirm your pledge, and whenever you ask for the link that changes or withdraws it."
        )
    )
    email_as_typed = placed(
        forms.BooleanField(required=False, label=_("My address is right as I wrote it")), css_class="as-typed"
    )
    county = CountyField()
    consent = placed(
        forms.BooleanField(
            error_messages={"required": _("Tick the consent, so that we may register your pledge.")},
        ),
        section=CONSENT,
    )
    show_name = placed(
        forms.BooleanField(
            required=False, label=_("I am 18 or over and agree that my name is shown among the supporters")
        ),
        section=OPTIONAL,
        css_class="show-name",
    )
    updates = placed(
        forms.BooleanField(required=False, label=_("Send me news of the movement by e-mail")), section=OPTIONAL
    )
    # Referral code: the end of the supporter's link that led here. An invalid code is ignored.
    through = forms.Field(required=False, widget=forms.HiddenInput)

    action = "pledges:sign"
    button = ("sign", _("Sign the pledge"))
    # Whether the input is shown without being validated.
    is_draft = False

    def __init__(self, *args, chosen=None, through="", **kwargs):
        content = PledgeContent.current()
        self.shown_wordings = [wording.pk for wording in content.current_wordings.values()]
        super().__init__(*args, **kwargs)
        if chosen in content.open_sectors:
            self.fields["sector"].initial = chosen
        self.fields["through"].initial = through
        self.fields["consent"].label = content.current_wordings[None].text
        if not (self.is_bound and addresses.suggest_domain(self.data.get("email", ""))):
            # Offered only beside a domain that looks misspelt.
            del self.fields["email_as_typed"]

    @cached_property
    def helper(self):
        """The crispy helper, with the id by which scripts and styles find the form."""
        helper = super().helper
        helper.form_id = "pledge"
        return helper

    @cached_property
    def option_details(self):
        """What each sector shows beside its name, computed when the form is rendered."""
        content = PledgeContent.current()
        return option_details(content.open_sectors.values(), content.current_wordings)

    @property
    def errors(self):
        return ErrorDict() if self.is_draft else super().errors

    def redisplay_as_draft(self):
        """Prepare the bound form to be shown again without being validated, so without errors."""
        self.redisplay()
        self.is_draft = True

    def clean_email(self):
        address = self.cleaned_data["email"]
        domain = addresses.suggest_domain(address)
        if domain and not self.data.get("email_as_typed"):
            raise forms.ValidationError(
                _("Did you mean %(suggestion)s? Correct the address, or tick below that it is right."),
                code="misspelt",
                params={"suggestion": f"{address.rpartition('@')[0]}@{domain}"},
            )
        return address

    def clean(self):
        cleaned = super().clean()
        sector = cleaned.get("sector")
        if sector and not sector.shows_names:
            # Names of young people are never shown; without CSS :has() the page cannot hide the check box.
            cleaned["show_name"] = False
        if sector and not self.non_field_errors() and not {None, sector.pk} <= self.signed_wordings.keys():
            # The wordings on the page exist no more: the visitor has to read the current ones before signing.
            self.add_error(None, self.resubmit_error())
        return cleaned

    @cached_property
    def signed_wordings(self):
        """The wordings that the page showed, by sector id (None: the consent); a cached page can show older versions."""
        wordings = PledgeContent.current().wordings
        signed = (wordings[pk] for pk in self.read_stamp.wordings if pk in wordings)
        return {wording.sector_id: wording for wording in signed}

    def save(self, network, limit):
        """Store the sign-up for the worker to settle; returns False, without storing it, at the network's limit.

        No row about any person is read, so neither the response nor its time tells whether the address is known.
        """
        data = self.cleaned_data
        submission = Submission(
            kind=Submission.Kind.PLEDGE,
            language=get_language(),
            consent=self.signed_wordings[None],
            wording=self.signed_wordings[data["sector"].pk],
            network_digest=keys.digests("network", network)[0] if network else None,
            **{name: data[name] for name in ANSWER_FIELDS if name in data},
        )
        submission.set_person(data["name"], data["email"], PledgeContent.current().provider_rules)
        if is_referral_code(data["through"] or ""):
            submission.set_inviter(data["through"])
        return submit(submission, network, limit)
