"""Periodic work on accounts. Every function is idempotent."""

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import mailers
from django.db import transaction
from django.db.models import Max, Q, Value
from django.db.models.functions import Least, Now
from django.utils import timezone
from django.utils.module_loading import import_string

from staff import mail, publishing
from staff.accounts.invitations import OVERDUE_AFTER, Invitation
from staff.accounts.models import Account
from staff.accounts.sign_in_attempts import SignInAttempt
from staff.drafts.models import Draft, DraftMail
from staff.presence.models import Presence

logger = logging.getLogger(__name__)


def send_overdue():
    """Enqueue again the invitations whose task was lost, for example because a worker was killed; returns how many."""
    lost = Invitation.objects.to_send().filter(due_at__lte=Now() - OVERDUE_AFTER)
    for invitation in lost:
        invitation.enqueue()
    # Gives the new task OVERDUE_AFTER before it counts as lost.
    return lost.update(due_at=Now())


def erase_sign_in_attempts():
    """Erase sign-in attempts that login throttling no longer counts."""
    SignInAttempt.objects.expired().delete()


def erase_sessions():
    """Erase sessions that have expired."""
    import_string(f"{settings.SESSION_ENGINE}.SessionStore").clear_expired()


def publish_drafts():
    """Publish the drafts whose time has come; returns how many."""
    return publishing.publish_due()


def mail_waiting():
    """Mail each account for which drafts have begun to wait since its last such mail, at most once a day; returns how many."""
    # The admin imports the models of all apps.
    from staff.admin.draft_list import newly_waiting

    changed_at = Draft.objects.filter(state__in=[Draft.State.SUBMITTED, Draft.State.RETURNED]).aggregate(
        Max("changed_at")
    )
    if changed_at["changed_at__max"] is None:
        return 0
    due = Q(draft_mail=None) | Q(draft_mail__is_wanted=True, draft_mail__sent_at=None)
    due |= Q(
        draft_mail__is_wanted=True,
        draft_mail__sent_at__lt=Least(Now() - timedelta(days=1), Value(changed_at["changed_at__max"])),
    )
    sent = 0
    for account in Account.objects.filter(due, is_active=True).exclude(email=""):
        try:
            with transaction.atomic():
                row = DraftMail.objects.get_or_create(user=account)[0]
                # Two workers: the second finds the row locked, or the mail sent.
                rows = DraftMail.objects.select_for_update(skip_locked=True)
                row = rows.filter(pk=account.pk, sent_at=row.sent_at).first()
                if row and (count := newly_waiting(account, row.sent_at)):
                    with mailers.default as server:
                        server.send_messages([mail.waiting(account, count)])
                    rows.filter(pk=account.pk).update(sent_at=timezone.now())
                    sent += 1
        except (SMTPException, OSError) as error:
            # The class only: the message may contain an address. The next minute tries again.
            logger.warning("mail", extra={"fields": {"kind": "waiting", "error": type(error).__name__}})
    return sent


def erase_presence():
    """Erase who had a form open that counts as closed by now."""
    Presence.erase_old()


# The worker runs each step every minute.
STEPS = [send_overdue, erase_sign_in_attempts, erase_sessions, publish_drafts, mail_waiting, erase_presence]
