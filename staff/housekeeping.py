"""Periodic work on accounts and drafts. Every function is idempotent."""

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.mail import mailers
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from staff import mail
from staff.accounts.cache import CacheEntry
from staff.accounts.models import Account, Invitation
from staff.accounts.sessions import SessionStore
from staff.drafts.models import Draft, DraftMail

logger = logging.getLogger(__name__)

# Drafts that are published in one minute.
BATCH_SIZE = 20


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


def publish_drafts():
    """Publish the drafts that are due, each exactly once; returns how many were published.

    Two workers share them: each row is locked by one, and published and deleted in one transaction. A draft that cannot be
    published is returned with the reason. An error of the database is raised, and the draft stays due.
    """
    return sum(_publish(pk) for pk in Draft.objects.due().values_list("pk", flat=True)[:BATCH_SIZE])


@transaction.atomic
def _publish(pk):
    due = Draft.objects.due().filter(pk=pk).select_related("content_type")
    if draft := due.first():
        # In the order of the forms: first the table, then the draft.
        admin.site.get_model_admin(draft.model).lock_table()
        draft = due.select_for_update(skip_locked=True, of=("self",)).first()
    if draft is None:
        return False
    account = Account.objects.filter(pk=draft.changed_by_id, is_active=True).first()
    with translation.override(account.mail_language if account else settings.LANGUAGE_CODE):
        reasons = (
            _try(draft, account) if account else [_("The account that scheduled it no longer exists or is closed.")]
        )
        if reasons:
            draft.give_back(" ".join([_("It could not be published at the time that was set."), *reasons]))
    return not reasons


def _try(draft, user):
    """Publish a draft as this account; returns why that was refused, empty on success."""
    rows, row = admin.site.get_model_admin(draft.model), draft.result()
    what = "add" if row.is_new else "change"
    if not user.has_perms([f"{rows.opts.app_label}.{what}_{rows.opts.model_name}", "staff.publish_draft"]):
        return [_("The account that scheduled it may no longer change this.")]
    if row.draft_id is None and draft.base != rows.fingerprint(rows.model._base_manager.get(pk=row.pk)):
        return [_("It was changed in the meantime. Open the draft and compare.")]
    if errors := rows.errors_of(row):
        return errors
    try:
        with transaction.atomic():
            rows.publish(draft, user)
    except ValidationError as error:
        return error.messages
    except (IntegrityError, ProtectedError):
        return [_("It no longer fits what is published. Open the draft and compare.")]
    return []


# The worker runs each step every minute.
STEPS = [send_invitations, erase_rate_limits, SessionStore.clear_expired, publish_drafts, mail_waiting]
