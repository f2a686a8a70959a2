"""What staff do to many pledges at once: in steps that a crash cannot halve, and so that it can be undone."""

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pledges import tasks
from pledges.models.pledges import Pledge
from staff.models import AuditEntry

# Rows a transaction: locks are held for a fraction of a second, and the totals are exact after each.
STEP = 2000


class BatchQuerySet(models.QuerySet):
    def unfinished(self):
        """Those the worker has something to do for."""
        return self.filter(state__in=[Batch.State.WAITING, Batch.State.RUNNING, Batch.State.UNDOING])


class Batch(models.Model):
    """One change of many pledges: confirm, invalidate or restore, done step by step and undone as a whole.

    `choice` says how they were chosen in ids and dates only. It holds no digest: that of a network is to be forgotten.
    """

    class Kind(models.TextChoices):
        CONFIRM = "confirm", pgettext_lazy("batch", "confirm")
        INVALIDATE = "invalidate", pgettext_lazy("batch", "invalidate")
        RESTORE = "restore", pgettext_lazy("batch", "restore")

    class Chosen(models.TextChoices):
        SELECTION = "selection", _("ticked one by one")
        FILTERS = "filters", _("all that the filters showed")
        NETWORKS = "networks", _("from the same networks")
        DOMAINS = "domains", _("with the same mail domains")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("batch", "waiting its turn")
        RUNNING = "running", pgettext_lazy("batch", "under way")
        DONE = "done", pgettext_lazy("batch", "done")
        CANCELLED = "cancelled", pgettext_lazy("batch", "stopped half-way")
        FAILED = "failed", pgettext_lazy("batch", "failed")
        UNDOING = "undoing", pgettext_lazy("batch", "being undone")
        UNDONE = "undone", pgettext_lazy("batch", "undone")

    kind = models.CharField(pgettext_lazy("batch", "what is done"), max_length=10, choices=Kind, editable=False)
    chosen = models.CharField(_("how they were chosen"), max_length=9, choices=Chosen, editable=False)
    choice = models.JSONField(_("details of the choice"), default=dict, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by whom"),
        editable=False,
    )
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("undone by"),
        editable=False,
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING, editable=False)
    created_at = models.DateTimeField(pgettext_lazy("batch", "begun"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(pgettext_lazy("batch", "ended"), null=True, editable=False)
    undo_asked_at = models.DateTimeField(_("undoing begun"), null=True, editable=False)
    undone_at = models.DateTimeField(pgettext_lazy("batch", "undone"), null=True, editable=False)
    # When a step was made last: the work of a killed worker is taken up by the next.
    worked_at = models.DateTimeField(db_default=Now(), editable=False)
    # The last pledge dealt with; the rows are walked in the order of their ids.
    reached = models.UUIDField(null=True, editable=False)

    count = models.PositiveIntegerField(_("pledges chosen"), default=0, editable=False)
    changed = models.PositiveIntegerField(pgettext_lazy("batch", "changed"), default=0, editable=False)
    skipped = models.PositiveIntegerField(_("already so, or erased"), default=0, editable=False)
    undone = models.PositiveIntegerField(_("brought back"), default=0, editable=False)
    kept = models.PositiveIntegerField(_("changed or erased since, and left alone"), default=0, editable=False)
    # The kind of the error, never its text.
    error = models.CharField(_("last error"), max_length=80, blank=True, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-pk"]
        # Whoever may change pledges may also take back what was done to them.
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
    def begin(cls, kind, pledges, user, chosen, choice=None):
        """Take down which of these pledges are to be changed; those for which there is nothing to change are left out.

        What happens to them later is `step`'s business.
        """
        rows = _TO_CHANGE[kind](pledges).select_related(None).order_by("pk").values_list("pk", "invalidated_at")
        with transaction.atomic(), connection.cursor() as cursor:
            batch = cls.objects.create(kind=kind, by=user, chosen=chosen, choice=choice or {})
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
        """Those of these pledges that a batch of this kind would change."""
        return _TO_CHANGE[kind](pledges)

    def enqueue(self):
        """Have the worker go on with it."""
        tasks.run_batch.enqueue(self.pk)

    def finish(self):
        """Make all steps now: for a handful of pledges."""
        while self.step():
            pass
        self.refresh_from_db()

    def step(self):
        """Change, or bring back, the next pledges in one transaction; False when nothing is left to do here.

        Whoever is killed in it leaves nothing half done, and two at once do not do the same twice.
        """
        with transaction.atomic():
            batch = Batch.objects.unfinished().select_for_update(skip_locked=True).filter(pk=self.pk).first()
            if batch is None:
                return False
            return batch._undo_some() if batch.state == self.State.UNDOING else batch._change_some()

    @staticmethod
    def confirmed_by_oneself(pledge):
        """Someone whom a batch had confirmed has pressed the button, too: they are counted from now on, whatever is undone."""
        by_batch = BatchRow.objects.filter(
            batch__kind=Batch.Kind.CONFIRM,
            pledge=OuterRef("pk"),
            changed_at__gte=OuterRef("confirmed_at"),
            undone_at=None,
        )
        Pledge.objects.confirmed().filter(Exists(by_batch), pk=pledge.pk).update(confirmed_at=Now())

    def cancel(self):
        """Stop before the next step; what is done stays, and can be undone. True when this call did it."""
        return bool(
            Batch.objects.filter(pk=self.pk, state__in=[self.State.WAITING, self.State.RUNNING]).update(
                state=self.State.CANCELLED, ended_at=Now()
            )
        )

    def undo(self, user):
        """Begin to bring back what it changed. True when this call did it."""
        may = Q(state__in=[self.State.DONE, self.State.CANCELLED]) | Q(state=self.State.FAILED, undo_asked_at=None)
        with transaction.atomic():
            begun = Batch.objects.filter(may, pk=self.pk, changed__gt=0).update(
                state=self.State.UNDOING,
                ended_at=models.functions.Coalesce("ended_at", Now()),
                undo_asked_at=Now(),
                undone_by=user,
                reached=None,
                error="",
            )
        return bool(begun)

    def fail(self, error):
        """Stop because of an error that another try would meet again."""
        Batch.objects.unfinished().filter(pk=self.pk).update(state=self.State.FAILED, error=type(error).__name__[:80])

    def go_on(self):
        """Try once more what failed. True when this call did it."""
        failed = Batch.objects.filter(pk=self.pk, state=self.State.FAILED)
        return bool(
            failed.filter(undo_asked_at=None).update(state=self.State.RUNNING, ended_at=None, error="")
            or failed.update(state=self.State.UNDOING, error="")
        )

    def _change_some(self):
        ids = self._next(self.rows.filter(changed_at=None))
        changed = self._lock(_TO_CHANGE[self.kind](Pledge.objects.filter(pk__in=ids)))
        _CHANGE[self.kind](Pledge.objects.filter(pk__in=changed))
        self.rows.filter(pledge__in=changed).update(changed_at=Now())
        # Erased since, or so already: nothing was done, and nothing is to be undone.
        self.rows.filter(pledge__in=ids, changed_at=None).delete()
        self.changed += len(changed)
        self.skipped += len(ids) - len(changed)
        self._take_down(ids, changed, self.by, Batch.State.RUNNING, Batch.State.DONE, "ended_at")
        return len(ids) == STEP

    def _undo_some(self):
        ids = self._next(self.rows.filter(undone_at=None).exclude(changed_at=None))
        # Also before asking who changed them since: what is locked changes no more.
        self._lock(Pledge.objects.filter(pk__in=ids))
        mine = self.rows.filter(pledge__in=ids).exclude(Exists(BatchRow.objects.later_than(OuterRef)))
        touched = Subquery(self.rows.filter(pledge=OuterRef("pk")).values("changed_at"))
        as_left = (
            _AS_LEFT[self.kind](Pledge.objects.filter(pk__in=mine.values("pledge")))
            .annotate(touched=touched)
            .exclude(Q(confirmed_at__gt=F("touched")) | Q(invalidated_at__gt=F("touched")))
        )
        undone = list(as_left.values_list("pk", flat=True))
        back = Pledge.objects.filter(pk__in=undone)
        if self.kind == self.Kind.RESTORE:
            row = self.rows.filter(pledge=OuterRef("pk"))
            back.update(state=Pledge.State.INVALIDATED, invalidated_at=Subquery(row.values("invalidated_at")))
        elif self.kind == self.Kind.CONFIRM:
            back.unconfirm()
        else:
            back.restore()
        self.rows.filter(pledge__in=undone).update(undone_at=Now())
        self.undone += len(undone)
        self.kept += len(ids) - len(undone)
        self._take_down(ids, undone, self.undone_by, Batch.State.UNDOING, Batch.State.UNDONE, "undone_at")
        return len(ids) == STEP

    def _next(self, rows):
        if self.reached:
            rows = rows.filter(pledge__gt=self.reached)
        return list(rows.order_by("pledge").values_list("pledge", flat=True)[:STEP])

    @staticmethod
    def _lock(pledges):
        """Hold these rows, in the order of their ids so that nobody waits in a circle; their ids."""
        return list(pledges.order_by("pk").select_for_update().values_list("pk", flat=True))

    def _take_down(self, ids, changed, user, going_on, ended, ended_field):
        """Keep how far the work is, in the transaction that did it, and put what was changed on record."""
        self.reached, self.state, self.worked_at = ids[-1] if ids else None, going_on, Now()
        if len(ids) < STEP:
            self.state = ended
            setattr(self, ended_field, Now())
        self.save()
        if changed:
            undo = ended == Batch.State.UNDONE
            AuditEntry.log(
                user,
                AuditEntry.Action.CHANGE,
                changed,
                batch=self.pk,
                kind=self.kind,
                **({"undo": True} if undo else {}),
            )


class BatchRowQuerySet(models.QuerySet):
    def later_than(self, outer):
        """Rows with which another batch changed the same pledge after the row of the outer query, and was not undone."""
        return self.filter(pledge=outer("pledge"), changed_at__gt=outer("changed_at"), undone_at=None).exclude(
            batch=outer("batch")
        )


class BatchRow(models.Model):
    """One pledge of a batch. It outlives the pledge: a number that leads nowhere any more."""

    pk = models.CompositePrimaryKey("batch_id", "pledge")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, db_index=False, related_name="rows")
    pledge = models.UUIDField(db_index=True)
    # When it had been invalidated before: what undoing `restore` needs to know. Other states follow from the pledge itself.
    invalidated_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = BatchRowQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.batch_id} {str(self.pledge)[:8]}"


# What each kind of batch changes, by which method, and how it leaves a pledge.
_TO_CHANGE = {
    Batch.Kind.CONFIRM: lambda pledges: pledges.pending(),
    Batch.Kind.INVALIDATE: lambda pledges: pledges.valid(),
    Batch.Kind.RESTORE: lambda pledges: pledges.invalidated(),
}
_CHANGE = {
    Batch.Kind.CONFIRM: lambda pledges: pledges.confirm(),
    Batch.Kind.INVALIDATE: lambda pledges: pledges.invalidate(),
    Batch.Kind.RESTORE: lambda pledges: pledges.restore(),
}
_AS_LEFT = {
    Batch.Kind.CONFIRM: lambda pledges: pledges.confirmed(),
    Batch.Kind.INVALIDATE: lambda pledges: pledges.invalidated(),
    Batch.Kind.RESTORE: lambda pledges: pledges.valid(),
}
