"""What a supporter types after signing: corrections, commitments, a new address, "send me my link"."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout, Submit
from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges.forms.fields import (
    AddressField,
    CountyField,
    NameField,
    SectorField,
    current_wordings,
    option_details,
    sectors_with_commitments,
)
from pledges.forms.sign import PledgeForm, StampedForm
from pledges.languages import LANGUAGE_CODES, own_name
from pledges.models import BlockedAddress, ChosenCommitment, Commitment, Message, Pledge, Sector
from pledges.models.person import PERSON_FIELDS


class ManageForm(forms.Form):
    """Corrections by the supporter, behind their own link."""

    name = NameField()
    county = CountyField()
    sector = SectorField()
    language = forms.ChoiceField(
        label=_("In which language shall we write to you?"), choices=[(code, own_name(code)) for code in LANGUAGE_CODES]
    )
    show_name = PledgeForm.base_fields["show_name"]
    updates = PledgeForm.base_fields["updates"]

    def __init__(self, *args, pledge, action, **kwargs):
        self.pledge = pledge
        super().__init__(
            *args,
            initial={
                "name": pledge.name,
                "county": pledge.county_id,
                "sector": pledge.sector.slug,
                "language": pledge.language,
                "show_name": pledge.show_name,
                "updates": pledge.updates,
            },
            **kwargs,
        )
        self.fields["sector"].queryset = Sector.objects.open() | Sector.objects.filter(pk=pledge.sector_id)
        self.fields["show_name"].help_text = pledge.wall_status
        self.wordings = current_wordings()
        self.option_details = option_details(sectors_with_commitments(), self.wordings)
        self.helper = FormHelper()
        self.helper.disable_csrf = True
        self.helper.form_action = action
        self.helper.layout = Layout(
            "name",
            "sector",
            "county",
            "language",
            Fieldset(_("If you wish"), Div("show_name", css_class="show-name"), "updates"),
            Submit("save", _("Save the changes")),
        )

    def clean(self):
        cleaned = super().clean()
        sector = cleaned.get("sector")
        if sector and not sector.shows_names:
            cleaned["show_name"] = False
        return cleaned

    def save(self):
        """Store the corrections; False, with an error on the name, when this address already holds that person."""
        data, pledge = self.cleaned_data, self.pledge
        changed_sector = data["sector"].pk != pledge.sector_id
        pledge.set_person(data["name"], pledge.address)
        pledge.county, pledge.sector, pledge.language = data["county"], data["sector"], data["language"]
        pledge.show_name, pledge.updates = data["show_name"], data["updates"]
        if changed_sector and pledge.sector_id in self.wordings:
            pledge.wording, pledge.worded_language = self.wordings[pledge.sector_id], get_language()
            pledge.worded_at = Now()
        try:
            with transaction.atomic():
                pledge.save(
                    update_fields=[
                        *PERSON_FIELDS,
                        "county",
                        "sector",
                        "language",
                        "show_name",
                        "updates",
                        "wording",
                        "worded_language",
                        "worded_at",
                    ]
                )
        except IntegrityError:
            self.add_error("name", _("The other pledge from this address already bears this name."))
            return False
        return True


class CommitmentsForm(forms.Form):
    """What a supporter will do: any of their sector's commitments, or none."""

    commitments = forms.ModelMultipleChoiceField(
        Commitment.objects.none(),
        required=False,
        label=_("What will you do?"),
        help_text=_("Choose as many as you mean to keep."),
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(
            ["invalid_choice", "invalid_pk_value", "invalid_list"], _("Choose among the commitments on this page.")
        ),
    )

    def __init__(self, *args, pledge, action, **kwargs):
        self.pledge = pledge
        chosen = pledge.chosen.values("commitment")
        super().__init__(*args, initial={"commitments": [row["commitment"] for row in chosen]}, **kwargs)
        # Those of a sector they have left stay theirs until they give them up.
        self.fields["commitments"].queryset = Commitment.objects.filter(
            Q(sector=pledge.sector_id) | Q(pk__in=chosen)
        ).order_by("sector", "position", "pk")
        self.helper = FormHelper()
        self.helper.disable_csrf = True
        self.helper.form_action = action
        self.helper.layout = Layout("commitments", Submit("choose", _("This I will do")))

    def save(self):
        """Keep exactly what is ticked, each with the time it was first chosen."""
        ticked = self.cleaned_data["commitments"]
        self.pledge.chosen.exclude(commitment__in=ticked).delete()
        ChosenCommitment.objects.bulk_create(
            [ChosenCommitment(pledge=self.pledge, commitment=commitment) for commitment in ticked],
            ignore_conflicts=True,
        )


class NewAddressForm(forms.Form):
    """A new address for one's pledge; it replaces the old one when its link is pressed."""

    new_email = AddressField(
        label=_("New e-mail"), help_text=_("We write to it. Until you confirm it there, the old one stays.")
    )

    def __init__(self, *args, pledge, action, **kwargs):
        self.pledge = pledge
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.disable_csrf = True
        self.helper.form_action = action
        self.helper.layout = Layout(
            "new_email",
            Submit("change_address", _("Change the address"), css_class="btn-2"),
        )

    def save(self):
        """Remember the address and owe the message to it, at most as often as any message; False when it is too soon."""
        with transaction.atomic():
            if not self.pledge.claim_message():
                return False
            self.pledge.set_new_address(self.cleaned_data["new_email"])
            self.pledge.save(update_fields=["new_address_cipher", "new_address_at"])
            if not self._is_blocked():
                Message.queue(Message.Kind.NEW_ADDRESS, self.pledge)
        return True

    def _is_blocked(self):
        """Whether the new address asked never to be written to; what the visitor reads next is the same."""
        there = Pledge()
        there.set_digests(self.pledge.name, self.cleaned_data["new_email"])
        return BlockedAddress.objects.holds(there)


class MyPledgeForm(StampedForm):
    """ "Send me my link": the same answer for every address."""

    email = AddressField(help_text=_("The address you signed with."))

    field_order = ["email"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.form_action = reverse("pledges:my_pledge")
        self.helper.layout = Layout(
            "email",
            Div("website", css_class="hp", aria_hidden="true"),
            "stamp",
            Submit("send", _("Send me my link")),
        )

    def save(self):
        """Owe one message to this address: the links of its pledges, or the confirming message when that is all there is."""
        with transaction.atomic():
            pledges = list(Pledge.objects.at_address(self.cleaned_data["email"]))
            # Those that staff took out of the count keep their rights: to see, to correct and to withdraw.
            others = [pledge for pledge in pledges if pledge.state != Pledge.State.PENDING]
            pending = [pledge for pledge in pledges if pledge.state == Pledge.State.PENDING]
            only_one = not others and len(pending) == 1
            for first in (others + pending)[:1]:
                if first.claim_message():
                    Message.queue(Message.Kind.CONFIRM if only_one else Message.Kind.LINKS, first)
