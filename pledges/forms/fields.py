"""What several forms ask for: name, address, sector, county; and the words that stand beside the sectors."""

import re
import unicodedata

from django import forms
from django.core.validators import EmailValidator, RegexValidator
from django.db.models import Prefetch
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from pledges.addresses import plain_words
from pledges.models import Commitment, County, Sector, Wording

NAME_LENGTH = 80


def clean_name(value):
    """A person's name in NFC with single spaces; ValidationError in words for anything a name does not hold."""
    value = re.sub(r"[^\S\n]+", " ", unicodedata.normalize("NFC", value)).strip()
    letters = sum(unicodedata.category(letter).startswith("L") for letter in value)
    marks = sum(unicodedata.category(letter).startswith("M") for letter in value)
    if letters < 2 or not plain_words(value):
        raise forms.ValidationError(_("Write your name and surname."), code="name_empty")
    # "J.R. Tolkien", and never "x.co", which a mail program would make a link of.
    spaced = re.sub(r"\.(?=\w)", ". ", value)
    if len(spaced) > NAME_LENGTH:
        raise forms.ValidationError(
            _("This name is longer than %(limit)d characters. Write a shorter form of it."),
            code="name_long",
            params={"limit": NAME_LENGTH},
        )
    looks_like_link = re.search(r"\w{2,}\.\w{2,}", value)
    begins_well = value[0].isalpha() or value[0] in "'’ʼ"
    if looks_like_link or not begins_well or marks > letters or not all(map(_belongs_to_a_name, value)):
        raise forms.ValidationError(
            _("Write the name with letters only, without signs, links or pictures."), code="name_signs"
        )
    return spaced


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


def validate_address(value):
    """Raise ValidationError, once, for what is no address that mail can go to."""
    EmailValidator(allowlist=[])(value)
    # Neither "drita"@… nor a@[192.0.2.1]: the first is a second spelling of one mailbox, the second no domain. And
    # mail goes to ASCII names only; the validator above lets pass letters such as ſ.
    RegexValidator(r"^[!#-~]+@[^\[]+$")(value)


class AddressField(forms.EmailField):
    """An e-mail address in NFC, as typed."""

    default_validators = [validate_address]

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
