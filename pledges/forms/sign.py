"""The pledge, and what it shares with other forms that anyone may send: a stamp instead of cookie and token."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout, Submit
from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys, stamps
from pledges.forms.fields import (
    AddressField,
    CountyField,
    NameField,
    SectorField,
    current_wordings,
    option_details,
    sectors_with_commitments,
)
from pledges.models import BlockedAddress, Message, Pledge, Sector, Wording


class StampedForm(forms.Form):
    """A form without cookie or token: a signed stamp dates its page, and an empty field catches simple robots."""

    website = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    # Ids of the wordings that the page shows.
    shown_wordings = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.disable_csrf = True
        self.fields["stamp"].initial = str(stamps.make(self.shown_wordings))

    @cached_property
    def read_stamp(self):
        """The Stamp that came with the form, or None."""
        return stamps.read(self.data.get("stamp", "")) if self.is_bound else None

    def clean(self):
        stamp = self.read_stamp
        if self.cleaned_data.get("website") or stamp is None or stamp.stale or stamp.too_quick:
            self.add_error(None, self.once_more())
        return super().clean()

    def once_more(self):
        """The error that asks for nothing but another press of the button."""
        return forms.ValidationError(
            _("Please look once more and press the button. Everything you wrote is still here."), code="once_more"
        )

    def give_back(self):
        """Prepare the bound form to be shown again: what was typed stays, the stamp is fresh, the trap is empty."""
        self.data = self.data.copy()
        self.data["stamp"] = str(stamps.make_returned(self.shown_wordings))
        self.data["website"] = ""


class PledgeForm(StampedForm):
    """The pledge. `over_16` is answered first; whoever answers no never gets here (see views.sign)."""

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
    email_as_typed = forms.BooleanField(required=False, label=_("My address is right as I wrote it"))
    county = CountyField()
    consent = forms.BooleanField(
        error_messages={"required": _("Tick the consent, so that we may register your pledge.")}
    )
    show_name = forms.BooleanField(
        required=False, label=_("I am 18 or over and agree that my name is shown among the supporters")
    )
    updates = forms.BooleanField(required=False, label=_("Send me news of the movement by e-mail"))
    # The end of the link someone came by; a wild one is no error of theirs.
    through = forms.Field(required=False, widget=forms.HiddenInput)

    field_order = [
        "over_16",
        "sector",
        "name",
        "email",
        "email_as_typed",
        "county",
        "consent",
        "show_name",
        "updates",
    ]

    def __init__(self, *args, chosen=None, through="", **kwargs):
        self.wordings = current_wordings()
        self.sectors = list(sectors_with_commitments())
        self.shown_wordings = [wording.pk for wording in self.wordings.values()]
        super().__init__(*args, **kwargs)
        self.fields["sector"].queryset = Sector.objects.open()
        if chosen in {sector.slug for sector in self.sectors}:
            self.fields["sector"].initial = chosen
        self.fields["through"].initial = through
        self.option_details = option_details(self.sectors, self.wordings)
        self.fields["consent"].label = self.wordings[None].text
        self.helper.form_id = "pledge"
        self.helper.form_action = reverse("pledges:sign")
        self.helper.layout = Layout(
            "over_16",
            "sector",
            "name",
            "email",
            *([Div("email_as_typed", css_class="as-typed")] if self._is_suggesting() else []),
            "county",
            Fieldset(_("Consent"), "consent", HTML('{% include "pledges/privacy_link.html" %}')),
            Fieldset(_("If you wish"), Div("show_name", css_class="show-name"), "updates"),
            Div("website", css_class="hp", aria_hidden="true"),
            *(["through"] if self["through"].value() else []),
            "stamp",
            Submit("sign", _("Sign the pledge")),
        )

    def _is_suggesting(self):
        """Whether the typed domain looks misspelt, so that "right as I wrote it" must be offered."""
        return bool(self.is_bound and addresses.suggest_domain(self.data.get("email", "")))

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
            # Never offered to young people; a page without JavaScript cannot take the box away.
            cleaned["show_name"] = False
        if sector and not self.non_field_errors() and not {None, sector.pk} <= self.signed.keys():
            # The words this page showed are gone: they must be read anew before they are signed.
            self.add_error(None, self.once_more())
        return cleaned

    @cached_property
    def signed(self):
        """The wordings that the page showed, by sector (None: the consent); a cached page may show older ones than today's."""
        return {wording.sector_id: wording for wording in Wording.objects.filter(pk__in=self.read_stamp.wordings)}

    def save(self, network=None):
        """Insert the pledge, or find its twin, and owe the message that follows, in one transaction.

        What the visitor reads next is the same whatever happened here.
        """
        data = self.cleaned_data
        pledge = Pledge(
            sector=data["sector"],
            county=data["county"],
            language=get_language(),
            consent=self.signed[None],
            consent_language=get_language(),
            wording=self.signed[data["sector"].pk],
            worded_language=get_language(),
            show_name=data["show_name"],
            updates=data["updates"],
            came_through=Pledge.objects.with_referral_code(data["through"]).first(),
            network_digest=keys.digests("network", network)[0] if network else None,
        )
        pledge.set_person(data["name"], data["email"])
        with transaction.atomic():
            if not BlockedAddress.objects.holds(pledge):
                # Once more when whoever stood in the way has withdrawn in this very moment.
                any(self._settle(pledge) for _ in range(3))

    def _settle(self, pledge):
        """Insert the pledge or find who already holds its place, and owe the message; False when neither is there."""
        if pledge.insert():
            Message.queue(Message.Kind.CONFIRM, pledge)
            return True
        if twin := pledge.find_duplicate():
            kind = Message.Kind.CONFIRM if twin.state == Pledge.State.PENDING else Message.Kind.ALREADY
            return self._write_again(kind, twin)
        if first := Pledge.objects.at_address(self.cleaned_data["email"]).first():
            return self._write_again(Message.Kind.FULL, first)
        return False

    @staticmethod
    def _write_again(kind, pledge):
        if pledge.claim_message():
            Message.queue(kind, pledge)
        return True
