"""Forms about commitments behind a supporter's own links: which ones, when, and how it went."""

import re
from datetime import date, timedelta

from crispy_forms.layout import HTML, Div, Submit
from django import forms
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from pledges.commitments.models import (
    MOST,
    SLOTS,
    ChosenCommitment,
    FollowUp,
    FollowUpAnswer,
    day_in_words,
    reminder_time,
)
from pledges.forms.layout import helper
from pledges.sectors.models import Commitment

NOT_THEIRS = _("Choose from the commitments on this page.")
# Days that a plan can be for: today and the next ones.
PLAN_DAYS = 14


class CommitmentsForm(forms.Form):
    commitments = forms.ModelMultipleChoiceField(
        Commitment.objects.none(),
        required=False,
        label=_("What will you do?"),
        help_text=_("Choose up to three."),
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(["invalid_choice", "invalid_pk_value", "invalid_list"], NOT_THEIRS),
    )

    def __init__(self, *args, pledge, action, **kwargs):
        self.pledge = pledge
        chosen = pledge.chosen.values("commitment")
        super().__init__(*args, initial={"commitments": [row["commitment"] for row in chosen]}, **kwargs)
        # Those of a former sector, and those that are no longer offered, stay while they are chosen.
        self.fields["commitments"].queryset = Commitment.objects.filter(
            Q(sector=pledge.sector_id, is_offered=True) | Q(pk__in=chosen)
        ).order_by("sector", "position", "pk")
        # A page with a way past the form names it in its context.
        skip = HTML(
            format_lazy(
                '{{% if skip_url %}}<a class="more" href="{{{{ skip_url }}}}">{}</a>{{% endif %}}', _("Not now")
            )
        )
        # The main button of the page of those who have chosen is that of the plan.
        css_class = "btn-2" if self.initial["commitments"] else ""
        save = Submit("choose", _("Save my commitment"), css_class=css_class)
        self.helper = helper("commitments", Div(save, skip, css_class="actions"), action=action)

    def clean_commitments(self):
        ticked = self.cleaned_data["commitments"]
        if len(ticked) > MOST:
            raise forms.ValidationError(_("Choose up to three."))
        return ticked

    def save(self):
        """Store exactly the ticked commitments; those chosen before keep plan, answer and the time of their first choice.

        The caller has locked the pledge. A new choice before the first question starts its 30 days again.
        """
        ticked = self.cleaned_data["commitments"]
        self.pledge.chosen.exclude(commitment__in=ticked).delete()
        kept = list(self.pledge.chosen.all())
        free = iter(sorted(set(SLOTS) - {row.slot for row in kept}))
        known = {row.commitment_id for row in kept}
        new = [
            ChosenCommitment(pledge=self.pledge, commitment=commitment, slot=next(free))
            for commitment in ticked
            if commitment.pk not in known
        ]
        ChosenCommitment.objects.bulk_create(new)
        if new:
            FollowUp.objects.filter(pledge=self.pledge, questions=0).update(since=Now())


class EachCommitmentForm(forms.Form):
    """Base of forms with fields for each of these chosen commitments, named "day-7" after the id of the commitment."""

    # The first parts of the names of its fields.
    names = ()

    def __init__(self, *args, chosen, **kwargs):
        super().__init__(*args, **kwargs)
        self.chosen = list(chosen)
        for row in self.chosen:
            for name in self.names:
                self.fields[f"{name}-{row.commitment_id}"] = self.make_field(name, row)

    def make_field(self, name, row):
        """The field of this name for a chosen commitment, with its initial value."""
        raise NotImplementedError

    @property
    def rows(self):
        """(chosen commitment, [bound fields]) in the order of the commitments."""
        return [(row, [self[f"{name}-{row.commitment_id}"] for name in self.names]) for row in self.chosen]

    def value(self, name, row):
        return self.cleaned_data.get(f"{name}-{row.commitment_id}")

    def clean(self):
        """Refuse fields of commitments that this supporter has not chosen, or has no longer."""
        pattern = re.compile(rf"(?:{'|'.join(self.names)})-\d+")
        if any(pattern.fullmatch(name) and name not in self.fields for name in self.data):
            self.add_error(None, NOT_THEIRS)
        return super().clean()


