"""The form of a group pledge, and the corrections of its numbers behind the adult's link."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.forms.base import AddressForm
from pledges.forms.fields import AddressField, NameField
from pledges.forms.layout import FormSection, field_layout, placed
from pledges.groups.fields import DayInput, InstitutionField, LetterField, MunicipalityField, NumbersMixin
from pledges.groups.models import GroupPledge, institution_key, school_year
from pledges.inbox.models import Submission

CLASS = FormSection(_("For a class only"))
ADULT = FormSection(_("The responsible adult"))
AGREEMENT = FormSection(_("Your statement"), note="pledges/groups/privacy_note.html")
Kind = GroupPledge.Kind


class GroupForm(NumbersMixin, AddressForm):
    """The form of a group pledge. `over_18` comes first; the view rejects a "no" before it builds the form."""

    over_18 = forms.ChoiceField(
        label=_("Are you 18 or over?"),
        help_text=_("An adult enters the group. We keep no details of anyone under 18, only the number of people."),
        choices=[("yes", _("Yes")), ("no", _("No, I am under 18"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Select yes if you are 18 or over."),
            "invalid_choice": _("Select yes if you are 18 or over."),
        },
    )
    kind = forms.ChoiceField(
        label=_("What kind of group is it?"),
        choices=[(kind, capfirst(label)) for kind, label in Kind.choices],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the kind of group."), "invalid_choice": _("Choose the kind of group.")},
    )
    institution = InstitutionField(
        label=_("Name of the school, club, workplace or meeting place"),
        help_text=_("For example “Migjeni”. Do not write the name of anyone in the group."),
    )
    municipality = MunicipalityField()
    held_on = forms.DateField(
        label=_("When did you pledge together?"),
        widget=DayInput,
        error_messages={
            "required": _("Enter the date when you pledged together."),
            "invalid": _("Enter the year, month and day, for example 2026-11-19."),
        },
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
    letter = placed(LetterField(label=_("Letter (if the class has one)")), section=CLASS)
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
            error_messages={"required": _("Tick the box if everyone agreed. Without this we cannot count the group.")},
        ),
        section=AGREEMENT,
    )
    consent = placed(
        forms.BooleanField(
            label=_(
                "I give my consent: #WEARE1 may keep my name and email address, encrypted, for one year at most, to check "
                "this group and to email me about it. I can withdraw my consent at any time, using the link in the email."
            ),
            error_messages={
                "required": _("Tick the box to give your consent. Without it we cannot email you about the group.")
            },
        ),
        section=AGREEMENT,
    )

    action = "pledges:group"
    form_id = "group"
    button = ("send", _("Enter the group"))

    def __init__(self, *args, event="", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["event"].initial = event
        self.add_numbers()
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
        if letter and not letter.isalnum():
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

    def _group(self, cleaned):
        """The group, without its adult. It names no person."""
        names = ("kind", "institution", "municipality", "held_on", "grade", "letter", "people")
        return GroupPledge(
            institution_key=institution_key(cleaned["institution"]),
            school_year=school_year(cleaned["held_on"]),
            **{name: cleaned[name] for name in names},
        )

    def submission(self):
        group = self._group(self.cleaned_data)
        return Submission(kind=Submission.Kind.GROUP).seal(
            name=self.cleaned_data["name"],
            email=self.cleaned_data["email"],
            language=get_language(),
            kind=group.kind,
            institution=group.institution,
            institution_key=group.institution_key,
            municipality=group.municipality.pk,
            held_on=group.held_on.isoformat(),
            school_year=group.school_year,
            grade=group.grade,
            letter=group.letter,
            people=group.people,
            event=self.of_event and self.of_event.pk,
            agreed="\n".join(str(self.fields[name].label) for name in ("statement", "consent")),
        )


class GroupCorrectionForm(NumbersMixin, forms.Form):
    """The numbers of a group, as its adult corrects them."""

    def __init__(self, *args, group, action, **kwargs):
        super().__init__(*args, **kwargs)
        self.group = group
        self.add_numbers(group.people)
        self.helper = FormHelper()
        self.helper.disable_csrf = True
        self.helper.form_action = action
        self.helper.layout = Layout(*field_layout(self, self.fields), Submit("save", _("Save the numbers")))

    def clean(self):
        cleaned = super().clean()
        cleaned["people"] = self.clean_numbers(self.group.kind)
        return cleaned

    def save(self):
        """Store the numbers; returns whether they could still be corrected."""
        return self.group.correct(self.cleaned_data["people"])
