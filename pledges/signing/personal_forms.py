"""Forms behind a supporter's own links (corrections, new address), and the request for such a link."""

from copy import deepcopy

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.forms.models import model_to_dict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.forms.base import StampedForm
from pledges.forms.fields import (
    AddressField,
    NameField,
    option_details,
)
from pledges.forms.layout import field_layout
from pledges.inbox.models import Submission
from pledges.inbox.submissions import submit
from pledges.languages import LANGUAGE_CODES, own_name
from pledges.person import PERSON_FIELDS
from pledges.signing.forms import PledgeForm
from pledges.supporters.models import ANSWER_FIELDS

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
        # Without a legend, which would stand over nothing where the group shows no names.
        self.fields["show_name"].section = None
        self.fields["show_name"].help_text = pledge.wall_status
        self.wordings = content.current_wordings
        self.option_details = option_details(content.open_sectors.values(), self.wordings)
        self.helper = FormHelper()
        self.helper.disable_csrf = True
        self.helper.form_action = action
        self.helper.layout = Layout(*field_layout(self, self.fields), Submit("save", _("Save the changes")))

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


class NewAddressForm(forms.Form):
    """A new address for a pledge; it replaces the old one once the link sent to it is opened and confirmed."""

    new_email = AddressField(
        label=_("New email address"),
        help_text=_("We will email this address. Until you confirm it, we keep using the old one."),
    )

    def __init__(self, *args, pledge, action, **kwargs):
        self.pledge = pledge
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.disable_csrf = True
        self.helper.form_action = action
        self.helper.layout = Layout(
            "new_email",
            Submit("change_address", _("Change my email address"), css_class="btn-2"),
        )

    def save(self):
        """Store the change of address for the worker to settle. Return False, with an error on the form, above the limits."""
        submission = Submission(kind=Submission.Kind.NEW_ADDRESS)
        rules = PledgeContent.current().provider_rules
        submission.set_new_address(self.pledge, self.cleaned_data["new_email"], rules)
        with transaction.atomic():
            if refusal := self.pledge.claim_new_address():
                self.add_error(None, REFUSALS[refusal])
                return False
            return submit(submission)


class MyPledgeForm(StampedForm):
    """ "Send me my link": the answer is the same for every address."""

    email = AddressField(help_text=_("The address you signed with, or entered a group or an organisation with."))

    action = "pledges:my_pledge"
    form_id = "my-pledge"
    button = ("send", _("Email me my link"))

    def save(self, network, limit, **ways):
        """Store the request for the worker to settle; returns the Receipt of `submit`, which has the same arguments."""
        submission = Submission(kind=Submission.Kind.LINKS)
        submission.set_mailbox(self.cleaned_data["email"], PledgeContent.current().provider_rules)
        return submit(submission, network, limit, **ways)
