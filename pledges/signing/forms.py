"""The pledge form."""

from copy import deepcopy

from crispy_forms.layout import Submit
from django import forms
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.forms.models import model_to_dict
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.forms.base import AddressForm, ChallengedForm, StampedForm
from pledges.forms.fields import AddressField, AgeField, CountyField, NameField, SectorField, option_details
from pledges.forms.layout import FormSection, field_layout, helper, placed
from pledges.inbox.models import Submission
from pledges.languages import LANGUAGE_CODES, own_name
from pledges.person import PERSON_FIELDS
from pledges.serving import snapshot
from pledges.supporters.models import ANSWER_FIELDS, OPT_IN_FIELDS, ReferralLink

CONSENT = FormSection(_("Consent"), note="pledges/signing/consent_in_full.html")
OPTIONAL = FormSection(_("Optional"))


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

    def adapt(self):
        # The box has the first paragraph of the consent as its label, and the rest unfolds below it.
        consent = PledgeContent.current().current_wordings[None]
        self.fields["consent"].label, self.consent_in_full = consent.paragraphs()

    @property
    def shown_wordings(self):
        return [wording.pk for wording in PledgeContent.current().current_wordings.values()]

    @cached_property
    def option_details(self):
        """What each sector shows beside its name, computed when the form is rendered."""
        content = PledgeContent.current()
        return option_details(content.open_sectors.values(), content.current_wordings)

    @property
    def is_invited(self):
        """Whether the visitor came by a supporter's link. The link may have ended: the page must not tell."""
        return ReferralLink.is_code(self["through"].value() or "")

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
            # The wordings on the page no longer exist: the visitor has to read the current ones before signing.
            self.add_error(None, self.resubmit_error())
        return cleaned

    @cached_property
    def signed_wordings(self):
        """The wordings that the page showed, by sector id (None: the consent); a cached page can show older versions."""
        wordings = PledgeContent.current().wordings
        signed = (wordings[pk] for pk in self.read_stamp.wordings if pk in wordings)
        return {wording.sector_id: wording for wording in signed}

    def submission(self):
        data = self.cleaned_data
        return Submission(kind=Submission.Kind.PLEDGE).seal(
            name=data["name"],
            email=data["email"],
            sector=data["sector"].pk,
            county=data["county"] and data["county"].pk,
            language=get_language(),
            **{name: data[name] for name in OPT_IN_FIELDS},
            consent=self.signed_wordings[None].pk,
            wording=self.signed_wordings[data["sector"].pk].pk,
            event=self.of_event.code if self.counts_for_event else "",
        )


# The wish for news is in the form of all that a supporter is emailed about (pledges/follows/forms.py).
CORRECTED_FIELDS = [name for name in ANSWER_FIELDS if name != "updates"]

# By what `claim_new_address` returns.
REFUSALS = {
    "minute": _("We have just emailed you. Please try again in a minute."),
    "day": _("You can ask for a new email address three times in 24 hours. Please try again tomorrow."),
}


class ManageForm(forms.Form):
    """Corrections by the supporter. Besides name and language, its fields are the answers of the pledge form."""

    name = NameField()
    language = forms.ChoiceField(
        label=_("Which language should we email you in?"), choices=[(code, own_name(code)) for code in LANGUAGE_CODES]
    )

    def __init__(self, *args, pledge, action, **kwargs):
        self.pledge = pledge
        answers = model_to_dict(pledge, fields=CORRECTED_FIELDS)
        initial = {**answers, "name": pledge.name, "sector": pledge.sector.slug}
        super().__init__(*args, initial=initial, **kwargs)
        for name in CORRECTED_FIELDS:
            if name not in self.fields:
                self.fields[name] = deepcopy(PledgeForm.base_fields[name])
        self.order_fields(["name", *CORRECTED_FIELDS])
        content = PledgeContent.current()
        # A closed sector stays on offer to those who are in it.
        own = content.sectors_by_id[pledge.sector_id]
        offered = {
            sector.slug: sector for sector in content.sectors if sector.slug in content.open_sectors or sector == own
        }
        self.fields["sector"].offer(lambda: offered)
        # Without a legend, which would head nothing where the group shows no names.
        self.fields["show_name"].section = None
        self.fields["show_name"].help_text = pledge.wall_status
        self.wordings = content.current_wordings
        self.option_details = option_details(content.open_sectors.values(), self.wordings)
        save = Submit("save", _("Save the changes"))
        self.helper = helper(*field_layout(self, self.fields), save, action=action)

    def clean(self):
        cleaned = super().clean()
        sector = cleaned.get("sector")
        if sector and not sector.shows_names:
            cleaned["show_name"] = False
        return cleaned

    def save(self):
        """Store the corrections. Return False, with an error on the name, if the address's other pledge has that name."""
        data, pledge = self.cleaned_data, self.pledge
        changes_sector = data["sector"].pk != pledge.sector_id
        pledge.set_person(data["name"], pledge.address)
        for name in CORRECTED_FIELDS:
            setattr(pledge, name, data[name])
        if changes_sector and pledge.sector_id in self.wordings:
            # The page showed the words of the new sector: saving signs them.
            pledge.wording, pledge.worded_language = self.wordings[pledge.sector_id], get_language()
            pledge.worded_at = Now()
        columns = [*PERSON_FIELDS, *CORRECTED_FIELDS, "wording", "worded_language", "worded_at"]
        try:
            with transaction.atomic():
                pledge.save(update_fields=columns)
        except IntegrityError:
            self.add_error("name", _("There is already a pledge with this name from this address."))
            return False
        return True


class NewAddressForm(ChallengedForm):
    """A new address for a pledge; it replaces the old one once the link sent to it is opened and confirmed."""

    new_email = AddressField(
        label=_("New email address"),
        help_text=_("We will email this address. Until you confirm it, we keep using the old one."),
    )

    form_id = "new-address"
    button = ("change_address", _("Change my email address"))

    def __init__(self, *args, pledge, action, **kwargs):
        self.pledge = pledge
        super().__init__(*args, **kwargs)
        self.helper = helper("new_email", Submit(*self.button, css_class="btn-2"), action=action, form_id=self.form_id)

    def clean(self):
        cleaned = super().clean()
        return cleaned | {"email": cleaned.get("new_email")}

    def submission(self):
        return Submission(kind=Submission.Kind.NEW_ADDRESS).seal(
            pledge=str(self.pledge.pk),
            link_version=self.pledge.link_version,
            email=self.cleaned_data["email"],
        )

    def save(self, network, limit, **ways):
        """As of every form. Above the limits of the pledge it returns None, with an error on the form."""
        with transaction.atomic():
            if refusal := self.pledge.claim_new_address():
                self.add_error(None, REFUSALS[refusal])
                return None
            receipt = super().save(network, limit, **ways)
            # A form that comes back with a challenge claims nothing.
            transaction.set_rollback(not receipt)
            return receipt


class MyPledgeForm(StampedForm):
    """ "Send me my link": the answer is the same for every address."""

    email = AddressField(help_text=_("The address you signed with, or entered a group or an organisation with."))

    action = "pledges:my_pledge"
    form_id = "my-pledge"
    button = ("send", _("Email me my link"))

    def submission(self):
        return Submission(kind=Submission.Kind.LINKS).seal(email=self.cleaned_data["email"])
