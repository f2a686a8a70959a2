"""The steps of demands: what happened when, and where that can be read. Steps are corrected, never changed or deleted."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from campaign.columns import in_both_languages
from campaign.demands.models import Demand
from staff.drafts.models import Draftable, LiveManager, UniqueLive


def not_in_the_future(day):
    """Raise ValidationError for a day that is still to come in Tirana."""
    if day > timezone.localdate():
        raise ValidationError(_("This date is in the future. Enter it when it has happened."))


class DemandStepQuerySet(models.QuerySet):
    def current(self):
        """The steps that no later one corrects."""
        return self.exclude(pk__in=DemandStep.objects.exclude(corrects=None).values("corrects"))


class DemandStep(Draftable):
    """One step of a demand. A trigger refuses changes and deletions (migrations/sql/demands.sql).

    A step that `corrects` another one takes its place and says why; the other stays visible.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        IN_REVIEW = "in_review", _("In review")
        ADOPTED = "adopted", _("Law adopted")
        IN_FORCE = "in_force", _("Law in force")
        WORKING = "working", _("Working")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        UNKNOWN = "unknown", _("We do not know")

    demand = models.ForeignKey(
        Demand,
        on_delete=models.PROTECT,
        null=True,
        related_name="steps",
        verbose_name=_("demand"),
        help_text=_("The demand this step belongs to."),
    )
    date = models.DateField(
        _("date"),
        null=True,
        validators=[not_in_the_future],
        help_text=_("The date on which it happened, or on which the source says how things were."),
    )
    state = models.CharField(
        _("step"),
        max_length=9,
        choices=State,
        help_text=_("The stage the demand has reached. If the news changes nothing, choose the same step as before."),
    )
    sentence = in_both_languages(
        _("what happened"),
        _("One sentence that the source supports, for example “The law on the register was passed.”"),
        max_length=300,
    )
    source_title = models.CharField(
        _("source"), max_length=160, help_text=_("Who says so, for example “crca.al, 4.4.2023”.")
    )
    source_url = models.URLField(
        _("address of the source"),
        max_length=300,
        help_text=_("Where people can read it, for example https://crca.al/en/."),
    )
    entered_at = models.DateTimeField(_("entered"), default=timezone.now, editable=False)
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name=_("corrects"),
        help_text=_("The step that this one replaces. The page goes on showing it in small letters."),
    )
    reason = in_both_languages(
        _("why it is corrected"), _("What was wrong, in one sentence. Visitors see it."), max_length=240, blank=True
    )

    objects = LiveManager.from_queryset(DemandStepQuerySet)()

    class Meta:
        verbose_name = _("step of a demand")
        verbose_name_plural = _("steps of demands")
        ordering = ["-date", "-pk"]
        # No role may change or delete a step.
        default_permissions = ("add", "view")
        constraints = [
            models.CheckConstraint(
                name="demandstep_in_both_languages",
                condition=Q(draft__isnull=False)
                | Q(demand__isnull=False, date__isnull=False) & ~Q(sentence_sq="") & ~Q(sentence_en=""),
            ),
            UniqueLive(
                fields=["corrects"],
                name="demandstep_corrects",
                words=_("This step has been corrected already. Correct the step that replaced it."),
            ),
            models.CheckConstraint(
                name="demandstep_has_a_source",
                condition=Q(draft__isnull=False) | ~Q(source_title="") & Q(source_url__regex="^https?://"),
            ),
            models.CheckConstraint(
                name="demandstep_correction_says_why",
                condition=Q(draft__isnull=False)
                | Q(corrects=None, reason_sq="", reason_en="")
                | (Q(corrects__isnull=False) & ~Q(reason_sq="") & ~Q(reason_en="")),
                violation_error_message=_("Say in both languages what was wrong."),
            ),
        ]

    def __str__(self):
        return ", ".join(filter(None, (self.get_state_display(), self.date and date_format(self.date, "DATE_FORMAT"))))

    def publish(self, draft=None, user=None):
        """As of every draft, entered now. Someone who enters news has looked at the demand."""
        self.entered_at = timezone.now()
        super().publish(draft, user)
        if self.corrects_id is None:
            Demand.objects.change_at_once([self.demand_id], checked_on=timezone.localdate())

    def clean(self):
        """Validate the place among the other steps."""
        if self.date and self.state and self.demand_id:
            others = self.demand.steps.current().exclude(pk=self.corrects_id).exclude(pk=self.pk)
            if problem := order_problem([*others, self]):
                raise ValidationError({"date": problem})


State = DemandStep.State
# After these everything begins again.
ENDS = (State.REFUSED, State.WITHDRAWN)
# What may follow each state, besides an end and that we do not know. A law in force may work or not.
FOLLOWING = {
    State.ASKED: (State.ASKED, State.IN_REVIEW, State.ADOPTED),
    State.IN_REVIEW: (State.IN_REVIEW, State.ADOPTED),
    State.ADOPTED: (State.ADOPTED, State.IN_FORCE, State.WORKING),
    State.IN_FORCE: (State.IN_FORCE, State.WORKING),
    State.WORKING: (State.IN_FORCE, State.WORKING),
    **dict.fromkeys(ENDS, (State.ASKED, State.IN_REVIEW, State.ADOPTED)),
}


def in_order(steps):
    """The steps by date; of one day, in the order of the states."""
    return sorted(steps, key=lambda step: (step.date, State.values.index(step.state), step.pk or 0))


def order_problem(steps):
    """What is wrong with the order of these steps, as a sentence that says what to do; None if nothing is."""
    before = None
    for step in in_order(steps):
        words = {"step": step.get_state_display(), "date": date_format(step.date, "DATE_FORMAT")}
        if before is None and step.state != State.ASKED:
            sentence = _(
                "“%(step)s” on %(date)s would come before the demand was asked. Enter the step “Asked” first, or check the "
                "date."
            )
            return sentence % words
        if before and step.state not in (*FOLLOWING[before.state], *ENDS, State.UNKNOWN):
            sentence = _(
                "“%(step)s” on %(date)s cannot come after “%(before)s”. Check the date and the step; if the earlier step is "
                "wrong, correct that one."
            )
            return sentence % {**words, "before": before.get_state_display()}
        if step.state != State.UNKNOWN:
            before = step
    return None
