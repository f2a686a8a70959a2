"""Group pledges: a class, a school, a meeting, a club or a workplace that signs together, of which only numbers are kept."""

import json
import uuid

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.cases.models import ERASED, HAS_CONTACT, Contact
from pledges.events.models import Event
from pledges.groups.querysets import CORRECTION_PERIOD, GroupPledgeQuerySet, lowered
from pledges.mail.models import Message
from pledges.places.models import County, Municipality
from pledges.providers.models import BlockedAddress
from pledges.sectors.models import CHILDREN, Sector
from pledges.supporters.querysets import PENDING_LIFE


class GroupPledge(Contact):
    """One group that pledged together. A responsible adult stated the numbers; staff approve them before they count.

    Triggers count the people of approved groups: `counted` by sector, in the county of the municipality, on the day of the
    approval (migrations/sql/groups.sql). No member is named. Name and address of the adult are ciphertext.
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

    # {kind: (people above whom staff give a reason, people above whom the form refuses)}
    LIMITS = {
        Kind.CLASS: (40, 60),
        Kind.SCHOOL: (800, 3000),
        Kind.MEETING: (300, 5000),
        Kind.CLUB: (60, 1000),
        Kind.WORKPLACE: (300, 5000),
    }

    TABLE = "group"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
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
    # {sector id as text: people}: as the adult stated them, and as staff approved them. Values are at least 1.
    people = models.JSONField(_("people"))
    counted = models.JSONField(_("counted"), null=True, editable=False)

    # The words that the adult agreed to, in `language`, at `created_at`.
    agreed = models.TextField(_("agreed to"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.SUBMITTED)
    created_at = models.DateTimeField(_("sent"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(db_default=Now() + PENDING_LIFE, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    refused_at = models.DateTimeField(_("refused"), null=True, editable=False)
    refusal = models.CharField(_("reason"), max_length=7, choices=Refusal, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)

    objects = GroupPledgeQuerySet.as_manager()

    class Meta:
        verbose_name = _("group pledge")
        verbose_name_plural = _("group pledges")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="group_state_and_times",
                condition=Q(state="submitted", confirmed_at=None, approved_at=None, refused_at=None, withdrawn_at=None)
                | Q(
                    state="confirmed",
                    confirmed_at__isnull=False,
                    approved_at=None,
                    refused_at=None,
                    withdrawn_at=None,
                )
                | Q(state="approved", confirmed_at__isnull=False, approved_at__isnull=False)
                & Q(refused_at=None, withdrawn_at=None)
                | Q(state="refused", confirmed_at__isnull=False, approved_at=None, refused_at__isnull=False)
                & Q(withdrawn_at=None)
                | Q(state="withdrawn", withdrawn_at__isnull=False),
            ),
            models.CheckConstraint(
                name="group_counted_only_approved",
                condition=Q(state="approved", counted__isnull=False) | ~Q(state="approved") & Q(counted__isnull=True),
            ),
            models.CheckConstraint(
                name="group_refused_with_a_reason",
                condition=Q(state="refused") & ~Q(refusal="") | ~Q(state="refused") & Q(refusal=""),
            ),
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
        indexes = [
            models.Index(fields=["state", "created_at"], name="group_state"),
            models.Index(fields=["address_digest"], name="group_address"),
            models.Index(fields=["address_digest_last"], name="group_address_last"),
        ]

    def __str__(self):
        # No personal data: it is written to logs and to the admin's history.
        return str(self.pk)[:8]

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
    def all_numbers(self):
        """The stated numbers of all sectors as text, which a page carries to say which ones it showed."""
        return json.dumps(self.people, sort_keys=True)

    @property
    def total_counted(self):
        """How many people are counted now."""
        return sum((self.counted or {}).values())

    @property
    def is_large(self):
        """Whether staff must give a reason to approve this number."""
        return self.total > self.LIMITS[self.kind][0]

    @property
    def is_raised(self):
        """Whether it is approved, and a higher number waits for approval."""
        return self.state == self.State.APPROVED and self.people != self.counted

    def numbers(self, sectors, counted=False):
        """[(sector, people)] in the order of these sectors."""
        numbers = (self.counted if counted else self.people) or {}
        return [(sector, numbers[str(sector.pk)]) for sector in sectors if numbers.get(str(sector.pk))]

    def described(self):
        """Sentences about it, for messages."""
        yield self.title + "."
        yield (
            ngettext("%(count)d person", "%(count)d people", self.total) % {"count": self.total}
            + ": "
            + ", ".join(
                f"{sector} {people}"
                for sector, people in self.numbers(
                    sorted(Sector.objects.all(), key=lambda sector: sector.slug != CHILDREN)
                )
            )
            + "."
        )

    @property
    def can_be_corrected(self):
        """Whether the adult may still change the numbers."""
        return (
            self.state in (self.State.CONFIRMED, self.State.APPROVED)
            and timezone.now() < self.confirmed_at + CORRECTION_PERIOD
        )

    def confirmed_together(self):
        """This group, and the others that its adult confirmed with the same button."""
        same = type(self).objects.of_mailbox(self).filter(confirmed_at=self.confirmed_at, state=self.State.CONFIRMED)
        return list(same.order_by("created_at", "pk")) or [self]

    def likely_doubles(self):
        """Other groups that may be the same one: of the kind, place and school year, with a similar name."""
        others = (
            type(self)
            .objects.filter(
                kind=self.kind,
                municipality=self.municipality,
                school_year=self.school_year,
                grade=self.grade,
                letter=self.letter,
                state__in=[self.State.CONFIRMED, self.State.APPROVED],
            )
            .exclude(pk=self.pk)
        )
        return [other for other in others if addresses.is_similar_name(other.institution_key, self.institution_key)]

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
            type(self).objects.filter(pk__in=[group.pk for group in groups]).update(
                state=self.State.CONFIRMED, confirmed_at=Now()
            )
            # What came after the page was opened: its message may have been joined by one about a group that is confirmed now.
            left = list(type(self).objects.submitted().of_mailbox(self).order_by("created_at", "pk"))
            for group in groups:
                group.pass_on(Message.Kind.GROUP, left)
            if groups:
                # It is about all of them.
                Message.queue(Message.Kind.GROUP_OPEN, groups[0])
        return groups

    def block(self):
        """Erase the submitted groups of a mailbox whose owner did not send them, and block the mailbox."""
        with transaction.atomic():
            BlockedAddress.objects.add(self.address)
            type(self).objects.filter(state=self.State.SUBMITTED).of_mailbox(self).delete()

    def approve(self, seen):
        """Count the stated people, if they are those that staff have `seen`. An integrity error: this class is counted."""
        with transaction.atomic():
            rows = type(self).objects.waiting().filter(pk=self.pk, people=seen)
            changed = rows.update(
                state=self.State.APPROVED, counted=F("people"), approved_at=Coalesce("approved_at", Now())
            )
            if changed:
                Message.queue(Message.Kind.GROUP_YES, self)
        return bool(changed)

    def refuse(self, reason):
        """Refuse a confirmed group."""
        with transaction.atomic():
            changed = (
                type(self)
                .objects.filter(pk=self.pk, state=self.State.CONFIRMED)
                .update(state=self.State.REFUSED, refused_at=Now(), refusal=reason)
            )
            if changed:
                Message.queue(Message.Kind.GROUP_NO, self)
        return bool(changed)

    def keep_approved(self):
        """Refuse a higher number: the approved one stays."""
        raised = type(self).objects.filter(type(self).objects.raised(), pk=self.pk).exclude(counted={})
        return bool(raised.update(people=F("counted")))

    def undo(self):
        """Take back the decision of staff: it waits again, and counts no more."""
        decided = type(self).objects.filter(pk=self.pk, state__in=[self.State.APPROVED, self.State.REFUSED])
        return bool(
            decided.update(state=self.State.CONFIRMED, counted=None, approved_at=None, refused_at=None, refusal="")
        )

    def correct(self, people):
        """Store the corrected numbers: of an approved group, a lower one counts at once, a higher one waits for staff."""
        with transaction.atomic():
            group = type(self).objects.select_for_update().get(pk=self.pk)
            if not group.can_be_corrected:
                return False
            group.people = people
            if group.state == self.State.APPROVED:
                group.counted = lowered(group.counted, people)
            group.save(update_fields=["people", "counted"])
        return True

    def withdraw(self):
        """Withdraw the group. This is final: its people no longer count, and the name and address of the adult are erased."""
        with transaction.atomic():
            group = type(self).objects.select_for_update().filter(pk=self.pk).first()
            if group is None or group.state == self.State.WITHDRAWN:
                return False
            if group.address_cipher is not None:
                Message.queue_last(Message.Kind.GROUP_OUT, group.address, group.language)
                group.pass_on(Message.Kind.GROUP_OPEN, group.confirmed_together())
                group.pass_on(Message.Kind.GROUP_LINKS, group.of_its_adult())
            group.messages.all().delete()
            type(self).objects.filter(pk=self.pk).update(
                state=self.State.WITHDRAWN, withdrawn_at=Now(), counted=None, refusal="", **ERASED
            )
        return True
