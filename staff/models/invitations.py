"""Links by which staff come in the first time, or again when they have lost their way: each works once, for seven days."""

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import mailers
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff import mail, tasks

logger = logging.getLogger(__name__)

LIFE = timedelta(days=7)
RETRY_AFTER = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]
THEN_EVERY = timedelta(hours=6)
# A mail that nothing has sent for so long has lost its task.
OVERDUE_AFTER = timedelta(minutes=2)


def _signer():
    return signing.Signer(salt="staff.invitation")


class InvitationQuerySet(models.QuerySet):
    def open(self):
        """Those whose link works."""
        return self.filter(state=Invitation.State.OPEN, created_at__gt=Now() - LIFE)

    def to_send(self):
        """Those whose mail has not gone out, and it is time."""
        return self.open().filter(sent_at=None, due_at__lte=Now())

    def end(self, state):
        """Let these links work no more; returns how many."""
        return self.filter(state=Invitation.State.OPEN).update(state=state, ended_at=Now())

    def behind(self, token):
        """The invitation of a link, whatever its state, or None when we made no such link."""
        try:
            return self.select_related("user").get(pk=uuid.UUID(_signer().unsign(token)))
        except (signing.BadSignature, ValueError, Invitation.DoesNotExist):
            return None


class Invitation(models.Model):
    """One link to one account. The link itself is not kept: it is signed anew whenever it is written."""

    class State(models.TextChoices):
        OPEN = "open", _("can be used")
        USED = "used", _("used")
        REVOKED = "revoked", _("revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("account"), editable=False
    )
    language = models.CharField(_("language of the message"), max_length=2, choices=settings.LANGUAGES)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.OPEN, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(_("used or revoked"), null=True, editable=False)
    due_at = models.DateTimeField(_("due"), db_default=Now(), editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(
                name="invitation_ended_when_it_ended",
                condition=Q(state="open", ended_at=None) | Q(state__in=["used", "revoked"], ended_at__isnull=False),
            ),
            models.UniqueConstraint(name="invitation_one_open_an_account", fields=["user"], condition=Q(state="open")),
            models.CheckConstraint(
                name="invitation_language_is_known", condition=Q(language__in=list(dict(settings.LANGUAGES)))
            ),
        ]

    def __str__(self):
        return str(self.pk)[:8]

    @property
    def works(self):
        """Whether the link can still be used."""
        return self.state == self.State.OPEN and timezone.now() < self.created_at + LIFE and self.user.is_active

    @property
    def works_until(self):
        """The moment the link ends."""
        return self.created_at + LIFE

    def url(self):
        """The link, whole."""
        return settings.SITE_URL + reverse("account_invitation", args=[_signer().sign(str(self.pk))])

    def enqueue(self):
        """Have the worker send the mail when it is due."""
        task = tasks.send_invitation.using(run_after=self.due_at) if self.attempts else tasks.send_invitation
        task.enqueue(str(self.pk))

    def send(self):
        """Hand the mail to the mail server once and record what came of it; the caller holds the row's lock."""
        self.attempts += 1
        try:
            with mailers.default as server:
                server.send_messages([mail.invitation(self)])
            self.sent_at = timezone.now()
        except Exception as error:
            # Only its kind: the text of an error may quote an address.
            logger.warning("invitation %s, attempt %d: %s", self.pk, self.attempts, type(error).__name__)
            wait = RETRY_AFTER[self.attempts - 1] if self.attempts <= len(RETRY_AFTER) else THEN_EVERY
            self.due_at = timezone.now() + wait
        with transaction.atomic():
            self.save(update_fields=["attempts", "sent_at", "due_at"])
            if self.sent_at is None:
                self.enqueue()
