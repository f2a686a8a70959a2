"""The form of a group pledge with its fields, and the correction of its numbers behind the adult's link."""

import re

from crispy_forms.layout import Submit
from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.forms.base import AddressForm
from pledges.forms.fields import (
    LOOKS_LIKE_LINK,
    AddressField,
    NameField,
    RowField,
    TypedCharField,
    TypedText,
    without_links,
)
from pledges.forms.layout import FormSection, field_layout, helper, placed
from pledges.groups.models import GroupPledge, institution_key, school_year
from pledges.inbox.models import Submission
from pledges.sectors.models import CHILDREN

NUMBERS = FormSection(
    _("How many people?"), note="pledges/groups/numbers_note.html", more=_("People of other groups took part too")
)
CLASS = FormSection(_("For a class only"))
ADULT = FormSection(_("The responsible adult"))
AGREEMENT = FormSection(_("Your statement"), note="pledges/groups/privacy_note.html")
Kind = GroupPledge.Kind
SENT_AS_TYPED = ["name", "email", "kind", "institution", "grade", "letter", "people"]


def counted_sectors():
    """The sectors that a group pledge counts: children and teachers first, then the others of the pledge form."""
    content = PledgeContent.current()
    children = [sector for sector in content.sectors if sector.slug == CHILDREN]
    return [*children, *sorted(content.open_sectors.values(), key=lambda sector: sector.slug != "teachers")]


def one_message(words):
    """The error messages of a field for which every mistake has the same words."""
    return dict.fromkeys(["required", "invalid", "invalid_choice"], words)


class InstitutionField(TypedText, forms.CharField):
    """The name of an institution or organisation in NFC with single spaces. `message` is the error of an empty one.

    "Sh.p.k." stays as it is, and "N.Frashëri" becomes "N. Frashëri".
    """

    def __init__(self, message="", **kwargs):
        message = message or _("Enter the name of the school, club, workplace or meeting place.")
        too_long = _("The name must be %(limit_value)d characters or fewer. It has %(show_value)d.")
        super().__init__(error_messages={"required": message, "max_length": too_long}, max_length=120, **kwargs)
        self.widget.attrs |= {"autocomplete": "organization"}

    def to_python(self, value):
        value = re.sub(r"\s+", " ", super().to_python(value)).strip()
        # One that is refused for it still looks like a link.
        return value if LOOKS_LIKE_LINK.search(value) else without_links(value, letters=2)

    def clean(self, value):
        value = super().clean(value)
        if not institution_key(value):
            raise forms.ValidationError(self.error_messages["required"], code="institution_empty")
        if not re.fullmatch(r"[\w\s.,'’‘“”„\"«»()/&№-]+", value) or LOOKS_LIKE_LINK.search(value):
            raise forms.ValidationError(
                _("The name can only include letters, digits, spaces and simple punctuation."), code="institution_signs"
            )
        return value


class MunicipalityField(RowField):
    def __init__(self, **kwargs):
        super().__init__(
            lambda: PledgeContent.current().municipalities_by_id,
            label=_("Municipality"),
            error_messages=one_message(_("Choose the municipality from the list.")),
            **kwargs,
        )

    def choices_of_rows(self):
        return [("", "–"), *super().choices_of_rows()]


