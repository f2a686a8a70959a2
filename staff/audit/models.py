"""The log: every change by staff, sign-ins, exports and looks at personal data. Append-only."""

import uuid

from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Maximum number of ids in one entry. More ids are split over several entries.
IDS_PER_ENTRY = 10_000
# What changes rows, or takes them out of the site. Those who may view the rows see who did it.
CHANGES = ("add", "change", "restore", "delete", "erase", "export")


class EntryQuerySet(models.QuerySet):
    def about(self, subject_id):
        """All entries about one row (a UUID), exports included."""
        # An OR of two conditions, so that each uses its index: the GIN index excludes exports.
        named = Q(subject_ids__contains=[subject_id])
        return self.filter(~Q(action="export") & named | Q(action="export") & named)


class Entry(models.Model):
    """One entry of the log. Of people it holds ids only, never a name, an address or typed text but the reason.

    `title` is the `str` of the row, which for rows about people is their number; of a draft it is empty. Triggers refuse to
    change or delete an entry (migrations/sql/audit_log.sql).
    """

    class Action(models.TextChoices):
        SIGN_IN = "sign_in", _("signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
        SIGN_OUT = "sign_out", _("signed out")
        ACCOUNT = "account", _("changed an account")
        LOOK = "look", _("viewed personal data")
        EXPORT = "export", _("exported")
        ADD = "add", _("added")
        CHANGE = "change", pgettext_lazy("action", "changed")
        RESTORE = "restore", pgettext_lazy("action", "restored")
        DELETE = "delete", _("deleted")
        ERASE = "erase", pgettext_lazy("action", "erased")

    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)
    # An id and not a foreign key, because entries outlive the account.
    user_id = models.BigIntegerField(_("member of staff"), null=True, editable=False)
    action = models.CharField(_("action"), max_length=14, choices=Action, editable=False)
    content_type = models.ForeignKey(
        ContentType, models.DO_NOTHING, null=True, editable=False, related_name="+", db_constraint=False
    )
    object_id = models.CharField(max_length=64, editable=False)
    title = models.CharField(_("title"), max_length=200, editable=False)
    subject_ids = ArrayField(models.UUIDField(), default=list, editable=False)
    count = models.PositiveIntegerField(default=0, editable=False)
    details = models.JSONField(default=dict, encoder=DjangoJSONEncoder, editable=False)
    # The id of the version that a save has stored (django-reversion).
    version = models.BigIntegerField(null=True, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the history")
        verbose_name_plural = _("history")
        ordering = ["-at", "-pk"]
        default_permissions = ("view",)
        permissions = [("audit_entry", "Can see all entries")]
        constraints = [
            models.CheckConstraint(
                name="entry_action_is_known",
                condition=Q(action__in=["sign_in", "sign_in_failed", "sign_out", "account", "look", *CHANGES]),
            ),
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="entry_newest"),
            models.Index(fields=["user_id", "-at"], name="entry_by_user"),
            models.Index(fields=["action", "-at"], name="entry_by_action"),
            # What those see who do not see all: views of personal data are far more.
            models.Index(fields=["-at", "-id"], name="entry_changes", condition=Q(action__in=CHANGES)),
            models.Index(fields=["content_type", "object_id", "-at"], name="entry_by_row"),
            # Exports are excluded: they are few, and one export may concern a million ids.
            GinIndex(fields=["subject_ids"], name="entry_subjects", condition=~Q(action="export")),
        ]

    def __str__(self):
        return f"{self.pk}"

    @classmethod
    def log(cls, user, action, subject_ids=(), *, about=None, version=None, **details):
        """Log an action of a member of staff.

        `user` is a User or None. `about` is the row that was changed, or the model of several. `subject_ids` are the UUIDs of
        further rows concerned, split among entries of IDS_PER_ENTRY. `details` are JSON values such as {"filters": {...}}: ids,
        numbers and names of fields, never personal data, and the reason that staff typed.

        Call it in the transaction of the action, so that neither is stored without the other. Returns the entries.
        """
        ids, row = list(subject_ids), {}
        if about is not None:
            kind = ContentType.objects.get_for_model(about, for_concrete_model=False)
            row = {"content_type": kind}
            if not isinstance(about, type):
                # The words of a draft are not public, and nothing can be erased from the log.
                title = "" if getattr(about, "draft_id", None) else str(about)[:200]
                row |= {"object_id": str(about.pk), "title": title}
            # An export is no one that it concerns.
            if isinstance(about.pk, uuid.UUID) and action != cls.Action.EXPORT and about.pk not in ids:
                ids.insert(0, about.pk)
        entries = []
        for start in range(0, len(ids) or 1, IDS_PER_ENTRY):
            chunk = ids[start : start + IDS_PER_ENTRY]
            said = details | {"continued": True} if start else details
            # An array as PostgreSQL writes it: of a list the ids are converted one by one, which takes long for an export.
            listed = f"{{{','.join(map(str, chunk))}}}"
            values = {"subject_ids": listed, "count": len(chunk), "details": said, "version": version}
            entries.append(cls(user_id=user and user.pk, action=action, **row, **values))
        return cls.objects.bulk_create(entries)
