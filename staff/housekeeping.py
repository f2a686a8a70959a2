"""What must be done from time to time, whoever signs in: each function is one step and can be run again at any moment."""

from django.conf import settings
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from staff.models import Invitation, SignInAttempt
from staff.models.invitations import OVERDUE_AFTER


def send_overdue():
    """Enqueue invitations whose task was lost, such as with a killed worker; returns how many."""
    lost = Invitation.objects.to_send().filter(due_at__lte=Now() - OVERDUE_AFTER)
    for invitation in lost:
        invitation.enqueue()
    # Not again before this one had its time.
    return lost.update(due_at=Now())


def forget():
    """Erase tries that count no more and sessions that have ended."""
    SignInAttempt.objects.expired().delete()
    import_string(f"{settings.SESSION_ENGINE}.SessionStore").clear_expired()


def every_minute():
    """All of it."""
    send_overdue()
    forget()
