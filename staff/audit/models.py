"""The audit log: sign-ins, views of personal data, exports and changes by staff. Append-only."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# Maximum number of ids in one entry. More ids are split over several entries.
IDS_PER_ENTRY = 10_000
# The actions that are changes of rows, or take them out of the site.
CHANGES = ["change", "erase", "export"]


class AuditEntryQuerySet(models.QuerySet):
    """Queries of the audit log."""

    def about(self, subject_id):
        """All entries about one row (a UUID), exports included, newest first."""
        # An OR of two conditions, so that each uses its index: the GIN index excludes exports.
        named = Q(subject_ids__contains=[subject_id])
        return self.filter(~Q(action="export") & named | Q(action="export") & named)


class AuditEntry(models.Model):
    """One entry of the audit log. It holds ids only, never a name, an address or typed text.

    Triggers refuse to change or delete an entry (migrations/sql/audit_log.sql).
    """

    class Action(models.TextChoices):
        SIGN_IN = "sign_in", _("signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
        SIGN_OUT = "sign_out", _("signed out")
        ACCOUNT = "account", _("changed an account")
        LOOK = "look", _("viewed personal data")
        EXPORT = "export", _("exported")
        CHANGE = "change", _("changed")
        ERASE = "erase", _("erased")

    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)
    # An id and not a foreign key, because entries outlive the account.
    user_id = models.BigIntegerField(_("member of staff"), null=True, editable=False)
    action = models.CharField(_("action"), max_length=14, choices=Action, editable=False)
    subject_ids = ArrayField(models.UUIDField(), default=list, verbose_name=_("pledges"), editable=False)
    count = models.PositiveIntegerField(_("how many"), default=0, editable=False)
    details = models.JSONField(_("details"), default=dict, encoder=DjangoJSONEncoder, editable=False)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the record")
        verbose_name_plural = _("record")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="auditentry_action_is_known",
                condition=Q(
                    action__in=[
                        *("sign_in", "sign_in_failed", "sign_out", "account"),
                        *("look", "export", "change", "erase"),
                    ]
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="auditentry_newest"),
            models.Index(fields=["user_id", "-at"], name="auditentry_by_user"),
            models.Index(fields=["action", "-at"], name="auditentry_by_action"),
            # What the history shows to those who do not read the audit log: views of personal data are far more.
            models.Index(fields=["-at", "-id"], name="auditentry_changes", condition=Q(action__in=CHANGES)),
            # Exports are excluded: they are few, and one export may concern a million ids.
            GinIndex(fields=["subject_ids"], name="auditentry_subjects", condition=~Q(action="export")),
        ]

    def __str__(self):
        return f"{self.pk}"

    @classmethod
    def log(cls, user, action, subject_ids=(), **details):
        """Log an action of a member of staff.

        `user` is a User or None. `subject_ids` are the UUIDs of the rows concerned, split among entries of IDS_PER_ENTRY.
        `details` are JSON values such as {"filters": {...}}: ids, numbers and names of fields, never personal data, and the
        reason that staff typed.

        Call it in the transaction of the action, so that neither is stored without the other. Returns the entries.
        """
        ids = list(subject_ids)
        chunks = [ids[start : start + IDS_PER_ENTRY] for start in range(0, len(ids), IDS_PER_ENTRY)] or [[]]
        return cls.objects.bulk_create(
            cls(user_id=user and user.pk, action=action, subject_ids=chunk, count=len(chunk), details=details)
            for chunk in chunks
        )
