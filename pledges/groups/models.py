"""Group pledges: a class, a school, a meeting, a club or a workplace that signs together, of which only numbers are kept."""

import json
from dataclasses import replace
from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.cases.models import ERASED, HAS_CONTACT, Proposal, ProposalQuerySet, States, Step
from pledges.events.models import Event
from pledges.mail.mailboxes import MessageGrant
from pledges.mail.models import Message
from pledges.places.models import County, Municipality
from pledges.sectors.models import CHILDREN, Sector

# For how long the adult can correct the numbers after confirming.
CORRECTION_PERIOD = timedelta(days=30)
# Name and address are erased this long after the confirmation, or after the refusal.
PERSON_PERIOD = timedelta(days=365)
REFUSED_PERIOD = timedelta(days=30)
# The most characters of the key of a name.
KEY_LENGTH = 120
# Words that most names of schools share. "Shkolla “Naim Frashëri”" and "Naim Frasheri" are one institution.
COMMON_WORDS = {"shkolla", "shkolle", "shkolles", "gjimnazi", "gjimnaz", "vjecare", "9", "school", "the", "of"}


def institution_key(name):
    """The words of an institution's name in alphabetical order, without accents and common words; all words if none is left.

    It has at most KEY_LENGTH characters: without accents some letters are two, such as "ß".
    """
    words = addresses.plain_words(name)
    return " ".join(sorted(set(words) - COMMON_WORDS) or sorted(words))[:KEY_LENGTH]


def school_year(day):
    """The year in which the school year of this day began: school years begin in September."""
    return day.year if day.month >= 9 else day.year - 1


class GroupPledgeQuerySet(ProposalQuerySet):
    def waiting(self):
        """Group pledges that wait for a decision of staff: confirmed ones, and approved ones with a higher number."""
        raised = Q(state=self.model.State.APPROVED) & ~Q(people=F("counted"))
        return self.filter(Q(state=self.model.State.CONFIRMED) | raised)

    def due_to_be_erased(self):
        refused = Q(state=self.model.State.REFUSED, refused_at__lte=Now() - REFUSED_PERIOD)
        return self.with_person().filter(refused | Q(confirmed_at__lte=Now() - PERSON_PERIOD))

    def alike(self, group):
        """Those of the kind, place, school year, grade and letter of this one, which may be among them."""
        columns = ("kind", "municipality", "school_year", "grade", "letter")
        return self.filter(**{column: getattr(group, column) for column in columns})

    def same_class(self, group):
        """Approved classes of the same institution, school year, grade and letter."""
        approved = self.alike(group).filter(state=self.model.State.APPROVED, kind=self.model.Kind.CLASS)
        return approved.filter(institution_key=group.institution_key)


STATES = States(
    empty_texts=["refusal"],
    submitted="",
    confirmed="confirmed_at",
    approved="confirmed_at approved_at counted",
    refused="confirmed_at refused_at refusal words_cipher?",
    withdrawn="withdrawn_at confirmed_at? approved_at? refused_at?",
)


