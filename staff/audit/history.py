"""What staff did, read from Django's log and from the audit log. Nothing is stored twice."""

from django.contrib.admin.models import LogEntry
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from staff.audit.models import AuditEntry

# Sign-ins change nothing; the audit log has them.
SIGN_INS = [AuditEntry.Action.SIGN_IN, AuditEntry.Action.SIGN_IN_FAILED, AuditEntry.Action.SIGN_OUT]
# Further entries of one action, which only name more ids: later steps of a batch or of a merge, pages of an export. An import of
# units is in Django's log, unit by unit.
PARTS = Q(details__has_any_keys=["continued", "units"]) | Q(details__has_key="export", count__gt=0)


class HistoryEntry(AuditEntry):
    """One line of the history: an entry of the audit log, or of Django's log with its time as `at`."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("line of the history")
        verbose_name_plural = _("history")


def logged_changes():
    """The entries of Django's log."""
    return LogEntry.objects.annotate(at=F("action_time"))


def audited_actions():
    """The entries of the audit log that the history has, with the first of its ids as `subject`: there may be thousands."""
    rows = AuditEntry.objects.exclude(action__in=SIGN_INS).exclude(PARTS)
    return rows.defer("subject_ids").annotate(subject=F("subject_ids__0"))
