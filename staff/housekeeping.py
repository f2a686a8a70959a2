"""Periodic work on accounts. Every function is idempotent."""

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.core.mail import mailers
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from staff import mail
from staff.accounts.cache import CacheEntry
from staff.accounts.invitations import Invitation
from staff.accounts.models import Account
from staff.accounts.session_store import SessionStore
from staff.drafts.models import Draft, DraftMail
from staff.publishing import publish_drafts

logger = logging.getLogger(__name__)


def send_invitations():
    """Send the invitations that are due, each at least once and by one worker at a time, which locks it."""
    for pk in list(Invitation.objects.to_send().values_list("pk", flat=True)):
        with transaction.atomic():
            rows = Invitation.objects.to_send().select_for_update(skip_locked=True, of=("self",))
            if invitation := rows.select_related("user").filter(pk=pk).first():
                invitation.send()


def erase_rate_limits():
    """Erase what the rate limits of sign-in no longer count, and whom accounts had seen more than an hour ago."""
    CacheEntry.objects.filter(expires__lt=Now()).delete()


def mail_waiting():
    """Mail each account for which drafts have begun to wait since its last such mail, at most once a day; returns how many."""
    # The admin imports the models of all apps.
    from staff.admin.draft_list import newly_waiting

    if not Draft.objects.filter(state__in=[Draft.State.SUBMITTED, Draft.State.RETURNED]).exists():
        return 0
    a_day_ago = Q(sent_at=None) | Q(sent_at__lt=Now() - timedelta(days=1))
    sent = 0
    for account in Account.objects.filter(is_active=True).exclude(email=""):
        DraftMail.objects.get_or_create(user=account)
        try:
            with transaction.atomic():
                # Two workers: the second finds the row locked, or the mail sent.
                rows = DraftMail.objects.select_for_update(skip_locked=True)
                row = rows.filter(a_day_ago, pk=account.pk, is_wanted=True).first()
                if row and (count := newly_waiting(account, row.sent_at)):
                    with mailers.default as server:
                        server.send_messages([mail.waiting(account, count)])
                    row.sent_at = timezone.now()
                    row.save()
                    sent += 1
        except (SMTPException, OSError) as error:
            # The class only: the message may contain an address. The next minute tries again.
            logger.warning("mail", extra={"fields": {"kind": "waiting", "error": type(error).__name__}})
    return sent


# The worker runs each step every minute.
STEPS = [send_invitations, erase_rate_limits, SessionStore.clear_expired, publish_drafts, mail_waiting]