class GroupPledge(Proposal):
    """One group that pledged together. A responsible adult stated the numbers; staff approve them before they count.

    The people of approved groups count: `counted` by sector, in the county of the municipality, on the day of the approval
    (pledges/counting). No member is named. Name and address of the adult are ciphertext.
    """

    class Kind(models.TextChoices):
        CLASS = "class", _("class")
        SCHOOL = "school", _("school or kindergarten")
        MEETING = "meeting", _("meeting")
        CLUB = "club", _("club or group of friends")
        WORKPLACE = "workplace", _("workplace")

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("waiting for confirmation")
        CONFIRMED = "confirmed", _("waiting to be checked")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Refusal(models.TextChoices):
        """Why staff refused it. The adult reads the sentence."""

        DOUBLE = "double", _("This group has already been counted.")
        NUMBER = "number", _("The number does not fit this kind of group.")
        UNKNOWN = "unknown", _("We could not check that this institution or this group exists.")
        OTHER = "other", _("Another reason, in our own words.")

    # {kind: (people above whom staff give a reason, people above whom the form refuses)}
    LIMITS = {
        Kind.CLASS: (40, 60),
        Kind.SCHOOL: (800, 3000),
        Kind.MEETING: (300, 5000),
        Kind.CLUB: (60, 1000),
        Kind.WORKPLACE: (300, 5000),
    }

    TABLE = "group"
    STATES = STATES
    STEPS = {
        "approve": Step(
            _("Approve: count these people"),
            (State.CONFIRMED, State.APPROVED),
            State.APPROVED,
            Message.Kind.GROUP_YES,
            is_main=True,
            on_seen=True,
        ),
        "keep": Step(_("Keep the approved number"), (State.APPROVED,), on_seen=True),
        "refuse": Step(_("Refuse and email the adult"), (State.CONFIRMED,), State.REFUSED, Message.Kind.GROUP_NO),
        "undo": Step(_("Undo the decision"), (State.APPROVED, State.REFUSED), State.CONFIRMED),
        "withdraw": Step(
            _("Withdraw the group"),
            (State.CONFIRMED, State.APPROVED, State.REFUSED),
            State.WITHDRAWN,
            Message.Kind.GROUP_OUT,
            asks=_("The adult asked us to withdraw this group. You cannot undo this."),
        ),
    }

    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    institution = models.CharField(_("institution"), max_length=120)
    institution_key = models.CharField(max_length=120, editable=False)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="groups", verbose_name=_("municipality")
    )
    # That of the municipality, for the triggers.
    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="+", verbose_name=_("county"))
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="groups", verbose_name=_("event"), null=True, editable=False
    )
    held_on = models.DateField(_("date"))
    school_year = models.PositiveSmallIntegerField(_("school year"))
    grade = models.PositiveSmallIntegerField(_("grade"), null=True, blank=True)
    letter = models.CharField(_("letter"), max_length=2, blank=True)
    # {sector id as text: people}, at least 1 each: as the adult stated them, and as staff approved them.
    people = models.JSONField(_("people"))
    counted = models.JSONField(_("counted"), null=True, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.SUBMITTED)
    refusal = models.CharField(_("reason"), max_length=7, choices=Refusal, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)

    objects = GroupPledgeQuerySet.as_manager()

    class Meta(Proposal.Meta):
        verbose_name = _("group pledge")
        verbose_name_plural = _("group pledges")
        constraints = [
            STATES.constraint("group_state_and_times"),
            models.CheckConstraint(
                name="group_grade_of_a_class",
                condition=Q(kind="class", grade__isnull=False, grade__range=(0, 12))
                | ~Q(kind="class") & Q(grade=None, letter=""),
            ),
            models.CheckConstraint(
                name="group_person_or_erased",
                condition=HAS_CONTACT & ~Q(state="withdrawn") | Q(**ERASED) & ~Q(state="submitted"),
            ),
            models.UniqueConstraint(
                fields=["institution_key", "municipality", "school_year", "grade", "letter"],
                name="group_class_counts_once",
                condition=Q(state="approved", kind="class"),
            ),
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="group_state")]

    # What it says

    @property
    def title(self):
        """The group in words, such as "Class 7B, Naim Frashëri, Tiranë"."""
        if self.kind != self.Kind.CLASS:
            return f"{self.get_kind_display().capitalize()}, {self.institution}, {self.municipality}"
        grade = (
            f"{self.grade}{self.letter}" if self.grade else gettext("preparatory %(letter)s") % {"letter": self.letter}
        )
        return gettext("Class %(grade)s, %(institution)s, %(place)s") % {
            "grade": grade.strip(),
            "institution": self.institution,
            "place": self.municipality,
        }

    @property
    def total(self):
        """How many people the adult stated."""
        return sum(self.people.values())

    @property
    def total_counted(self):
        return sum((self.counted or {}).values())

    @property
    def is_raised(self):
        """Whether it is approved, and a higher number waits for approval."""
        return self.state == self.State.APPROVED and self.people != self.counted

    @property
    def can_be_corrected(self):
        is_open = self.state in (self.State.CONFIRMED, self.State.APPROVED)
        return is_open and timezone.now() < self.confirmed_at + CORRECTION_PERIOD

    @property
    def seen(self):
        """The stated numbers of all sectors."""
        return json.dumps(self.people, sort_keys=True)

    @property
    def is_large(self):
        """Whether staff must give a reason to approve this number."""
        return self.total > self.LIMITS[self.kind][0]

    def numbers(self, sectors):
        """[(sector, people)] in the order of these sectors."""
        return [(sector, self.people[str(sector.pk)]) for sector in sectors if str(sector.pk) in self.people]

    def described(self):
        """Sentences about it, for messages."""
        yield self.title + "."
        sectors = sorted(Sector.objects.all(), key=lambda sector: sector.slug != CHILDREN)
        total = ngettext("%(count)d person", "%(count)d people", self.total) % {"count": self.total}
        yield f"{total}: {', '.join(f'{sector} {people}' for sector, people in self.numbers(sectors))}."

    def confirmed_together(self):
        """This group, and the others that its adult confirmed with the same button."""
        same = type(self).objects.of_mailbox(self).filter(confirmed_at=self.confirmed_at, state=self.State.CONFIRMED)
        return list(same.order_by("created_at", "pk")) or [self]

    def likely_doubles(self):
        """Other groups that may be the same one: of the kind, place and school year, with a similar name."""
        waiting_or_approved = [self.State.CONFIRMED, self.State.APPROVED]
        others = type(self).objects.alike(self).filter(state__in=waiting_or_approved).exclude(pk=self.pk)
        return [other for other in others if addresses.is_similar_name(other.institution_key, self.institution_key)]

    def steps(self):
        """As of every case. What is approved waits again, in other words, while a higher number does."""
        steps = super().steps()
        if self.is_raised:
            steps["approve"] = replace(steps["approve"], button=_("Approve the higher number"))
        elif self.state == self.State.APPROVED:
            del steps["approve"]
        if not (self.is_raised and self.counted):
            steps.pop("keep", None)
        return steps

    # Transitions. Each is one statement or transaction, and returns whether this call made it.

    def confirm(self, seen):
        """Confirm the submitted groups of the same mailbox whose ids the adult has `seen`, which then wait for staff.

        Returns them, or [] if one of the ids is not that of such a group: nothing is confirmed then.
        """
        with transaction.atomic():
            submitted = type(self).objects.submitted().of_mailbox(self).order_by("pk").select_for_update(of=("self",))
            groups = [group for group in submitted if str(group.pk) in seen]
            if len(groups) != len(set(seen)):
                return []
            rows = type(self).objects.filter(pk__in=[group.pk for group in groups])
            rows.update(**self.STATES.columns(self.State.CONFIRMED))
            MessageGrant.objects.forget_networks([group.pk for group in groups])
            # What came after the page was opened: its message may have been joined by one about a group that is confirmed now.
            left = list(type(self).objects.submitted().of_mailbox(self).order_by("created_at", "pk"))
            for group in groups:
                group.pass_on(Message.Kind.GROUP, left)
            if groups:
                # It is about all of them.
                Message.queue(Message.Kind.GROUP_OPEN, groups[0])
        return groups

    def approve(self):
        """Count the people that this object states, if the row still does. An integrity error: this class is counted."""
        return self.take("approve", type(self).objects.waiting().filter(people=self.people), counted=F("people"))

    def keep(self):
        """Refuse a higher number: the approved one stays."""
        raised = type(self).objects.waiting().filter(pk=self.pk, state=self.State.APPROVED).exclude(counted={})
        return bool(raised.update(people=F("counted")))

    def correct(self, people):
        """Store the corrected numbers: of an approved group, a lower one counts at once, a higher one waits for staff."""
        with transaction.atomic():
            group = type(self).objects.select_for_update(of=("self",)).get(pk=self.pk)
            if not group.can_be_corrected:
                return False
            group.people = people
            if group.counted is not None:
                group.counted = {key: min(n, people[key]) for key, n in group.counted.items() if key in people}
            group.save(update_fields=["people", "counted"])
        return True

    def withdraw(self):
        """Withdraw the group. This is final: its people no longer count, and the name and address of the adult are erased."""
        return self.end_by("withdraw")

    def pass_messages_on(self):
        """Let messages that are about this group and others go out about the others."""
        self.pass_on(Message.Kind.GROUP_OPEN, self.confirmed_together())
        self.pass_on(Message.Kind.GROUP_LINKS, self.of_its_adult())
