"""Batches: changes of many pledges by staff, in atomic steps, with undo."""

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pledges import tasks
from pledges.supporters.models import Pledge
from pledges.supporters.querysets import PledgeQuerySet
from staff.models import AuditEntry

# Rows that one transaction changes, so that row locks are held for a fraction of a second.
ROWS_PER_STEP = 2000


def _account(**options):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False, **options
    )


class BatchQuerySet(models.QuerySet):
    def unfinished(self):
        """Batches with work left for the worker."""
        return self.filter(state__in=[Batch.State.WAITING, Batch.State.RUNNING, Batch.State.UNDOING])


class Batch(models.Model):
    """One change of many pledges: confirm, invalidate or restore. It is made in steps and can be undone as a whole.

    `choice` holds only ids and dates: digests are erased.
    """

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
        WAITING = "waiting", pgettext_lazy("batch", "waiting its turn")
        RUNNING = "running", pgettext_lazy("batch", "under way")
        DONE = "done", pgettext_lazy("batch", "done")
        CANCELLED = "cancelled", pgettext_lazy("batch", "stopped half-way")
        FAILED = "failed", pgettext_lazy("batch", "failed")
        UNDOING = "undoing", pgettext_lazy("batch", "being undone")
        UNDONE = "undone", pgettext_lazy("batch", "undone")

    kind = models.CharField(pgettext_lazy("batch", "action taken"), max_length=10, choices=Kind, editable=False)
    chosen = models.CharField(_("how they were chosen"), max_length=9, choices=Chosen, editable=False)
    choice = models.JSONField(_("details of the choice"), default=dict, editable=False)
    # In the words of staff, without a name.
    reason = models.CharField(_("reason"), max_length=200, blank=True, db_default="", editable=False)
    # What the pledges were chosen by. No digest: network digests are erased.
    domain = models.CharField(_("email domain"), max_length=253, blank=True, db_default="", editable=False)
    by = _account(verbose_name=_("by whom"))
    undone_by = _account(verbose_name=_("undone by"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING, editable=False)
    created_at = models.DateTimeField(pgettext_lazy("batch", "begun"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(pgettext_lazy("batch", "ended"), null=True, editable=False)
    undo_asked_at = models.DateTimeField(_("undoing begun"), null=True, editable=False)
    undone_at = models.DateTimeField(pgettext_lazy("batch", "undone"), null=True, editable=False)
    # The time of the last step. Housekeeping enqueues an unfinished batch again if its worker was killed.
    worked_at = models.DateTimeField(db_default=Now(), editable=False)
    # The id of the last processed pledge; rows are processed in id order.
    reached = models.UUIDField(null=True, editable=False)

    count = models.PositiveIntegerField(_("pledges chosen"), default=0, editable=False)
    changed = models.PositiveIntegerField(pgettext_lazy("batch", "changed"), default=0, editable=False)
    skipped = models.PositiveIntegerField(_("already so, or erased"), default=0, editable=False)
    undone = models.PositiveIntegerField(_("restored"), default=0, editable=False)
    kept = models.PositiveIntegerField(_("changed or erased since, and left alone"), default=0, editable=False)
    # The class of the error, never its text, which may quote personal data.
    error = models.CharField(_("last error"), max_length=80, blank=True, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-pk"]
        # No permissions of its own: the permission to change pledges is required.
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="batch_state_and_times",
                condition=Q(state__in=("waiting", "running"), ended_at=None, undo_asked_at=None, undone_at=None)
                | Q(state__in=("done", "cancelled"), ended_at__isnull=False, undo_asked_at=None, undone_at=None)
                | Q(state="failed", undone_at=None)
                | Q(state="undoing", ended_at__isnull=False, undo_asked_at__isnull=False, undone_at=None)
                | Q(state="undone", ended_at__isnull=False, undo_asked_at__isnull=False, undone_at__isnull=False),
            ),
            models.CheckConstraint(
                name="batch_counts_add_up",
                condition=Q(count__gte=F("changed") + F("skipped")) & Q(changed__gte=F("undone") + F("kept")),
            ),
        ]

    def __str__(self):
        return f"{self.pk}"

    @classmethod
    def begin(cls, kind, pledges, user, chosen, choice=None, **words):
        """Create a batch with a row for each of these pledges that it would change. `step` makes the changes later.

        `choice` is stored as details of how the pledges were chosen, and `words` are `reason` and `domain`, if there are any.
        """
        rows = cls.to_change(kind, pledges).select_related(None).order_by("pk").values_list("pk", "invalidated_at")
        with transaction.atomic(), connection.cursor() as cursor:
            batch = cls.objects.create(kind=kind, by=user, chosen=chosen, choice=choice or {}, **words)
            chosen_sql, parameters = rows.query.sql_with_params()
            cursor.execute(
                f"INSERT INTO {BatchRow._meta.db_table} (batch_id, pledge, invalidated_at) "
                f"SELECT %s, chosen.* FROM ({chosen_sql}) chosen",
                [batch.pk, *parameters],
            )
            batch.count = cursor.rowcount
            batch.save(update_fields=["count"])
        return batch

    @staticmethod
    def to_change(kind, pledges):
        """The subset of these pledges that a batch of this kind would change."""
        return _ELIGIBLE[kind](pledges)

    def enqueue(self):
        """Enqueue the task that runs the next steps."""
        tasks.run_batch.enqueue(self.pk)

    def finish(self):
        """Run all steps now, in this process. Only for a few pledges."""
        while self.step():
            pass
        self.refresh_from_db()

    def step(self):
        """Change or undo the next pledges in one transaction; returns whether more steps may follow.

        A killed process loses only its current step. While one process runs a step, a concurrent call does nothing.
        """
        with transaction.atomic():
            batch = Batch.objects.unfinished().select_for_update(skip_locked=True).filter(pk=self.pk).first()
            if batch is None:
                return False
            if batch.state == self.State.UNDOING:
                return batch._undo_next()
            return batch._change_next()

    @staticmethod
    def record_own_confirmation(pledge):
        """Record that the supporter confirmed a pledge that a batch had confirmed; undoing the batch then leaves it alone."""
        by_batch = BatchRow.objects.filter(
            batch__kind=Batch.Kind.CONFIRM,
            pledge=OuterRef("pk"),
            changed_at__gte=OuterRef("confirmed_at"),
            undone_at=None,
        )
        Pledge.objects.confirmed().filter(Exists(by_batch), pk=pledge.pk).update(confirmed_at=Now())

    def cancel(self):
        """Stop before the next step. Finished steps stay and can be undone. Returns whether this call did it."""
        return bool(
            Batch.objects.filter(pk=self.pk, state__in=[self.State.WAITING, self.State.RUNNING]).update(
                state=self.State.CANCELLED, ended_at=Now()
            )
        )

    def undo(self, user):
        """Start to undo the changes of this batch; returns whether this call did it."""
        ended = Q(state__in=[self.State.DONE, self.State.CANCELLED])
        failed_while_changing = Q(state=self.State.FAILED, undo_asked_at=None)
        return bool(
            Batch.objects.filter(ended | failed_while_changing, pk=self.pk, changed__gt=0).update(
                state=self.State.UNDOING,
                ended_at=Coalesce("ended_at", Now()),
                undo_asked_at=Now(),
                undone_by=user,
                reached=None,
                error="",
            )
        )

    def fail(self, error):
        """Stop because of a permanent error. `resume` continues."""
        Batch.objects.unfinished().filter(pk=self.pk).update(state=self.State.FAILED, error=type(error).__name__[:80])

    def resume(self):
        """Continue after a failure; returns whether this call did it."""
        failed = Batch.objects.filter(pk=self.pk, state=self.State.FAILED)
        return bool(
            failed.filter(undo_asked_at=None).update(state=self.State.RUNNING, ended_at=None, error="")
            or failed.update(state=self.State.UNDOING, error="")
        )

    def _change_next(self):
        ids = self._next_ids(self.rows.filter(changed_at=None))
        changed = self._lock(_ELIGIBLE[self.kind](Pledge.objects.filter(pk__in=ids)))
        _CHANGE[self.kind](Pledge.objects.filter(pk__in=changed))
        # Without a free place in its mailbox, a pledge is not confirmed.
        changed = list(_STILL_CHANGED[self.kind](Pledge.objects.filter(pk__in=changed)).values_list("pk", flat=True))
        self.rows.filter(pledge__in=changed).update(changed_at=Now())
        # The other pledges were erased or changed since, so there is nothing to undo for them.
        self.rows.filter(pledge__in=ids, changed_at=None).delete()
        self._log(self.by, changed, is_first=not self.changed)
        self.changed += len(changed)
        self.skipped += len(ids) - len(changed)
        is_last = len(ids) < ROWS_PER_STEP
        if is_last:
            self.state, self.ended_at = self.State.DONE, Now()
        else:
            self.state = self.State.RUNNING
        self._save_progress(ids)
        return not is_last

    def _undo_next(self):
        ids = self._next_ids(self.rows.filter(undone_at=None).exclude(changed_at=None))
        # Locked before the check whether they were changed since, so that the answer stays true.
        self._lock(Pledge.objects.filter(pk__in=ids))
        undone = list(self._to_undo(ids).values_list("pk", flat=True))
        self._reverse(Pledge.objects.filter(pk__in=undone))
        self.rows.filter(pledge__in=undone).update(undone_at=Now())
        self._log(self.undone_by, undone, is_first=not self.undone, undo=True)
        self.undone += len(undone)
        self.kept += len(ids) - len(undone)
        is_last = len(ids) < ROWS_PER_STEP
        if is_last:
            self.state, self.undone_at = self.State.UNDONE, Now()
        self._save_progress(ids)
        return not is_last

    def _to_undo(self, ids):
        """The subset of these pledges that nothing has changed since this batch did."""
        not_in_later_batch = self.rows.filter(pledge__in=ids).exclude(Exists(BatchRow.objects.changed_later()))
        changed_at = Subquery(self.rows.filter(pledge=OuterRef("pk")).values("changed_at"))
        return (
            _STILL_CHANGED[self.kind](Pledge.objects.filter(pk__in=not_in_later_batch.values("pledge")))
            .annotate(changed_by_batch_at=changed_at)
            .exclude(Q(confirmed_at__gt=F("changed_by_batch_at")) | Q(invalidated_at__gt=F("changed_by_batch_at")))
        )

    def _reverse(self, pledges):
        match self.kind:
            case self.Kind.CONFIRM:
                pledges.unconfirm()
            case self.Kind.INVALIDATE:
                pledges.restore()
            case self.Kind.RESTORE:
                invalidated_at = self.rows.filter(pledge=OuterRef("pk")).values("invalidated_at")
                pledges.update(state=Pledge.State.INVALIDATED, invalidated_at=Subquery(invalidated_at))

    def _next_ids(self, rows):
        if self.reached:
            rows = rows.filter(pledge__gt=self.reached)
        return list(rows.order_by("pledge").values_list("pledge", flat=True)[:ROWS_PER_STEP])

    @staticmethod
    def _lock(pledges):
        """Lock these rows, in id order to avoid deadlocks; returns their ids."""
        return list(pledges.order_by("pk").select_for_update().values_list("pk", flat=True))

    def _save_progress(self, ids):
        self.reached = ids[-1] if ids else None
        self.worked_at = Now()
        self.save()

    def _log(self, user, ids, is_first, **details):
        """Audit the pledges of a step. The history shows only the first step."""
        if ids:
            details |= {} if is_first else {"continued": True}
            AuditEntry.log(user, AuditEntry.Action.CHANGE, ids, batch=self.pk, kind=self.kind, **details)


# For each kind: the pledges that it changes, the change itself, and the pledges that still have the changed state.
_ELIGIBLE = {
    Batch.Kind.CONFIRM: PledgeQuerySet.pending,
    Batch.Kind.INVALIDATE: PledgeQuerySet.valid,
    Batch.Kind.RESTORE: PledgeQuerySet.invalidated,
}
_CHANGE = {
    Batch.Kind.CONFIRM: PledgeQuerySet.confirm,
    Batch.Kind.INVALIDATE: PledgeQuerySet.invalidate,
    Batch.Kind.RESTORE: PledgeQuerySet.restore,
}
_STILL_CHANGED = {
    Batch.Kind.CONFIRM: PledgeQuerySet.confirmed,
    Batch.Kind.INVALIDATE: PledgeQuerySet.invalidated,
    Batch.Kind.RESTORE: PledgeQuerySet.valid,
}


class BatchRowQuerySet(models.QuerySet):
    def changed_later(self):
        """For a subquery: rows of other batches that changed the outer row's pledge after it did, and are not undone."""
        later = self.filter(pledge=OuterRef("pledge"), changed_at__gt=OuterRef("changed_at"), undone_at=None)
        return later.exclude(batch=OuterRef("batch"))


class BatchRow(models.Model):
    """One pledge of a batch. The row stays after the pledge is erased; its id then refers to nothing."""

    pk = models.CompositePrimaryKey("batch_id", "pledge")
    batch = models.ForeignKey("pledges.Batch", on_delete=models.CASCADE, db_index=False, related_name="rows")
    pledge = models.UUIDField(db_index=True)
    # `invalidated_at` of the pledge before the batch, for undoing a restore.
    invalidated_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = BatchRowQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.batch_id} {str(self.pledge)[:8]}"
