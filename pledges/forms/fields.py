"""Form fields that several forms share (name, e-mail, age, sector, county), and the details shown beside sector choices."""

import re
import unicodedata

from django import forms
from django.core.validators import EmailValidator, RegexValidator
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from pledges.addresses import plain_words, split_address
from pledges.content import PledgeContent

NAME_LENGTH = 80
NAME_SIGNS = _("Your name can only include letters, spaces, hyphens, full stops and apostrophes.")
# All but tab and line break. NUL is one of them, which no column of text holds.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LOOKS_LIKE_LINK = re.compile(r"\w\w\.\w\w")
# Characters, far above the limit of any field. In some versions of Python the time of normalising grows with their square.
LONGEST_INPUT = 10_000


def without_controls(value):
    """What somebody typed, with plain line breaks and without control characters. Markup stays as it is."""
    return CONTROL_CHARACTERS.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def in_nfc(value):
    """The text in NFC; one above LONGEST_INPUT as it is: the field refuses it for its length."""
    return value if len(value) > LONGEST_INPUT else unicodedata.normalize("NFC", value)


def without_links(text, letters=1):
    """The text with a space after each full stop before so many letters: mail programs turn "x.co" and "9.9.9.9" into links."""
    return re.sub(rf"\.(?=\w{{{letters}}})|(?<=\d)\.(?=\d)", ". ", text)


class TypedText:
    """Mixin of fields of text: what was typed, in NFC and without control characters, and no attribute `maxlength`.

    With `maxlength` browsers cut off what is pasted without a word.
    """

    def to_python(self, value):
        return super().to_python(without_controls(in_nfc(value or "")))

    def widget_attrs(self, widget):
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class TypedCharField(TypedText, forms.CharField):
    """One line of text as it was typed."""


def clean_name(value, fewest_letters=2):
    """The person's name in NFC with single spaces; raises ValidationError for anything that is no name."""
    value = re.sub(r"[^\S\n]+", " ", in_nfc(value)).strip()
    # "J.R. Tolkien" becomes "J. R. Tolkien".
    spaced = without_links(value)
    if len(spaced) > NAME_LENGTH:
        raise forms.ValidationError(
            _("Your name must be %(limit)d characters or fewer."),
            code="name_long",
            params={"limit": NAME_LENGTH},
        )
    letters = sum(map(str.isalpha, value))
    if letters < fewest_letters or not plain_words(value):
        message = _("Enter your full name.") if fewest_letters > 1 else NAME_SIGNS
        raise forms.ValidationError(message, code="name_empty")
    starts_as_name = value[0].isalpha() or value[0] in "'’"
    # Accents and vowel signs that NFC joins with no letter.
    marks = [sign for sign in value if not sign.isalpha() and sign not in " '’-‐.·"]
    are_marks = {"Mn", "Mc"}.issuperset(map(unicodedata.category, marks))
    if LOOKS_LIKE_LINK.search(value) or not starts_as_name or not are_marks or len(marks) > letters:
        raise forms.ValidationError(NAME_SIGNS, code="name_signs")
    return spaced


