"""What one request does with the draft of a row: its button, who may publish, and the forms of time and words."""

from dataclasses import dataclass, field
from datetime import datetime

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.admin.content_form import ContentForm
from staff.admin.naming import NamedForm
from staff.drafts.models import Draft

PUBLISH = "staff.publish_draft"
# Buttons of a draft; any other one publishes.
ACTIONS = ("_check", "_draft", "_preview", "_submit", "_schedule")


class ScheduleForm(forms.Form):
    """The time at which a draft is published by itself."""

    at = forms.SplitDateTimeField(
        label=gettext_lazy("Publish on"),
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": gettext_lazy("Date")},
            time_attrs={"type": "time", "aria-label": gettext_lazy("Time")},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
        error_messages={
            "required": gettext_lazy("Choose the day and the time at which it is published, then press “Schedule”."),
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, prefix="draft", **kwargs)

    def clean_at(self):
        """A time to come."""
        at = self.cleaned_data["at"]
        if at <= timezone.now():
            raise ValidationError(
                _("This time is in the past. Choose a time to come, or press “Publish” to publish it now."), code="past"
            )
        return at


@dataclass
class Drafting:
    """What a form knows about the draft of its row. `errors` are shown above it, `row` is what was saved or published."""

    user: User
    draft: Draft | None
    # The name of the button, "_publish" for any but ACTIONS, "" while the form is only shown.
    action: str = ""
    at: datetime | None = None
    errors: list = field(default_factory=list)
    is_conflict: bool = False
    row: object = None
    # What the form has to send next time, after it has saved itself.
    fields: dict = field(default_factory=dict)

    @property
    def keeps(self):
        """Whether the form is stored as it is typed, and validated later."""
        return self.action in ("_check", "_draft", "_preview", "_submit")

    @property
    def waits(self):
        """Whether the draft waits for review."""
        return self.draft is not None and self.draft.state == Draft.State.SUBMITTED

    @property
    def may_publish(self):
        """Whether the account may publish, and approve or return what waits for review."""
        return self.user.has_perm(PUBLISH)

    @property
    def saves_itself(self):
        """Whether the form may save the draft while somebody types: not one that waits for others."""
        return self.draft is None or self.draft.state in (Draft.State.DRAFT, Draft.State.RETURNED)

    @property
    def refusal(self):
        """Why this account may not publish, or None."""
        words = _("Your account does not publish. Press “Submit for review”: a second person publishes it.")
        return None if self.may_publish else words


class DraftForm(ContentForm, NamedForm):
    """A form whose row can be a draft: what is only kept may be incomplete. `drafting` is set by DraftedAdmin."""

    drafting = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.keeps = self.drafting is not None and self.drafting.keeps
        self.instance.is_checked = not self.keeps
        if self.keeps:
            for each in self.fields.values():
                each.required = False
        for name in self._at_once():
            self.fields[name].show_hidden_initial = True

    def _at_once(self):
        """The fields that a button may have changed since the form was opened."""
        return [name for name in getattr(self.instance, "at_once", ()) if name in self.fields]

    def clean(self):
        cleaned = self.with_names(self.cleaned_data) if self.keeps else super().clean()
        for name in self._at_once():
            if name in cleaned and name not in self.changed_data:
                cleaned[name] = self.initial.get(name)
        if self.drafting:
            refusal = None if self.keeps else self.drafting.refusal
            for words in filter(None, [*self.drafting.errors, refusal]):
                self.add_error(None, ValidationError(words, code="draft"))
        return cleaned


class DraftFormSet(forms.BaseInlineFormSet):
    """The rows that are edited with a row. `drafting` is set by DraftedAdmin."""

    drafting = None

    def _existing_object(self, pk):
        """The row of the draft. A form that was opened before there was one has the ids of published rows."""
        if pk is None:
            return None
        if row := super()._existing_object(pk):
            return row
        rows = self.model.objects.everything().filter(**{self.fk.name: self.instance.pk})
        return rows.filter(draft_of=pk).first() or rows.filter(pk=pk, draft=None).first()

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        # An empty row before the last one that was stored.
        form.fields[self.model._meta.pk.name].required = False
        form.empty_permitted |= form.instance.pk is None
        return form

    def full_clean(self):
        super().full_clean()
        if self.is_bound:
            # Those that the page shows again: there may be more forms than rows of the draft.
            self._queryset = [form.instance for form in self.initial_forms]

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields[self.model._meta.pk.name].queryset = self.model.objects.everything()
        form.instance.is_checked = not self.drafting.keeps
        if self.drafting.keeps:
            for each in form.fields.values():
                each.required = False

    def keep(self):
        """Save the rows in the draft; what a published row misses there is deleted when the draft is published."""
        draft, count, stored = self.drafting.draft, 0, []
        self.save(commit=False)
        for number, form in enumerate(self.forms, 1):
            if form in self.deleted_forms or not (form.has_changed() or form.instance.pk):
                if form.instance.pk:
                    # Unticked again, it is the published row that comes back.
                    self.drafting.fields[form.add_prefix("id")] = str(form.instance.draft_of_id or "")
                continue
            stored.append(form.instance.keep(draft).pk)
            self.drafting.fields[form.add_prefix("id")] = str(stored[-1])
            count = number
        # Those that were deleted, and those that were stored by the form itself and removed from it.
        self.model.objects.everything().filter(draft=draft).exclude(pk__in=stored).delete()
        # Those up to the last one that is stored, with any deleted ones between them.
        self.drafting.fields[f"{self.prefix}-INITIAL_FORMS"] = str(count)


def names_of(ids):
    """The names of some accounts, in one text."""
    return ", ".join(
        user.get_full_name() or user.get_username() for user in User.objects.filter(pk__in=ids).order_by("pk")
    )
