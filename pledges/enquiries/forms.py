"""The forms with which people write to the team, one for each purpose."""

from crispy_forms.layout import HTML
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges.enquiries.alarm import AlarmContent, is_alarming
from pledges.enquiries.models import EnquiryPurpose
from pledges.forms.base import AddressForm, StampedForm
from pledges.forms.fields import AddressField, AgeField, NameField, TypedCharField, clean_name
from pledges.inbox.models import Submission

MAX_LENGTH = 4000

# {purpose: (heading, sentence below it)}
WORDS = {
    EnquiryPurpose.PRESS: (_("A question from the press"), _("For interviews, quotes and background.")),
    EnquiryPurpose.OFFER: (
        _("I want to help"),
        _("Say in which municipality you are, and what you can offer: time, a skill, a room or printing."),
    ),
    EnquiryPurpose.DATA: (
        _("A request about your data"),
        _("To see, correct or erase what we keep about you. If you have signed, the link to your pledge is quicker."),
    ),
    EnquiryPurpose.SITE: (
        _("Something wrong on the site"),
        _("A mistake, something you cannot use, or a security problem. Say which page, and with what device."),
    ),
    EnquiryPurpose.OTHER: (_("Write to us"), _("For everything that the other forms do not cover.")),
}


class OptionalNameField(NameField):
    """A person's name or initial, cleaned as everywhere, or ""."""

    def clean(self, value):
        return clean_name(value, fewest_letters=1) if value and value.strip() else ""


class MessageForm(StampedForm):
    text = TypedCharField(
        label=_("Your message"),
        help_text=_("Up to 4,000 characters. You cannot attach files."),
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={
            "required": _("Write your message."),
            "max_length": _("Your message must be 4,000 characters or fewer. It has %(show_value)d."),
        },
    )

    button = ("send", _("Send"))
    slow_lane_note = _("Our team may then see it up to an hour later.")

    def _layout(self):
        layout = super()._layout()
        # Before the text.
        layout.insert(int("over_16" in self.fields), HTML('{% include "pledges/enquiries/not_watched.html" %}'))
        layout.insert(len(layout) - 1, HTML('{% include "pledges/enquiries/enquiry_privacy.html" %}'))
        return layout


class EnquiryForm(MessageForm, AddressForm):
    """The form of one purpose. `over_16` comes first; the view rejects a "no" before it builds the form."""

    over_16 = AgeField()
    name = OptionalNameField(label=_("Your name (optional)"), required=False)
    email = AddressField(help_text=_("We answer to this address. Our answer does not repeat what you wrote."))
    email_as_typed = forms.Field(required=False, widget=forms.HiddenInput)

    form_id = "enquiry"

    def __init__(self, *args, purpose, **kwargs):
        self.purpose = EnquiryPurpose(purpose)
        self.heading, self.lead = WORDS[self.purpose]
        self.action = f"pledges:enquiry_{self.purpose}"
        super().__init__(*args, **kwargs)
        self.order_fields(["over_16", "text", "name", "email"])

    def submission(self):
        """As of every form. The words in use now decide whether the text sounds like a disclosure."""
        values = {name: self.cleaned_data[name] for name in ("text", "name", "email")}
        return _sealed(Submission(kind=Submission.Kind.ENQUIRY), self.purpose, get_language(), **values)


class FurtherForm(MessageForm):
    """The next message of someone whom we have answered, behind the link of the answer."""

    form_id = "further"
    heading, lead = _("Write to us again"), _("Your message goes to the team that has answered you.")

    def __init__(self, *args, enquiry, action, **kwargs):
        self.enquiry, self.action = enquiry, action
        super().__init__(*args, **kwargs)

    def clean(self):
        # The address is known.
        return (super().clean() or self.cleaned_data) | {"email": self.enquiry.address}

    def submission(self):
        return continuing(self.enquiry, self.cleaned_data["text"])


def continuing(enquiry, text, **columns):
    """The sealed Submission of a further message of the person of an enquiry."""
    values = {"name": enquiry.name, "email": enquiry.address, "first": str(enquiry.conversation)}
    submission = Submission(kind=Submission.Kind.ENQUIRY, **columns)
    return _sealed(submission, enquiry.purpose, enquiry.language, text=text, **values)


def _sealed(submission, purpose, language, text, **values):
    alarms = is_alarming(text, AlarmContent.current().patterns)
    return submission.seal(purpose=str(purpose), language=language, text=text, is_alarming=alarms, **values)