class NameField(forms.CharField):
    """A person's name, cleaned by `clean_name`."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Full name"))
        messages = {"required": _("Enter your full name."), "null_characters_not_allowed": NAME_SIGNS}
        kwargs.setdefault("error_messages", messages)
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "name"}), **kwargs)

    def clean(self, value):
        return clean_name(super().clean(value))


IS_ADDRESS = EmailValidator(allowlist=[])
# No quoted local part ("drita"@…), which is a second spelling of one mailbox, and no IP literal (a@[192.0.2.1]), which
# has no domain. The local part is ASCII: EmailValidator ignores case and so accepts ſ, which folds to s.
# Nor is it longer than 254 characters; a limit of its own would say a second sentence.
IS_MAILBOX = RegexValidator(r"^(?!.{255})[!#-~]+@[^\[]+$")
# No domain of more letters than DNS has places for.
IS_DOMAIN = RegexValidator(r"^[!-~]+$")


def validate_address(value):
    """Raise one ValidationError unless mail can be delivered to this address."""
    IS_ADDRESS(value)
    IS_MAILBOX(value)
    IS_DOMAIN(split_address(value)[1])


class AddressField(TypedText, forms.EmailField):
    """An e-mail address: in NFC, otherwise as typed."""

    default_validators = [validate_address]
    # An address that the visitor may have meant, which the page offers as a button.
    suggestion = ""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Email address"))
        message = _("Enter an email address in the correct format, like name@example.com")
        kwargs.setdefault("error_messages", {"required": message, "invalid": message})
        super().__init__(max_length=None, **kwargs)
        self.widget.attrs |= {"autocomplete": "email", "spellcheck": "false", "autocapitalize": "none"}


class AgeField(forms.ChoiceField):
    """Whether the visitor is 16 or over. It comes first, and the view drops a form with "no" before it builds the form."""

    # The button of those under 16, which takes the place of the rest of the form.
    way_on = _("Continue")

    def __init__(self):
        message = _("Select yes if you are 16 or over.")
        super().__init__(
            label=_("Are you 16 or over?"),
            help_text=_("We do not ask for your date of birth. We do not keep anything about anyone under 16."),
            choices=[("yes", _("Yes")), ("no", _("No, I am younger"))],
            widget=forms.RadioSelect,
            error_messages={"required": message, "invalid_choice": message},
        )


class RowField(forms.ChoiceField):
    """A choice among rows of the published content, which runs no query. Its value is the row, or None."""

    def __init__(self, rows, **kwargs):
        super().__init__(**kwargs)
        self.offer(rows)

    def offer(self, rows):
        """Offer the rows of a function that returns {submitted value: row}."""
        self.rows, self.choices = rows, self.choices_of_rows

    def choices_of_rows(self):
        """(submitted value, row as text) of all rows."""
        return [(value, str(row)) for value, row in self.rows().items()]

    def valid_value(self, value):
        # ChoiceField would make the text of each row: a twelfth of the time of signing.
        return value in self.rows()

    def __deepcopy__(self, memo):
        # The choices are a method of the field: ChoiceField would copy them in vain.
        copied = forms.Field.__deepcopy__(self, memo)
        copied.offer(self.rows)
        return copied

    def clean(self, value):
        return self.rows().get(super().clean(value))


class SectorField(RowField):
    """One of the open sectors, by slug, as radio buttons."""

    def __init__(self, **kwargs):
        message = _("Choose your group.")
        super().__init__(
            lambda: PledgeContent.current().open_sectors,
            label=_("Which group do you belong to?"),
            widget=forms.RadioSelect,
            error_messages={"required": message, "invalid_choice": message},
            **kwargs,
        )


class CountyField(RowField):
    """One of the counties, "outside Albania", or no answer."""

    def __init__(self, **kwargs):
        super().__init__(
            lambda: PledgeContent.current().counties_by_code,
            label=_("County (optional)"),
            required=False,
            error_messages={"invalid_choice": _("Choose a county from the list.")},
            **kwargs,
        )

    def choices_of_rows(self):
        return [("", _("Prefer not to say")), *super().choices_of_rows()]


def option_details(sectors, wordings):
    """By sector slug, what a choice shows beside its name: colour, hint, and the wording to sign (see `option_detail`)."""
    return {
        sector.slug: {
            "color": sector.color,
            "hint": sector.hint,
            "hides_name": not sector.shows_names,
            "html": format_html(
                "<p>{}</p><details><summary>{}</summary><ul>{}</ul></details>",
                wordings[sector.pk].text,
                _("See the commitments you can make"),
                format_html_join("", "<li>{}</li>", ((commitment,) for commitment in sector.commitments.all())),
            )
            if sector.pk in wordings
            else "",
        }
        for sector in sectors
    }
