"""The inbox: forms of visitors as the request stored them, until the worker settles them."""

import json
import uuid
from datetime import timedelta
from functools import cached_property

from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.limits.models import SLOW_LANE_LENGTH
from pledges.person import Sealed, Sealing

# The alarm about what may be a disclosure is repeated while nothing was done about it.
ALERT_AGAIN_AFTER = timedelta(days=1)
# The longest sealed form.
MOST_BYTES = 32_768


class SubmissionQuerySet(models.QuerySet):
    def waiting(self):
        """Submissions that the worker settles next, or when their turn in the slow lane comes."""
        return self.filter(state=Submission.State.WAITING)

    def due(self):
        """Those that can be settled now. A turn later than the slow lane is long was given before the clock was set back."""
        is_later = Q(settle_at__gte=Now(), settle_at__lte=Now() + SLOW_LANE_LENGTH)
        return self.waiting().filter(Q(settle_at=None) | ~is_later)

    def overdue(self, patience):
        """Submissions that the worker should have settled a timedelta ago."""
        return self.waiting().alias(due_at=Coalesce("settle_at", "created_at")).filter(due_at__lt=Now() - patience)

    def aside(self):
        """Submissions that could not be settled. They need the attention of staff."""
        return self.filter(state=Submission.State.ASIDE)

    def to_alert_of(self):
        """[those aside of which the safeguarding leads are to be told now, and once a day]. One that no key opens may be one."""
        due = Q(alerted_at=None) | Q(alerted_at__lte=Now() - ALERT_AGAIN_AFTER)
        return [each for each in self.aside().filter(due, kind=Submission.Kind.ENQUIRY) if each.is_alarming]

    def opened(self):
        """These submissions with their forms, without those that no key opens, which raise the alarm of `/readyz`.

        The inbox is nearly always empty. After an outage of an hour it takes a second.
        """
        for submission in self.iterator():
            try:
                submission.form  # noqa: B018
            except keys.CannotDecrypt as error:
                Unreadable.record(error)
                continue
            yield submission

    def of_mailbox(self, address, spelling=addresses.normalise):
        """The submissions with an address of this mailbox, waiting or set aside. No column tells of it, so all are opened."""
        wanted = spelling(address)
        return [each for each in self.opened() if spelling(each.form["email"]) == wanted]

    def erase_of_blocked(self, address):
        """Erase what may cause a message to a blocked mailbox, whatever its tags and dots. What it wrote to the team stays."""
        found = self.exclude(kind=Submission.Kind.ENQUIRY).of_mailbox(address, addresses.limiting_address)
        self.filter(pk__in=[each.pk for each in found]).delete()

    def try_again(self):
        """Let the worker settle again those that are aside; returns how many this call changed."""
        return self.aside().update(state=Submission.State.WAITING, aside_at=None, error="")


class Submission(Sealing):
    """One form that can cause a message. `inbox.submissions.submit` stores it; the worker settles and deletes it.

    What was sent is sealed: no column tells of a person. Its id becomes the id of what is made of it.
    """

    class Kind(models.TextChoices):
        PLEDGE = "pledge", _("sign-up")
        LINKS = "links", _("request for the link")
        NEW_ADDRESS = "new_address", _("change of address")
        GROUP = "group", _("group pledge")
        JOINING = "joining", _("organisation that joins")
        ENQUIRY = "enquiry", _("message to us")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ASIDE = "aside", _("set aside")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The order in which submissions are settled.
    number = models.BigIntegerField(
        db_default=Func(Value("pledges_submission_number"), function="nextval", output_field=models.BigIntegerField()),
        editable=False,
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, editable=False)
    # The validated form as JSON.
    payload_cipher = models.BinaryField(editable=False)
    # Of the visitor's network (IPv4 address or IPv6 /64).
    network_digest = models.BinaryField(null=True, editable=False)
    created_at = models.DateTimeField(_("sent"), db_default=Now(), editable=False)
    # When a form in the slow lane is settled; None for at once.
    settle_at = models.DateTimeField(_("waits until"), null=True, editable=False)
    state = models.CharField(
        _("state"), max_length=7, choices=State, default=State.WAITING, db_default=State.WAITING, editable=False
    )
    aside_at = models.DateTimeField(_("set aside"), null=True, editable=False)
    # When the safeguarding leads were told of it.
    alerted_at = models.DateTimeField(null=True, editable=False)
    # The class of the error, never its text, which may quote a value.
    error = models.CharField(_("error"), max_length=80, blank=True, db_default="", editable=False)

    TABLE = "submission"
    payload = Sealed()

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("unprocessed form")
        verbose_name_plural = _("unprocessed forms")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                name="submission_state_and_time",
                condition=Q(state="waiting", aside_at=None, error="")
                | (Q(state="aside", aside_at__isnull=False) & ~Q(error="")),
            ),
            models.CheckConstraint(name="submission_size", condition=Q(payload_cipher__length__lte=MOST_BYTES)),
        ]
        indexes = [models.Index(fields=["number"], name="submission_waiting", condition=Q(state="waiting"))]

    def seal(self, **form):
        """Set these values of a validated form, which JSON can hold; one is `email`. Does not save. Returns the submission."""
        self.payload = json.dumps(form, ensure_ascii=False)
        return self

    @cached_property
    def form(self):
        """The values of the form. Raises CannotDecrypt."""
        return json.loads(self.payload)

    @property
    def is_alarming(self):
        """Whether it sounds like a disclosure, or cannot be read."""
        try:
            return self.form.get("is_alarming", False)
        except keys.CannotDecrypt:
            return True
