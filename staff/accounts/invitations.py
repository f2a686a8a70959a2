"""Invitations: links to set up an account or to regain access. Each works once, for seven days."""

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import mailers
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff import mail

logger = logging.getLogger(__name__)

LIFETIME = timedelta(days=7)
# Between two attempts to send a mail.
RETRY_INTERVAL = timedelta(minutes=20)


def _signer():
    return signing.Signer(salt="staff.invitation")


class InvitationQuerySet(models.QuerySet):
    def open(self):
        """Invitations whose link can be used."""
        return self.filter(ended_at=None, created_at__gt=Now() - LIFETIME)

    def to_send(self):
        """Open invitations whose mail is due."""
        return self.open().filter(sent_at=None, due_at__lte=Now())

    def end(self):
        """End the links of those that are open; returns how many."""
        return self.filter(ended_at=None).update(ended_at=Now())

    def from_token(self, token):
        """The invitation of a signed token in any state, or None if the token is invalid."""
        try:
            return self.select_related("user").get(pk=uuid.UUID(_signer().unsign(token)))
        except (signing.BadSignature, ValueError, Invitation.DoesNotExist):
            return None


class Invitation(models.Model):
    """An invitation of one account. The token of its link is not stored: it is the signed id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("account"), editable=False
    )
    language = models.CharField(_("language of the message"), max_length=2, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    due_at = models.DateTimeField(_("due"), db_default=Now(), editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                name="invitation_one_open_per_account", fields=["user"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="invitation_language_is_known", condition=Q(language__in=list(dict(settings.LANGUAGES)))
            ),
        ]

    @property
    def is_usable(self):
        return self.ended_at is None and timezone.now() < self.created_at + LIFETIME and self.user.is_active

    @property
    def expires_at(self):
        return self.created_at + LIFETIME

    def url(self):
        return settings.SITE_URL + reverse("account_invitation", args=[_signer().sign(str(self.pk))])

    def send(self):
        """Try once to hand the mail to the mail server, and store the outcome. The caller holds the row lock."""
        fields = {"mail": str(self.pk), "kind": "invitation", "outcome": "sent"}
        try:
            with mailers.default as server:
                server.send_messages([mail.invitation(self)])
            self.sent_at = timezone.now()
        except Exception as error:
            # The class only: the message of an SMTP error may contain an address.
            fields |= {"outcome": "queued", "error": type(error).__name__}
            self.due_at = timezone.now() + RETRY_INTERVAL
        logger.info("mail", extra={"fields": fields})
        self.save(update_fields=["sent_at", "due_at"])
