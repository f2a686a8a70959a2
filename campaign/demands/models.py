"""Demands of the movement to the state, their steps, which are corrected but never changed or deleted, and their hand-overs."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from campaign.content import SiteContent
from campaign.publishing.models import ContentItem
from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.goals.models import OPENS_AT
from pledges.languages import filled, in_both_languages
from pledges.models import Goal
from pledges.places.models import public_email
from staff.drafts.models import Draftable, LiveManager, UniqueLive, check_live

# The state may act without notice: a demand is due for review again after this time.
CHECK_INTERVAL = timedelta(days=60)


class State(models.TextChoices):
    ASKED = "asked", _("Asked")
    IN_REVIEW = "in_review", _("In review")
    ADOPTED = "adopted", _("Law adopted")
    IN_FORCE = "in_force", _("Law in force")
    WORKING = "working", _("Working")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    UNKNOWN = "unknown", _("We do not know")


# After these everything begins again.
ENDS = (State.REFUSED, State.WITHDRAWN)

# The dots of the path.
DOTS = (State.ASKED, State.IN_REVIEW, State.ADOPTED, State.WORKING)

# What a demand in this state is, in one sentence.
SENTENCES = {
    State.ASKED: _("It has been asked for. We know of no work on it yet."),
    State.IN_REVIEW: _("The institutions are considering it. We know of no decision yet."),
    State.ADOPTED: _("The law has been adopted. We do not know whether it is in force."),
    State.IN_FORCE: _("The law is in force. We do not know whether what it requires has been done."),
    State.WORKING: _("The law is in force, and it works."),
    State.REFUSED: _("It has been refused."),
    State.WITHDRAWN: _("It has been withdrawn."),
    State.UNKNOWN: _("We do not know how it stands today."),
}
# The dot that each state reaches. A demand in force has reached the third one: whether it works is another question.
PLACES = {State.ASKED: 0, State.IN_REVIEW: 1, State.ADOPTED: 2, State.IN_FORCE: 2, State.WORKING: 3}


def in_order(steps):
    """The steps by date; of one day, in the order of the states."""
    return sorted(steps, key=lambda step: (step.date, State.values.index(step.state), step.pk or 0))


@dataclass(frozen=True)
class Leg:
    """One step on the timeline. `corrected` are (a step that it replaced, the step that replaced it), the last one first."""

    step: models.Model
    before: models.Model | None = None
    corrected: tuple = ()

    @property
    def is_news(self):
        """Whether the state is the same as before, so that only the sentence is new."""
        return self.before is not None and self.before.state == self.step.state

    @property
    def heading(self):
        return self.step.sentence.rstrip(".") if self.is_news else self.step.get_state_display()


@dataclass(frozen=True)
class DayCount:
    """The days of the large figure, from `since` until `until`. `words` follow the number, in its singular or plural."""

    since: date
    until: date
    words: object

    @property
    def days(self):
        return (self.until - self.since).days

    @property
    def statement(self):
        return self.words % {"n": self.days}

    @property
    def months(self):
        """Full months, at least one: one dot each."""
        months = 12 * (self.until.year - self.since.year) + self.until.month - self.since.month
        return range(max(1, months - (self.until.day < self.since.day)))


class DemandQuerySet(models.QuerySet):
    def due(self):
        """Demands not reviewed within CHECK_INTERVAL, or without a step."""
        is_old = Q(checked_on=None) | Q(checked_on__lt=timezone.localdate() - CHECK_INTERVAL)
        rows = self.annotate(published_steps=models.Count("steps", filter=Q(steps__draft=None)))
        return rows.filter(is_old | Q(published_steps=0))


class Demand(ContentItem):
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

    # What its steps say on the day that the content is of. They are to be prefetched.

    @cached_property
    def current(self):
        """The steps that no later one corrects, in order."""
        return tuple(in_order(step for step in self.steps.all() if step.pk not in self.corrections))

    @cached_property
    def corrections(self):
        """{id of a corrected step: the step that replaced it}"""
        return {step.corrects_id: step for step in self.steps.all() if step.corrects_id}

    @property
    def last(self):
        """The last step, None without any."""
        return self.current[-1] if self.current else None

    @property
    def since(self):
        """The date of the step with which the present state began, None without any."""
        began = None
        for step in reversed(self.current):
            if step.state != self.last.state:
                break
            began = step.date
        return began

    @cached_property
    def known(self):
        """The last step that says something, None without any."""
        return next((step for step in reversed(self.current) if step.state != State.UNKNOWN), None)

    @property
    def sentence(self):
        """The state today in one sentence."""
        return SENTENCES[self.last.state if self.last else State.UNKNOWN]

    @property
    def on_card(self):
        """What the picture of its link says below its title: the state, then newer news; "" without a step."""
        if not self.last:
            return ""
        told = [f"{self.last.get_state_display()}: {date_format(self.since, 'DATE_FORMAT')}"]
        if self.legs[-1].is_news:
            told.append(f"{self.legs[-1].heading} ({date_format(self.last.date, 'DATE_FORMAT')})")
        return "\n".join(told)

    @property
    def is_open(self):
        """Whether we wait for more: it neither works nor was refused or withdrawn."""
        return self.last is None or self.last.state not in (State.WORKING, *ENDS)

    @property
    def silent_days(self):
        """Days since the last step that says something."""
        return (SiteContent.current().today - self.known.date).days if self.known else None

    @cached_property
    def legs(self):
        """The timeline: a Leg for each current step."""
        by_id = {step.pk: step for step in self.steps.all()}

        def replaced(step):
            while old := by_id.get(step.corrects_id):
                yield old, step
                step = old

        pairs = zip(self.current, (None, *self.current), strict=False)
        return [Leg(step, before, tuple(replaced(step))) for step, before in pairs]

    @cached_property
    def path(self):
        """[(label, mark)] of the four dots, empty without a step; a mark is "done", "now", "maybe" (we do not know) or ""."""
        if self.known is None:
            return []
        state, labels = self.known.state, [dot.label for dot in DOTS]
        place = max(PLACES.get(step.state, 0) for step in self._since_the_last_end())
        if state != State.WORKING:
            place = min(place, 2)
        if state in ENDS:
            place += 1
            labels[place] = self.known.get_state_display()
        marks = ["done"] * place + ["now"] + [""] * (3 - place)
        if state == State.IN_FORCE:
            labels[2], labels[3], marks[3] = State.IN_FORCE.label, _("Working: we do not know"), "maybe"
        return list(zip(labels, marks, strict=True))

    def _since_the_last_end(self):
        """The steps after the last refusal or withdrawal that was not the end; all of them if that is the last word."""
        steps = list(self.current[: self.current.index(self.known) + 1])
        ends = [n for n, step in enumerate(steps[:-1]) if step.state in ENDS]
        return steps[ends[-1] + 1 :] if ends else steps

    @cached_property
    def count(self):
        """The DayCount of days, None without a step and for a demand that was withdrawn."""
        if self.known is None or self.known.state == State.WITHDRAWN:
            return None
        asked, today = self.current[0], SiteContent.current().today
        first = {step.state: step for step in reversed(self._since_the_last_end())}
        if self.known.state == State.WORKING:
            words = ngettext_lazy("passed until it worked.", "passed until it worked.", "n")
            return DayCount(asked.date, first[State.WORKING].date, words)
        if self.known.state == State.IN_FORCE:
            words = ngettext_lazy(
                "has passed since the law came into force.", "have passed since the law came into force.", "n"
            )
            return DayCount(first[State.IN_FORCE].date, today, words)
        words = ngettext_lazy("has passed since it was asked for.", "have passed since it was asked for.", "n")
        return DayCount(asked.date, today, words)


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
            check_live(
                "demandstep_in_both_languages", Q(demand__isnull=False, date__isnull=False) & filled("sentence")
            ),
            UniqueLive(
                fields=["corrects"],
                name="demandstep_corrects",
                words=_("This step has been corrected already. Correct the step that replaced it."),
            ),
            check_live("demandstep_has_a_source", ~Q(source_title="") & Q(source_url__regex="^https?://")),
            check_live(
                "demandstep_correction_says_why",
                Q(corrects=None, reason_sq="", reason_en="") | Q(corrects__isnull=False) & filled("reason"),
                _("Say in both languages what was wrong."),
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
