"""Batches: changes of many pledges by staff, each in one transaction, with undo."""

import logging

from django.contrib.postgres.fields import ArrayField
from django.db import OperationalError, connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.tasks import task
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pledges.supporters.models import Pledge
from pledges.supporters.querysets import PledgeQuerySet
from staff.accounts.models import account_field
from staff.models import Entry

logger = logging.getLogger(__name__)

# Up to this many pledges are changed within the request; the worker does larger batches.
AT_ONCE = 200

UNDO_RESTORE_SQL = """
UPDATE pledges_pledge SET state = 'invalidated', invalidated_at = before.at
FROM unnest(%s::uuid[], %s::timestamptz[]) AS before (id, at) WHERE pledges_pledge.id = before.id
"""


class _Unnest(models.Func):
    function = "unnest"
    arity = 1
    set_returning = True
    output_field = models.UUIDField()


class BatchQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=Batch.State.WAITING)

    def pledges(self):
        """For a subquery: the ids of their pledges."""
        return self.values(pledge=_Unnest("ids"))


class Batch(models.Model):
    """One change of many pledges: confirm, invalidate or restore. It can be undone as a whole."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", pgettext_lazy("batch", "confirm")
        INVALIDATE = "invalidate", pgettext_lazy("batch", "invalidate")
        RESTORE = "restore", pgettext_lazy("batch", "restore")

    class Chosen(models.TextChoices):
        SELECTION = "selection", _("ticked one by one")
        FILTERS = "filters", _("all filtered pledges")
        NETWORKS = "networks", _("from the same networks")
        DOMAINS = "domains", _("with the same email domains")
        MINUTES = "minutes", _("signed in the same minutes")

    class State(models.TextChoices):
        # To be done or, once that is asked, to be undone.
        WAITING = "waiting", pgettext_lazy("batch", "waiting its turn")
        DONE = "done", pgettext_lazy("batch", "done")
        UNDONE = "undone", pgettext_lazy("batch", "undone")

    kind = models.CharField(pgettext_lazy("batch", "action taken"), max_length=10, choices=Kind, editable=False)
    chosen = models.CharField(_("how they were chosen"), max_length=9, choices=Chosen, editable=False)
    # In the words of staff, without a name.
    reason = models.CharField(_("reason"), max_length=200, blank=True, db_default="", editable=False)
    by = account_field(verbose_name=_("by whom"))
    undone_by = account_field(verbose_name=_("undone by"))
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING, editable=False)
    created_at = models.DateTimeField(pgettext_lazy("batch", "begun"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(pgettext_lazy("batch", "ended"), null=True, editable=False)
    undo_asked_at = models.DateTimeField(_("undoing begun"), null=True, editable=False)
    undone_at = models.DateTimeField(pgettext_lazy("batch", "undone"), null=True, editable=False)

    # The pledges that are to be changed and then those that were. The id of one that is erased since refers to nothing.
    ids = ArrayField(models.UUIDField(), default=list, editable=False)
    # Of restored pledges, in the same order: since when they had been invalidated.
    invalidated = ArrayField(models.DateTimeField(), default=list, editable=False)
    count = models.PositiveIntegerField(_("pledges chosen"), default=0, editable=False)
    changed = models.PositiveIntegerField(pgettext_lazy("batch", "changed"), default=0, editable=False)
    undone = models.PositiveIntegerField(_("restored"), default=0, editable=False)
    # The class of the error, never its text, which may quote personal data. Housekeeping tries again.
    error = models.CharField(_("last error"), max_length=80, blank=True, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")
        ordering = ["-pk"]
        # No permissions of its own: the permission to change pledges is required.
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="batch_state_and_times",
                condition=Q(state="waiting", ended_at=None, undo_asked_at=None, undone_at=None)
                | Q(state="waiting", ended_at__isnull=False, undo_asked_at__isnull=False, undone_at=None)
                | Q(state="done", ended_at__isnull=False, undo_asked_at=None, undone_at=None)
                | Q(state="undone", ended_at__isnull=False, undo_asked_at__isnull=False, undone_at__isnull=False),
            ),
            models.CheckConstraint(
                name="batch_counts_add_up", condition=Q(count__gte=F("changed"), changed__gte=F("undone"))
            ),
        ]

    def __str__(self):
        return f"{self.pk}"

    @property
    def skipped(self):
        """How many were already so, without a free place, or erased when it was done."""
        return self.count - self.changed if self.ended_at else 0

    @property
    def kept(self):
        """How many were changed or erased since, and left alone when it was undone."""
        return self.changed - self.undone if self.undone_at else 0

    @classmethod
    def begin(cls, kind, pledges, user, chosen, reason=""):
        """Create a batch of those of these pledges that it would change. `start` makes the changes."""
        ids = list(cls.to_change(kind, pledges).order_by().values_list("pk", flat=True))
        return cls.objects.create(kind=kind, by=user, chosen=chosen, reason=reason, ids=ids, count=len(ids))

    @staticmethod
    def to_change(kind, pledges):
        """The subset of these pledges that a batch of this kind would change."""
        eligible, _change, _still_changed = _KINDS[kind]
        return eligible(pledges)

    def start(self):
        """Do or undo it, now if it is small, else in the worker."""
        if self.count <= AT_ONCE:
            self.finish()
        else:
            run_batch.enqueue(self.pk)

    def finish(self):
        """Do or undo it, in one transaction. Does nothing if it does not wait, or while another process is at it."""
        with transaction.atomic():
            batch = Batch.objects.waiting().select_for_update(skip_locked=True).filter(pk=self.pk).first()
            if batch is None:
                return
            if batch.undo_asked_at:
                batch._undo()
            else:
                batch._do()
        self.refresh_from_db()

    def undo(self, user):
        """Ask that it is undone, which `start` does, or stop one that was not done yet; returns whether this call did it."""
        batch = Batch.objects.filter(pk=self.pk, undo_asked_at=None)
        asked = {"undo_asked_at": Now(), "undone_by": user, "error": ""}
        with transaction.atomic():
            if batch.filter(state=self.State.DONE, changed__gt=0).update(state=self.State.WAITING, **asked):
                return True
            # One that is being done is locked until it is done.
            if not batch.waiting().select_for_update(skip_locked=True).exists():
                return False
            batch.update(state=self.State.UNDONE, ended_at=Now(), undone_at=Now(), **asked)
            Entry.log(user, Entry.Action.CHANGE, about=self, step="cancel")
        return True

    @staticmethod
    def record_own_confirmation(pledge):
        """Record that the supporter confirmed a pledge that a batch had confirmed; undoing the batch then leaves it alone."""
        at = OuterRef("confirmed_at")
        by_batch = Batch.objects.filter(
            kind=Batch.Kind.CONFIRM, created_at__lte=at, ended_at__gte=at, undone_at=None, ids__contains=[pledge.pk]
        )
        Pledge.objects.confirmed().filter(Exists(by_batch), pk=pledge.pk).update(confirmed_at=Now())

    def pledges(self):
        """The pledges of `ids`, as they are stored, that exist."""
        return Pledge.objects.filter(pk__in=Batch.objects.filter(pk=self.pk).pledges())

    def _do(self):
        eligible, change, _still_changed = _KINDS[self.kind]
        found = list(_locked(eligible(self.pledges())).values_list("pk", "invalidated_at"))
        self.ids = [pk for pk, _at in found]
        if self.kind == self.Kind.RESTORE:
            self.invalidated = [at for _pk, at in found]
        self.save(update_fields=["ids", "invalidated"])
        change(self.pledges())
        if self.kind == self.Kind.CONFIRM:
            # Without a free place in its mailbox, a pledge is not confirmed.
            self.ids = list(self.pledges().confirmed().values_list("pk", flat=True))
        self.state, self.ended_at, self.changed, self.error = self.State.DONE, Now(), len(self.ids), ""
        self.save()
        Entry.log(self.by, Entry.Action.CHANGE, self.ids, about=self, step=self.kind)

    def _undo(self):
        # What its owner or another batch changed since stays as it is.
        later = Batch.objects.filter(ended_at__gt=self.ended_at, undone_at=None).pledges()
        since = Q(confirmed_at__gt=self.ended_at) | Q(invalidated_at__gt=self.ended_at) | Q(pk__in=later)
        _eligible, _change, still_changed = _KINDS[self.kind]
        rows = still_changed(self.pledges()).exclude(since)
        ids = list(_locked(rows).values_list("pk", flat=True))
        match self.kind:
            case self.Kind.CONFIRM:
                rows.unconfirm()
            case self.Kind.INVALIDATE:
                rows.restore()
            case self.Kind.RESTORE:
                before = dict(zip(self.ids, self.invalidated, strict=True))
                with connection.cursor() as cursor:
                    cursor.execute(UNDO_RESTORE_SQL, [ids, [before[pk] for pk in ids]])
        self.state, self.undone_at, self.undone, self.error = self.State.UNDONE, Now(), len(ids), ""
        self.save()
        Entry.log(self.undone_by, Entry.Action.CHANGE, ids, about=self, step="undo")


def _locked(pledges):
    """These rows, locked in the order of their ids to avoid deadlocks: what is found about them stays true."""
    return pledges.order_by("pk").select_for_update()


# For each kind: the pledges that it changes, the change itself, and the pledges that still have the changed state.
_KINDS = {
    Batch.Kind.CONFIRM: (PledgeQuerySet.pending, PledgeQuerySet.confirm, PledgeQuerySet.confirmed),
    Batch.Kind.INVALIDATE: (PledgeQuerySet.valid, PledgeQuerySet.invalidate, PledgeQuerySet.invalidated),
    Batch.Kind.RESTORE: (PledgeQuerySet.invalidated, PledgeQuerySet.restore, PledgeQuerySet.valid),
}


@task
def run_batch(batch_id):
    """Do or undo a batch. Housekeeping tries again what fails. It raises nothing: a stored traceback could quote an address."""
    try:
        # Unsaved: `finish` locks and reads the row itself.
        Batch(pk=batch_id).finish()
    except OperationalError as error:
        # The database is unreachable, or it aborted this transaction to end a deadlock.
        logger.warning("batch %s: %s", batch_id, type(error).__name__)
    except Exception as error:
        logger.error("batch %s: %s", batch_id, type(error).__name__)
        Batch.objects.waiting().filter(pk=batch_id).update(error=type(error).__name__[:80])