class PlanForm(EachCommitmentForm):
    names = ("day", "remind")

    ask = forms.BooleanField(
        label=_("Ask me by email how it went"),
        required=False,
        help_text=_("We email you twice, 30 days and 90 days after you choose. You can stop this at any time."),
    )

    def __init__(self, *args, pledge, **kwargs):
        self.pledge, self.now = pledge, timezone.now()
        today = timezone.localdate(self.now)
        self.days = [today + timedelta(days=number) for number in range(PLAN_DAYS)]
        follow_up = FollowUp.objects.filter(pledge=pledge).first()
        initial = {"ask": follow_up is not None and follow_up.is_wanted}
        super().__init__(*args, initial=initial, **kwargs)
        if follow_up is not None and not follow_up.can_be_asked:
            del self.fields["ask"]

    def make_field(self, name, row):
        # A plan whose day is over is no longer a plan.
        is_kept = row.day in self.days
        if name == "remind":
            return forms.BooleanField(
                label=_("Remind me by email on that morning"),
                required=False,
                initial=is_kept and row.remind_at is not None,
            )
        return forms.TypedChoiceField(
            label=_("Day"),
            required=False,
            choices=[("", _("Not decided")), *((day.isoformat(), day_in_words(day)) for day in self.days)],
            coerce=date.fromisoformat,
            empty_value=None,
            initial=row.day.isoformat() if is_kept else "",
            error_messages={"invalid_choice": _("Choose a day from the list.")},
        )

    def clean(self):
        cleaned = super().clean()
        for row in self.chosen:
            day, remind = (f"{name}-{row.commitment_id}" for name in self.names)
            if day in self.errors or not cleaned.get(remind):
                continue
            if not cleaned[day]:
                self.add_error(remind, _("Choose a day for the reminder."))
            elif row.remind_at != reminder_time(cleaned[day]) <= self.now:
                self.add_error(remind, _("It is too late for today’s reminder. Choose a later day, or untick it."))
        return cleaned

    def save(self):
        for row in self.chosen:
            day = self.value("day", row)
            plan = {"day": day, "remind_at": reminder_time(day) if self.value("remind", row) else None}
            if plan["remind_at"] != row.remind_at:
                plan["reminded_at"] = None
            self.pledge.chosen.filter(pk=row.pk).update(**plan)
        if "ask" in self.fields:
            FollowUp.wish(self.pledge, self.cleaned_data["ask"])


class AnswersForm(EachCommitmentForm):
    """How it went with each commitment. Those without an answer stay as they are; at least one needs an answer."""

    names = ("answer",)

    def __init__(self, *args, follow_up, **kwargs):
        self.follow_up = follow_up
        super().__init__(*args, **kwargs)

    def make_field(self, name, row):
        # Only what was answered to this question: what someone said two months before is no answer to it.
        is_answered = row.answered_question == self.follow_up.questions
        return forms.ChoiceField(
            label=row.commitment.text,
            required=False,
            choices=FollowUpAnswer.choices,
            widget=forms.RadioSelect,
            initial=row.answer if is_answered else "",
            error_messages={"invalid_choice": _("Choose one of the four answers.")},
        )

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not any(self.value("answer", row) for row in self.chosen):
            self.add_error(next(iter(self.fields), None), _("Choose an answer for at least one commitment."))
        return cleaned

    def save(self):
        for row in self.chosen:
            if answer := self.value("answer", row):
                self.follow_up.pledge.chosen.filter(pk=row.pk).update(
                    answer=answer, answered_question=self.follow_up.questions, answered_at=Now()
                )
