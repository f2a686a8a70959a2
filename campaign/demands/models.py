"""Demands of the movement to the state, their steps, which are corrected but never changed or deleted, and their hand-overs."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from campaign.demands.history import ENDS, History, State, in_order
from campaign.publishing.models import ContentItem
from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.goals.models import OPENS_AT
from pledges.languages import filled, in_both_languages
from pledges.models import Goal
from pledges.places.models import public_email
from staff.drafts.models import Draftable, LiveManager, UniqueLive

# The state may act without notice: a demand is due for review again after this time.
CHECK_INTERVAL = timedelta(days=60)


class DemandQuerySet(models.QuerySet):
    def due(self):
        """Demands not reviewed within CHECK_INTERVAL, or without a step."""
        is_old = Q(checked_on=None) | Q(checked_on__lt=timezone.localdate() - CHECK_INTERVAL)
        rows = self.annotate(published_steps=Count("steps", filter=Q(steps__draft=None)))
        return rows.filter(is_old | Q(published_steps=0))


class Demand(History, ContentItem):
    """A demand of the movement to the state. Its address never changes, because letters and posts carry it."""

    title = in_both_languages(
        _("title"),
        _("What is asked for, in a few words, for example “A national register of sexual crimes”."),
        max_length=120,
    )
    text = in_both_languages(
        _("text"),
        _("Say how things are now, with dates, for example “The ministry answered in March”."),
        models.TextField,
        max_length=500,
    )
    slug = in_both_languages(
        _("address"),
        _("The last part of the page’s address, for example “national-register”. It cannot be changed later."),
        models.SlugField,
        max_length=80,
    )
    institution = models.CharField(
        _("institution"),
        max_length=160,
        blank=True,
        help_text=_(
            "The institution responsible for it today, by its official name in Albanian, for example "
            "“Kuvendi”, never a person. Leave empty if we do not know: the page says so."
        ),
    )
    email = public_email()
    checked_on = models.DateField(
        _("last reviewed"),
        null=True,
        blank=True,
        help_text=_("The date someone last checked that this is still correct. Visitors do not see it."),
    )

    at_once = ("checked_on",)

    objects = LiveManager.from_queryset(DemandQuerySet)()

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        constraints = [
            *ContentItem.Meta.constraints,
            UniqueLive(fields=["slug_sq"], name="demand_slug_sq"),
            UniqueLive(fields=["slug_en"], name="demand_slug_en"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("campaign:demand", args=[self.slug])


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

    State = State

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
                condition=Q(draft__isnull=False) | Q(demand__isnull=False, date__isnull=False) & filled("sentence"),
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
                | Q(corrects__isnull=False) & filled("reason"),
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


# What may follow each state, besides an end and that we do not know. A law in force may work or not.
FOLLOWING = {
    State.ASKED: (State.ASKED, State.IN_REVIEW, State.ADOPTED),
    State.IN_REVIEW: (State.IN_REVIEW, State.ADOPTED),
    State.ADOPTED: (State.ADOPTED, State.IN_FORCE, State.WORKING),
    State.IN_FORCE: (State.IN_FORCE, State.WORKING),
    State.WORKING: (State.IN_FORCE, State.WORKING),
    **dict.fromkeys(ENDS, (State.ASKED, State.IN_REVIEW, State.ADOPTED)),
}


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


class HandOver(models.Model):
    """What is handed to whom, for a goal or another reason. Silence counts from `handed_on`, which needs a registry number."""

    goal = models.OneToOneField(
        Goal,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="handover",
        verbose_name=_("goal"),
        error_messages={"unique": _("This goal already has a hand-over.")},
        help_text=_(
            "The demand is handed over when there are so many supporters. Leave empty if it is for another reason."
        ),
    )
    demand = models.ForeignKey(
        Demand,
        on_delete=models.PROTECT,
        related_name="handovers",
        verbose_name=_("demand"),
        help_text=_("What is handed over."),
    )
    institution = models.CharField(
        _("institution"),
        max_length=160,
        help_text=_(
            "The institution that receives it, by its official name in Albanian, for example “Kuvendi”. Never a person."
        ),
    )
    handed_on = models.DateField(
        _("handed over on"),
        null=True,
        blank=True,
        validators=[not_in_the_future],
        help_text=_("The date on which the institution registered it. The page counts the days from here."),
    )
    registry_number = models.CharField(
        _("registry number"),
        max_length=60,
        blank=True,
        help_text=_("The number that the institution gave it, for example “1234/1”. The page shows it."),
    )
    answered_on = models.DateField(
        _("answered on"),
        null=True,
        blank=True,
        validators=[not_in_the_future],
        help_text=_("The date of the answer. Leave empty until there is one."),
    )
    answer = in_both_languages(
        _("answer"),
        _(
            "Write the institution’s own words, without quotation marks, for example “We will examine the "
            "demand”; in the other language an exact translation. Leave out the names of people."
        ),
        models.TextField,
        max_length=1500,
        blank=True,
    )

    required_translations = []

    class Meta:
        verbose_name = _("hand-over of a demand")
        verbose_name_plural = _("hand-overs of demands")
        ordering = ["goal__people", "pk"]
        constraints = [
            models.CheckConstraint(name="handover_names_an_institution", condition=~Q(institution="")),
            models.CheckConstraint(
                name="handover_date_with_registry_number",
                condition=Q(handed_on=None, registry_number="") | (Q(handed_on__isnull=False) & ~Q(registry_number="")),
                violation_error_message=_("Enter the date and the registry number together."),
            ),
            models.CheckConstraint(
                name="handover_answer_is_whole",
                condition=Q(answered_on=None, answer_sq="", answer_en="")
                | (
                    Q(handed_on__isnull=False, answered_on__isnull=False, answered_on__gte=F("handed_on"))
                    & filled("answer")
                ),
                violation_error_message=_(
                    "An answer needs its date, its words in both languages, and a hand-over before it."
                ),
            ),
        ]

    def __str__(self):
        return f"{self.goal}: {self.institution}" if self.goal else self.institution

    @property
    def missing(self):
        """The people to go until its goal; 0 once it is reached or handed over, and without one."""
        if self.goal is None or self.handed_on:
            return 0
        return max(0, self.goal.people - tally.people_of(self.goal.county_id))

    @property
    def days(self):
        """Days from the hand-over until the answer, or until today while there is none."""
        return ((self.answered_on or SiteContent.current().today) - self.handed_on).days


@SiteContent.share
def demands(content):
    """The demands that are shown, with their steps."""
    return tuple(Demand.objects.prefetch_related("steps"))


@SiteContent.share
def handovers(content):
    """The hand-overs of demands that the public sees."""
    return tuple(HandOver.objects.filter(demand__draft=None).select_related("goal__county", "demand"))


def handover_of_place(county=None):
    """The HandOver to show of the whole country, or of the county with this code; None if there is none.

    It is the one of the largest goal that was handed over, is reached, or has given its place to the next goal and with it the
    place of its sentence.
    """
    people = tally.people_of(county)
    following = PledgeContent.current().goal_above(people, county)
    for row in reversed(SiteContent.current().handovers):
        goal = row.goal
        if goal is None:
            continue
        is_near = goal.pk != following.pk and goal.sentence and people >= OPENS_AT * goal.people
        if goal.county_id == county and (row.handed_on or people >= goal.people or is_near):
            return row
    return None


def handovers_of_demand(demand):
    """The hand-overs of this demand that have taken place, the last one first."""
    rows = (row for row in SiteContent.current().handovers if row.demand_id == demand.pk and row.handed_on)
    return sorted(rows, key=lambda row: row.handed_on, reverse=True)
