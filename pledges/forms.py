"""What people type: the pledge, its later corrections, and "send me my link"."""

import re
import unicodedata

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout, Submit
from django import forms
from django.core.validators import EmailValidator, RegexValidator
from django.db import IntegrityError, transaction
from django.db.models import Prefetch, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges import addresses, keys, stamps
from pledges.models import BlockedAddress, ChosenCommitment, Commitment, County, Message, Pledge, Sector, Wording
from pledges.models.pledges import PERSON_FIELDS

NAME_LENGTH = 80


def clean_name(value):
    """A person's name in NFC with single spaces; ValidationError in words for anything a name does not hold."""
    value = re.sub(r"[^\S\n]+", " ", unicodedata.normalize("NFC", value)).strip()
    letters = sum(unicodedata.category(letter).startswith("L") for letter in value)
    marks = sum(unicodedata.category(letter).startswith("M") for letter in value)
    if letters < 2:
        raise forms.ValidationError(_("Write your name and surname."), code="name_empty")
    if len(value) > NAME_LENGTH:
        raise forms.ValidationError(
            _("This name is longer than %(limit)d characters. Write a shorter form of it."),
            code="name_long",
            params={"limit": NAME_LENGTH},
        )
    looks_like_link = re.search(r"\w{2,}\.\w{2,}", value)
    begins_well = value[0].isalpha() or value[0] in "'’"
    if looks_like_link or not begins_well or marks > letters or not all(map(_belongs_to_a_name, value)):
        raise forms.ValidationError(
            _("Write the name with letters only, without signs, links or pictures."), code="name_signs"
        )
    # "J.R. Tolkien", and never "x.co", which a mail program would make a link of.
    return re.sub(r"\.(?=\w)", ". ", value)


def _belongs_to_a_name(letter):
    return unicodedata.category(letter) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc") or letter in " '’ʼ-‐.·"


class NameField(forms.CharField):
    """A person's name, cleaned by `clean_name`."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Name and surname"))
        kwargs.setdefault("error_messages", {"required": _("Write your name and surname.")})
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "name"}), **kwargs)

    def clean(self, value):
        return clean_name(super().clean(value))


class AddressField(forms.EmailField):
    """An e-mail address in NFC, as typed."""

    default_validators = [
        EmailValidator(allowlist=[]),
        # Neither "drita"@… nor a@[192.0.2.1]: the first is a second spelling of one mailbox, the second no domain. And
        # mail goes to ASCII names only; the validator above lets pass letters such as ſ.
        RegexValidator(r"^[!#-~]+@[^\[]+$"),
    ]

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("E-mail"))
        message = _("Write the whole e-mail address, for example emri@shembull.al")
        kwargs.setdefault("error_messages", {"required": message, "invalid": message})
        super().__init__(max_length=254, **kwargs)
        self.widget.attrs |= {"autocomplete": "email", "spellcheck": "false", "autocapitalize": "none"}

    def to_python(self, value):
        return unicodedata.normalize("NFC", super().to_python(value))


class SectorField(forms.ModelChoiceField):
    """One of the open sectors, by slug, as radio buttons."""

    def __init__(self, **kwargs):
        message = _("Choose your group.")
        super().__init__(
            queryset=Sector.objects.open(),
            label=_("Which group do you belong to?"),
            to_field_name="slug",
            empty_label=None,
            widget=forms.RadioSelect,
            error_messages={"required": message, "invalid_choice": message},
            **kwargs,
        )


class CountyField(forms.ModelChoiceField):
    """One of the counties, "outside Albania", or nothing."""

    def __init__(self, **kwargs):
        super().__init__(
            queryset=County.objects.all(),
            label=_("County (if you wish)"),
            required=False,
            empty_label=_("I would rather not say"),
            error_messages={"invalid_choice": _("Choose a county of the list.")},
            **kwargs,
        )


def current_wordings():
    """The current version of the consent (key None) and of each sector's words (key: the sector's id)."""
    return {wording.sector_id: wording for wording in Wording.objects.current()}


def option_details(sectors, wordings):
    """What the sector choices carry beside their names: colour, hint, and the words one signs, shown when chosen."""
    return {
        sector.slug: {
            "color": sector.color,
            "hint": sector.hint,
            "hides_name": not sector.shows_names,
            "html": format_html(
                "<p>{}</p><details><summary>{}</summary><ul>{}</ul></details>",
                wordings[sector.pk].text,
                _("What you can do, step by step"),
                format_html_join("", "<li>{}</li>", ((each,) for each in sector.commitments.all())),
            )
            if sector.pk in wordings
            else "",
        }
        for sector in sectors
    }


def sectors_with_commitments():
    """The open sectors with their commitments, from two queries."""
    return Sector.objects.open().prefetch_related(
        Prefetch("commitments", Commitment.objects.order_by("position", "pk"))
    )


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
            came_through=Pledge.objects.of_link(data["through"]).first(),
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
            Message.owe(Message.Kind.CONFIRM, pledge)
            return True
        if twin := pledge.twin():
            kind = Message.Kind.CONFIRM if twin.state == Pledge.State.PENDING else Message.Kind.ALREADY
            return self._write_again(kind, twin)
        if first := Pledge.objects.at_address(self.cleaned_data["email"]).first():
            return self._write_again(Message.Kind.FULL, first)
        return False

    @staticmethod
    def _write_again(kind, pledge):
        if pledge.may_write_again():
            Message.owe(kind, pledge)
        return True


class ManageForm(forms.Form):
    """Corrections by the supporter, behind their own link."""

    name = NameField()
    county = CountyField()
    sector = SectorField()
    language = forms.ChoiceField(
        label=_("In which language shall we write to you?"), choices=[("sq", "Shqip"), ("en", "English")]
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
        self.fields["show_name"].help_text = pledge.wall_words
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
            if not self.pledge.may_write_again():
                return False
            self.pledge.set_new_address(self.cleaned_data["new_email"])
            self.pledge.save(update_fields=["new_address_cipher", "new_address_at"])
            if not self._is_blocked():
                Message.owe(Message.Kind.NEW_ADDRESS, self.pledge)
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
                if first.may_write_again():
                    Message.owe(Message.Kind.CONFIRM if only_one else Message.Kind.LINKS, first)
