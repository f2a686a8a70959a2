"""What staff did that others must be able to ask about later: signing in, looking at people, exports, changes."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# So many ids stand in one record; more are spread over several.
IDS_A_RECORD = 10_000


class RecordQuerySet(models.QuerySet):
    def about(self, pledge_id):
        """Everything on record about one pledge, exports included, the newest first."""
        # Two halves, each with an index of its own: exports are not in the one of pledges.
        named = Q(pledges__contains=[pledge_id])
        return self.filter(~Q(action="export") & named | Q(action="export") & named)


class Record(models.Model):
    """One entry of the record. It holds ids only, never a name, an address or what was typed.

    The database refuses to change or delete an entry (migration 0002).
    """

    class Action(models.TextChoices):
        SIGN_IN = "sign_in", _("signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
        SIGN_OUT = "sign_out", _("signed out")
        ACCOUNT = "account", _("changed an account")
        LOOK = "look", _("looked at people")
        EXPORT = "export", _("exported")
        CHANGE = "change", _("changed")
        ERASE = "erase", _("erased")

    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)
    # Plain numbers and not keys to other tables: an entry outlives what it is about.
    user_id = models.BigIntegerField(_("member of staff"), null=True, editable=False)
    action = models.CharField(_("action"), max_length=14, choices=Action, editable=False)
    pledges = ArrayField(models.UUIDField(), default=list, verbose_name=_("pledges"), editable=False)
    count = models.PositiveIntegerField(_("how many"), default=0, editable=False)
    details = models.JSONField(_("details"), default=dict, encoder=DjangoJSONEncoder, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the record")
        verbose_name_plural = _("record")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="record_action_is_known",
                condition=Q(
                    action__in=[
                        *("sign_in", "sign_in_failed", "sign_out", "account"),
                        *("look", "export", "change", "erase"),
                    ]
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="record_newest"),
            models.Index(fields=["user_id", "-at"], name="record_by_user"),
            models.Index(fields=["action", "-at"], name="record_by_action"),
            # Exports name pledges by the million, are few, and are read through.
            GinIndex(fields=["pledges"], name="record_pledges", condition=~Q(action="export")),
        ]

    def __str__(self):
        return f"{self.pk}"


def note(user, action, pledges=(), **details):
    """Put on record what a member of staff did.

    `user` is a User or None, `pledges` the ids concerned (any number: they are spread over entries of 10,000), `details` plain
    values such as {"filters": {...}}: ids, numbers and names of fields, never anything personal. Call it inside the transaction
    of the deed, so that neither happens without the other.
    """
    ids = list(pledges)
    chunks = [ids[start : start + IDS_A_RECORD] for start in range(0, len(ids), IDS_A_RECORD)] or [[]]
    Record.objects.bulk_create(
        Record(user_id=user and user.pk, action=action, pledges=chunk, count=len(chunk), details=details)
        for chunk in chunks
    )
