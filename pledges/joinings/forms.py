"""The form with which an organisation joins."""

from copy import deepcopy
from urllib.parse import urlsplit

from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.forms.base import AddressForm
from pledges.forms.fields import LONGEST_INPUT, AddressField, NameField, TypedCharField, TypedText
from pledges.forms.layout import FormSection, field_layout, helper, placed
from pledges.groups.forms import InstitutionField, MunicipalityField, one_message
from pledges.groups.models import institution_key
from pledges.inbox.models import Submission
from pledges.joinings.models import MAX_STATEMENT_LENGTH, OrganisationKind
from pledges.languages import LANGUAGE_CODES
from pledges.places.models import County

WORDS = FormSection(_("In your own words (optional)"))
CONTACT = FormSection(_("Who speaks for the organisation"))
AGREEMENT = FormSection(_("Your statement"), note="pledges/groups/privacy_note.html")
MAX_URL_LENGTH = 200
SENT_AS_TYPED = ["name", "email", "organisation", "kind", "url", "statement_sq", "statement_en"]
# What the contact corrects later.
CORRECTED = ["url", "statement_sq", "statement_en"]
TOO_LONG = _("The statement must be %(limit_value)d characters or fewer. It has %(show_value)d.")


class PlaceField(MunicipalityField):
    """One of the municipalities, or "outside Albania", whose value is None."""

    def choices_of_rows(self):
        return [*super().choices_of_rows(), (County.ABROAD, _("Outside Albania"))]

    def valid_value(self, value):
        return value == County.ABROAD or super().valid_value(value)


class WebAddressField(TypedText, forms.URLField):
    """The address of an organisation's own site. Without a scheme it is taken for https."""

    def __init__(self, **kwargs):
        message = _("Enter the address of your site, for example www.shkolla.al.")
        super().__init__(assume_scheme="https", required=False, error_messages={"invalid": message}, **kwargs)
        self.widget.input_type = "text"
        self.widget.attrs |= {
            "autocomplete": "url",
            "inputmode": "url",
            "spellcheck": "false",
            "autocapitalize": "none",
        }

    def to_python(self, value):
        # urlsplit() normalises the host name.
        if value and len(value) > LONGEST_INPUT:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def clean(self, value):
        """The address; raises ValidationError for one that no browser opens or that is no organisation's own."""
        url = super().clean(value)
        if not url:
            return url
        parts = urlsplit(url)
        site = addresses.site_of(parts.hostname or "")
        is_name = "." in site and not site.rpartition(".")[2].isdigit() and len(site) <= addresses.LONGEST_DOMAIN
        # No name of a user, no port and no IPv6 address.
        is_plain = parts.scheme in ("http", "https") and parts.netloc.lower() == parts.hostname
        if not is_name or not is_plain or len(url) > MAX_URL_LENGTH:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if any(addresses.is_within(site, shared) for shared in addresses.SHARED_SITES):
            message = _(
                "%(site)s is not your organisation’s own site. Enter its own address, or leave the field empty."
            )
            raise ValidationError(message, code="shared", params={"site": site})
        return url


class StatementField(TypedCharField):
    def __init__(self, **kwargs):
        super().__init__(
            required=False,
            max_length=MAX_STATEMENT_LENGTH,
            widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"max_length": TOO_LONG},
            **kwargs,
        )


def mark_languages(fields):
    """Let a screen reader read each statement in its language."""
    for language in LANGUAGE_CODES:
        fields[f"statement_{language}"].widget.attrs["lang"] = language


class CorrectionForm(forms.Form):
    """What an organisation says of itself, behind the link of its contact."""

    def __init__(self, *args, joining, **kwargs):
        initial = {name: getattr(joining, name) for name in CORRECTED}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields = {name: deepcopy(JoinForm.base_fields[name]) for name in CORRECTED}
        mark_languages(self.fields)
        self.helper = helper(*field_layout(self, self.fields), Submit("correct", _("Send the corrections")))

    @property
    def values(self):
        """{column: value} of the joining."""
        return self.cleaned_data | {"domain": addresses.site_of(urlsplit(self.cleaned_data["url"]).hostname or "")}


class JoinForm(AddressForm):
    """The form of an organisation. What it checks depends on no person and on no other organisation."""

    organisation = InstitutionField(
        label=_("Name of the organisation"),
        help_text=_("As it should appear on our page."),
        message=_("Enter the name of the organisation."),
    )
    kind = forms.ChoiceField(
        label=_("What kind of organisation is it?"),
        choices=[("", "–"), *((kind, capfirst(label)) for kind, label in OrganisationKind.choices)],
        error_messages=one_message(_("Choose the kind of organisation.")),
    )
    municipality = PlaceField(help_text=_("Where its main office is."))
    url = WebAddressField(
        label=_("Web address (optional)"),
        help_text=_("For example www.shkolla.al. Not a page on social media."),
    )
    statement_sq = placed(
        StatementField(
            label=_("Why the organisation joins, in Albanian"),
            help_text=_("Up to 300 characters, for our page. Do not write about any child."),
        ),
        section=WORDS,
    )
    statement_en = placed(
        StatementField(
            label=_("Why the organisation joins, in English"),
            help_text=_("If you write it in one language only, our team translates it."),
        ),
        section=WORDS,
    )
    name = placed(NameField(label=_("Your full name")), section=CONTACT)
    email = placed(
        AddressField(
            help_text=_(
                "An address at the organisation’s own domain. We email you to confirm it, and once a year to ask whether "
                "the organisation is still with us."
            )
        ),
        section=CONTACT,
    )
    email_as_typed = forms.Field(required=False, widget=forms.HiddenInput)
    no_domain = placed(
        forms.BooleanField(
            required=False,
            label=_("The organisation has no email addresses of its own. Our team will check in another way."),
        ),
        section=CONTACT,
    )
    acts_for = placed(
        forms.BooleanField(
            label=_("I am 18 or over, and I may speak for this organisation."),
            error_messages=one_message(_("Tick the box if you are 18 or over and may speak for the organisation.")),
        ),
        section=AGREEMENT,
    )
    consent = placed(
        forms.BooleanField(
            label=_(
                "I give my consent: #WEARE1 may keep my name and email address, encrypted, for as long as the "
                "organisation is on its page, to email me about it. I can withdraw at any time, using the link in the email."
            ),
            error_messages=one_message(
                _("Tick the box to give your consent. Without it we cannot email you about the organisation.")
            ),
        ),
        section=AGREEMENT,
    )

    action = "pledges:join"
    form_id = "join"
    button = ("send", _("Send"))

    def adapt(self):
        mark_languages(self.fields)

    def clean(self):
        cleaned = super().clean()
        if (address := cleaned.get("email")) and not cleaned.get("no_domain"):
            domain = addresses.split_address(address)[1]
            if addresses.is_at_provider(domain):
                message = _(
                    "%(domain)s gives mailboxes to everyone. Enter an address at the organisation’s own domain. If it has "
                    "none, tick the box below."
                )
                self.add_error("email", ValidationError(message, code="provider", params={"domain": domain}))
        return cleaned

    def submission(self):
        cleaned = self.cleaned_data
        return Submission(kind=Submission.Kind.JOINING).seal(
            language=get_language(),
            organisation_key=institution_key(cleaned["organisation"]),
            municipality=cleaned["municipality"] and cleaned["municipality"].pk,
            domain=addresses.site_of(urlsplit(cleaned["url"]).hostname or ""),
            agreed="\n".join(str(self.fields[name].label) for name in ("acts_for", "consent")),
            **{name: cleaned[name] for name in SENT_AS_TYPED},
        )
