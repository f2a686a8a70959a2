"""The pledge form, and the base of all public forms: a signed stamp replaces session cookie and CSRF token."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, Submit
from django import forms
from django.forms.utils import ErrorDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges import addresses, snapshot
from pledges.content import PledgeContent
from pledges.crypto import keys, stamps
from pledges.forms.fields import (
    AddressField,
    AgeField,
    CountyField,
    NameField,
    SectorField,
    option_details,
    without_controls,
)
from pledges.forms.layout import Section, field_layout, placed
from pledges.models import Submission
from pledges.models.pledges import ANSWER_FIELDS
from pledges.models.referrals import is_referral_code
from pledges.submissions import submit

CONSENT = Section(_("Consent"), note="pledges/consent_in_full.html")
OPTIONAL = Section(_("Optional"))


class StampedForm(forms.Form):
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
    # The URL name that the form is sent to, the id by which scripts, styles and challenges know the form, and name and label of
    # its button.
    action = form_id = None
    button = None
    # What waits if the form is sent without the check.
    slow_lane_note = _("Our email may then take up to an hour.")
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
            self.fields["stamp"].initial = str(stamps.make(self.shown_wordings))

    @cached_property
    def helper(self):
        """The crispy helper, built lazily, because an accepted form is not rendered."""
        helper = FormHelper()
        helper.disable_csrf = True
        helper.form_action = reverse(self.action)
        helper.form_id = self.form_id
        helper.layout = self._layout()
        return helper

    def _layout(self):
        """Visible fields, honeypot, hidden fields that have a value, button."""
        own = [bound for bound in self if bound.name not in StampedForm.base_fields]
        visible = [bound.name for bound in own if not bound.is_hidden]
        hidden = [bound.name for bound in own if bound.is_hidden and bound.value()]
        honeypot = Div("website", css_class="hp", aria_hidden="true")
        return Layout(*field_layout(self, visible), honeypot, *hidden, "stamp", Submit(*self.button))

    @property
    def challenges_everyone(self):
        """Whether the page's script solves a challenge before the form is sent for the first time."""
        return PledgeContent.current().settings.challenge_everyone

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
            _("Please check your answers and send the form again. Everything you entered is still here."),
            code="resubmit",
        )

    def redisplay(self):
        """Prepare the bound form to be shown again: the input stays, the stamp is renewed, the honeypot is emptied.

        Control characters are left out: a page cannot contain NUL.
        """
        self.data = self.data.copy()
        for name, values in self.data.lists():
            self.data.setlist(name, [without_controls(value) for value in values])
        self.data["stamp"] = str(stamps.make_returned(self.shown_wordings))
        self.data["website"] = ""

    def redisplay_as_draft(self):
        """Prepare the bound form to be shown again without being validated, so without errors."""
        self.is_draft = True
        self.redisplay()


class AddressForm(StampedForm):
    """A stamped form with the field `email`, and the hidden field `email_as_typed` that accepts an unusual domain."""

    def redisplay(self):
        super().redisplay()
        if self.has_error("email", "misspelt"):
            self.data["email_as_typed"] = self.data.get("email")

    def clean_email(self):
        address = self.cleaned_data["email"]
        domain = addresses.suggest_domain(address)
        if domain and self.data.get("email_as_typed") != self.data.get("email"):
            self.fields["email"].suggestion = suggestion = f"{address.rpartition('@')[0]}@{domain}"
            raise forms.ValidationError(
                _("Did you mean %(suggestion)s? If not, send the form again."),
                code="misspelt",
                params={"suggestion": suggestion},
            )
        return address


class PledgeForm(AddressForm):
    """The pledge form. `over_16` comes first; the view rejects a "no" before it builds the form (see views.sign).

    The page shows the fields in this order, each in the section that it declares. Those in ANSWER_FIELDS are stored as they are.
    """

    over_16 = AgeField()
    sector = SectorField()
    name = NameField(help_text=_("We keep it hidden unless you choose to show it."))
    email = AddressField(
        help_text=_(
            "We will email you to confirm your pledge, and whenever you ask for your link to change or withdraw it."
        )
    )
    county = CountyField()
    consent = placed(
        forms.BooleanField(
            error_messages={
                "required": _("Tick the box to give your consent. Without it we cannot register your pledge.")
            },
        ),
        section=CONSENT,
    )
    show_name = placed(
        forms.BooleanField(
            required=False, label=_("I am 18 or over and I agree to my name being shown in the list of supporters")
        ),
        section=OPTIONAL,
        css_class="show-name",
    )
    updates = placed(forms.BooleanField(required=False, label=_("Email me news about the movement")), section=OPTIONAL)
    # An address whose domain looks misspelt, as the page showed it: sent again unchanged, it is accepted.
    email_as_typed = forms.Field(required=False, widget=forms.HiddenInput)
    # Referral code: the end of the supporter's link that led here. It is shown again and not stored; an invalid one is ignored.
    through = forms.Field(required=False, widget=forms.HiddenInput)
    # Code of the event whose link led here. One that no event has is ignored.
    event = forms.Field(required=False, widget=forms.HiddenInput)

    action = "pledges:sign"
    form_id = "pledge"
    button = ("sign", _("Sign the pledge"))

    def __init__(self, *args, chosen=None, through="", event="", **kwargs):
        content = PledgeContent.current()
        self.shown_wordings = [wording.pk for wording in content.current_wordings.values()]
        super().__init__(*args, **kwargs)
        if chosen in content.open_sectors:
            self.fields["sector"].initial = chosen
        self.fields["through"].initial, self.fields["event"].initial = through, event
        # The box has the first paragraph of the consent as its label, and the rest unfolds below it.
        self.fields["consent"].label, self.consent_in_full = content.current_wordings[None].paragraphs()

    @cached_property
    def option_details(self):
        """What each sector shows beside its name, computed when the form is rendered."""
        content = PledgeContent.current()
        return option_details(content.open_sectors.values(), content.current_wordings)

    @property
    def is_invited(self):
        """Whether the visitor came by a supporter's link. The link may have ended: the page must not tell."""
        return is_referral_code(self["through"].value() or "")

    @cached_property
    def of_event(self):
        """The Event whose link led the visitor here, or None."""
        return PledgeContent.current().events_by_code.get(self["event"].value())

    @property
    def counts_for_event(self):
        """Whether the sign-up will be counted for an event, when it is confirmed."""
        return self.of_event is not None and snapshot.current().at < self.of_event.counts_until

    def redisplay(self):
        consent, stamp = PledgeContent.current().current_wordings[None], self.read_stamp
        super().redisplay()
        if stamp and consent.pk not in stamp.wordings:
            # The box was ticked beside an older text.
            self.data.pop("consent", None)

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

    def save(self, network, limit, **ways):
        """Store the sign-up for the worker to settle; returns the Receipt of `submit`, which has the same arguments.

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
        if self.counts_for_event:
            submission.set_inviter(self.of_event.code)
        return submit(submission, network, limit, **ways)
