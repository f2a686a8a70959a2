"""Periodic work on accounts. Every function is idempotent."""

from django.conf import settings
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from staff import publishing
from staff.accounts.invitations import OVERDUE_AFTER, Invitation
from staff.accounts.sign_in_attempts import SignInAttempt
from staff.drafts.models import Draft
from staff.presence.models import Presence


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


def erase_previewed():
    """Erase what was only previewed, after TYPED_LIFETIME; returns how many."""
    return Draft.objects.expired().delete()[0]


def erase_presence():
    """Erase who had a form open that counts as closed by now."""
    Presence.erase_old()


# The worker runs each step every minute.
STEPS = [send_overdue, erase_sign_in_attempts, erase_sessions, publish_drafts, erase_previewed, erase_presence]
