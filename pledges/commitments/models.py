"""The commitments that supporters chose: the plan for each, and how it went for those who want to be asked."""

from datetime import datetime, time, timedelta

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from pledges.sectors.models import Commitment
from pledges.supporters.models import Pledge

# How many commitments a supporter may have.
MOST = 3
# The slots of a supporter's commitments. Unique, so that no two requests together store a fourth.
SLOTS = tuple(range(1, MOST + 1))
# When a reminder is sent on the day, and how long after that it still is.
REMINDER_TIME = time(8)
REMINDER_LIFE = timedelta(hours=3)
# When people are asked how it went, counted from their choice, and for how long they can answer and change the answer.
QUESTIONS_AFTER = (timedelta(days=30), timedelta(days=90))
ANSWER_PERIOD = timedelta(days=14)


def reminder_time(day):
    """When the reminder of something planned for this day is sent: in the morning, in Tirana."""
    return timezone.make_aware(datetime.combine(day, REMINDER_TIME))


class FollowUpAnswer(models.TextChoices):
    DONE = "done", _("I have done it")
    GOING_ON = "going_on", _("I am still working on it")
    CANNOT_SAY = "cannot_say", _("I cannot say")
    NOT_ANY_MORE = "not_any_more", _("This is no longer for me")


def of_someone_to_email():
    """The condition that a row is of someone whom we count and can email."""
    return Q(pledge__state=Pledge.State.CONFIRMED, pledge__address_cipher__isnull=False, pledge__restricted_at=None)


class ChosenCommitmentQuerySet(models.QuerySet):
    def due_for_reminder(self):
        """Those whose reminder is due: not sent yet, not too late, of someone whom we count and can email."""
        due = self.filter(remind_at__lte=Now(), remind_at__gt=Now() - REMINDER_LIFE, reminded_at=None)
        return due.filter(of_someone_to_email())

    def reminded_now(self):
        """Those whose reminder is being sent, in the order of their slots."""
        sent = self.filter(reminded_at__isnull=False, remind_at__gt=Now() - REMINDER_LIFE)
        return sent.select_related("commitment").order_by("slot", "pk")

    def to_ask_about(self):
        """Those that their supporter has not given up."""
        return self.exclude(answer=FollowUpAnswer.NOT_ANY_MORE)


class ChosenCommitment(models.Model):
    """A commitment that one supporter chose, with plan and answer. It is deleted with the pledge."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="chosen", verbose_name=_("pledge"))
    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="chosen", verbose_name=_("commitment")
    )
    chosen_at = models.DateTimeField(_("chosen"), db_default=Now(), editable=False)
    slot = models.PositiveSmallIntegerField(editable=False)
    # For when it is planned, if a day is.
    day = models.DateField(_("day"), null=True, editable=False)
    remind_at = models.DateTimeField(null=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)
    # When its supporter was last asked about it, and the latest answer with the number of the question it was given to.
    asked_at = models.DateTimeField(null=True, editable=False)
    answer = models.CharField(max_length=12, choices=FollowUpAnswer, default="", db_default="", editable=False)
    answered_question = models.PositiveSmallIntegerField(null=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)

    objects = ChosenCommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("chosen commitment")
        verbose_name_plural = _("chosen commitments")
        constraints = [
            models.UniqueConstraint(fields=["pledge", "commitment"], name="chosen_commitment_unique"),
            models.UniqueConstraint(fields=["pledge", "slot"], name="chosen_commitment_slot_unique"),
            models.CheckConstraint(name="chosen_commitment_at_most_three", condition=Q(slot__in=SLOTS)),
            models.CheckConstraint(
                name="chosen_commitment_plan_to_remind_of",
                condition=Q(remind_at=None) | Q(day__isnull=False),
            ),
            models.CheckConstraint(
                name="chosen_commitment_answer_and_time",
                condition=Q(answer="", answered_at=None, answered_question=None)
                | ~Q(answer="") & Q(asked_at__isnull=False, answered_at__isnull=False, answered_question__in=(1, 2)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["remind_at"],
                name="chosen_commitment_remind",
                condition=Q(remind_at__isnull=False, reminded_at=None),
            ),
        ]

    @property
    def plan(self):
        """The day in words, such as "Saturday, 28 November"; "" without a plan."""
        return day_in_words(self.day) if self.day else ""


def day_in_words(day):
    """A day such as "Saturday, 28 November" in the active language."""
    return f"{capfirst(date_format(day, 'l'))}, {date_format(day, 'j F')}"


class FollowUpQuerySet(models.QuerySet):
    def due(self):
        """Those whose next question is due. The second one waits until the first can no longer be answered."""
        first, second = QUESTIONS_AFTER
        is_due = Q(questions=0, since__lte=Now() - first) | Q(
            questions=1, since__lte=Now() - second, asked_at__lte=Now() - ANSWER_PERIOD
        )
        to_ask_about = ChosenCommitment.objects.to_ask_about().filter(pledge=OuterRef("pledge"))
        due = self.filter(is_due, Exists(to_ask_about), ended_at=None)
        return due.filter(of_someone_to_email())


class FollowUp(models.Model):
    """The wish of one supporter to be asked how it went. It is deleted with the pledge.

    It stays when the supporter ends it, so that ticking the box again does not lead to a third question.
    """

    pledge = models.OneToOneField(Pledge, on_delete=models.CASCADE, primary_key=True, related_name="follow_up")
    # The last choice before the first question, from which the days are counted.
    since = models.DateTimeField(db_default=Now(), editable=False)
    # How many questions were asked, and when the last one.
    questions = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="follow_up_asked_at_most_twice",
                condition=Q(questions=0, asked_at=None) | Q(questions__in=(1, 2), asked_at__isnull=False),
            ),
        ]
        indexes = [
            # Housekeeping looks for due ones every minute.
            models.Index(
                fields=["questions", "since"], name="follow_up_open", condition=Q(ended_at=None, questions__lt=2)
            ),
        ]

    @classmethod
    def wish(cls, pledge, is_wanted):
        """Store whether the supporter wants to be asked, in the caller's transaction."""
        if is_wanted:
            cls.objects.bulk_create([cls(pledge=pledge)], ignore_conflicts=True)
            cls.objects.filter(pledge=pledge, ended_at__isnull=False).update(ended_at=None)
        else:
            cls.objects.filter(pledge=pledge, ended_at=None).update(ended_at=Now())

    @classmethod
    def end(cls, pledge):
        """End all messages about the supporter's commitments: questions and reminders."""
        with transaction.atomic():
            cls.wish(pledge, False)
            pledge.chosen.filter(remind_at__isnull=False).update(remind_at=None)

    @property
    def is_wanted(self):
        return self.ended_at is None

    @property
    def asked_about(self):
        """The ChosenCommitment rows that the last question is about, in the order of their slots."""
        rows = ChosenCommitment.objects.filter(pledge=self.pledge_id, asked_at__isnull=False, asked_at=self.asked_at)
        return rows.select_related("commitment").order_by("slot", "pk")

    @property
    def can_be_asked(self):
        """Whether a question is still to come if the supporter wants it."""
        return self.questions < len(QUESTIONS_AFTER)

    @property
    def answer_until(self):
        """When the last question can no longer be answered, or None before the first."""
        return self.asked_at and self.asked_at + ANSWER_PERIOD

    @property
    def is_open(self):
        """Whether the last question can be answered now."""
        return self.asked_at is not None and timezone.now() < self.answer_until