class NumbersForm(forms.Form):
    """Number fields `people_SLUG`, one for each sector that groups count."""

    def add_numbers(self, sectors, people=()):
        """Add the fields of these sectors, with the numbers {sector id as text: people}."""
        self.sectors = sectors
        for sector in sectors:
            field = forms.IntegerField(
                label=sector.name,
                required=False,
                min_value=0,
                max_value=max(most for _reason, most in GroupPledge.LIMITS.values()),
                initial=dict(people).get(str(sector.pk)),
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
            self.fields[f"people_{sector.slug}"] = placed(field, section=NUMBERS, css_class="number-field")

    def clean_numbers(self, kind):
        """{sector id as text: people} of the numbers above 0, with errors at the first field where they do not fit the kind."""
        names = [f"people_{sector.slug}" for sector in self.sectors]
        if any(name in self.errors for name in names):
            return {}
        people = {str(sector.pk): self.cleaned_data.get(f"people_{sector.slug}") for sector in self.sectors}
        people = {sector: number for sector, number in people.items() if number}
        most = GroupPledge.LIMITS[kind][1]
        if not people:
            self.add_error(names[0], gettext("Enter how many people took part, in at least one field."))
        elif kind == Kind.CLASS and names[0] == f"people_{CHILDREN}" and str(self.sectors[0].pk) not in people:
            self.add_error(names[0], gettext("Enter how many pupils of the class took part."))
        elif sum(people.values()) > most:
            message = gettext("A group of this kind can have at most %(most)d people.")
            self.add_error(names[0], message % {"most": most})
        return people


class GroupForm(NumbersForm, AddressForm):
    """The form of a group pledge. `over_18` comes first; the view rejects a "no" before it builds the form."""

    over_18 = forms.ChoiceField(
        label=_("Are you 18 or over?"),
        help_text=_("An adult enters the group. We keep no details of anyone under 18, only the number of people."),
        choices=[("yes", _("Yes")), ("no", _("No, I am under 18"))],
        widget=forms.RadioSelect,
        error_messages=one_message(_("Select yes if you are 18 or over.")),
    )
    kind = forms.ChoiceField(
        label=_("What kind of group is it?"),
        choices=[(kind, capfirst(label)) for kind, label in Kind.choices],
        widget=forms.RadioSelect,
        error_messages=one_message(_("Choose the kind of group.")),
    )
    institution = InstitutionField(
        label=_("Name of the school, club, workplace or meeting place"),
        help_text=_("For example “Migjeni”. Do not write the name of anyone in the group."),
    )
    municipality = MunicipalityField()
    held_on = forms.DateField(
        label=_("When did you pledge together?"),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        error_messages=one_message(_("Enter the year, month and day, for example 2026-11-19.")),
    )
    grade = placed(
        forms.TypedChoiceField(
            label=_("Grade"),
            required=False,
            coerce=int,
            empty_value=None,
            choices=[("", "–"), ("0", _("Preparatory")), *((str(n), str(n)) for n in range(1, 13))],
            error_messages={"invalid_choice": _("Choose the grade from the list.")},
        ),
        section=CLASS,
    )
    letter = placed(
        TypedCharField(
            label=_("Letter (if the class has one)"),
            required=False,
            max_length=2,
            error_messages={"max_length": _("Enter the letter only, for example B.")},
        ),
        section=CLASS,
    )
    name = placed(NameField(label=_("Your full name")), section=ADULT)
    email = placed(
        AddressField(help_text=_("We will email you a link to confirm the group, and tell you when it counts.")),
        section=ADULT,
    )
    email_as_typed = forms.Field(required=False, widget=forms.HiddenInput)
    # Code of the event from whose page the adult came. One that no event has is ignored.
    event = forms.Field(required=False, widget=forms.HiddenInput)
    statement = placed(
        forms.BooleanField(
            label=_(
                "Everyone counted here agreed to take part. If there were pupils, the school informed their parents."
            ),
            error_messages=one_message(_("Tick the box if everyone agreed. Without this we cannot count the group.")),
        ),
        section=AGREEMENT,
    )
    consent = placed(
        forms.BooleanField(
            label=_(
                "I give my consent: #WEARE1 may keep my name and email address, encrypted, for one year at most, to check "
                "this group and to email me about it. I can withdraw my consent at any time, using the link in the email."
            ),
            error_messages=one_message(
                _("Tick the box to give your consent. Without it we cannot email you about the group.")
            ),
        ),
        section=AGREEMENT,
    )

    heading = _("Pledge as a group")
    lead = _(
        "A class, a school, a meeting, a club or a workplace can pledge together. We count how many people took part, "
        "without any names."
    )
    action = "pledges:group"
    form_id = "group"
    button = ("send", _("Enter the group"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.add_numbers(counted_sectors())
        first = ["over_18", "kind", "institution", "municipality", "held_on", "grade", "letter"]
        self.order_fields([*first, *(f"people_{sector.slug}" for sector in self.sectors)])

    @cached_property
    def of_event(self):
        return PledgeContent.current().events_by_code.get(self["event"].value())

    def clean_held_on(self):
        day, today = self.cleaned_data["held_on"], timezone.localdate()
        if day > today:
            raise forms.ValidationError(
                _("The date must not be in the future. Enter the group after you have pledged.")
            )
        if school_year(day) != school_year(today):
            raise forms.ValidationError(_("The date must be in this school year, which began in September."))
        return day

    def clean_letter(self):
        letter = self.cleaned_data["letter"].strip().upper()
        # The capitals of the ligature “ﬁ” are two letters.
        if letter and not (letter.isalnum() and len(letter) <= 2):
            raise forms.ValidationError(_("The letter of a class must be a letter or digit, for example B."))
        return letter

    def clean(self):
        cleaned = super().clean()
        kind = cleaned.get("kind")
        if not kind:
            return cleaned
        if kind != Kind.CLASS:
            cleaned |= {"grade": None, "letter": ""}
        elif "grade" not in self.errors and cleaned.get("grade") is None:
            self.add_error("grade", _("Choose the grade of the class."))
        cleaned["people"] = self.clean_numbers(kind)
        return cleaned

    def submission(self):
        cleaned = self.cleaned_data
        return Submission(kind=Submission.Kind.GROUP).seal(
            language=get_language(),
            institution_key=institution_key(cleaned["institution"]),
            municipality=cleaned["municipality"].pk,
            held_on=cleaned["held_on"].isoformat(),
            school_year=school_year(cleaned["held_on"]),
            event=self.of_event and self.of_event.pk,
            agreed="\n".join(str(self.fields[name].label) for name in ("statement", "consent")),
            **{name: cleaned[name] for name in SENT_AS_TYPED},
        )


class GroupCorrectionForm(NumbersForm):
    """The numbers of a group, as its adult corrects them. A sector that was closed since stays among them."""

    def __init__(self, *args, group, action, **kwargs):
        super().__init__(*args, **kwargs)
        self.group, shown = group, counted_sectors()
        named = map(PledgeContent.current().sectors_by_id.get, map(int, group.people))
        self.add_numbers([*shown, *(sector for sector in named if sector not in shown)], group.people)
        save = Submit("save", _("Save the numbers"))
        self.helper = helper(*field_layout(self, self.fields), save, action=action)

    def clean(self):
        cleaned = super().clean()
        cleaned["people"] = self.clean_numbers(self.group.kind)
        return cleaned
