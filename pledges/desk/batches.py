"""Admin of batches (bulk changes of pledges): their state, and a button to undo them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges.supporters.batches import Batch
from staff.admin.base import ModelAdmin, NoAddOrDelete, change_url

STATES = Batch.State
# What the history says of a batch.
STEPS_IN_HISTORY = {
    Batch.Kind.CONFIRM: _("confirmed pledges (batch %(number)s)"),
    Batch.Kind.INVALIDATE: _("invalidated pledges (batch %(number)s)"),
    Batch.Kind.RESTORE: _("restored pledges (batch %(number)s)"),
    "undo": _("undid the batch %(number)s"),
    "cancel": _("stopped the batch %(number)s"),
}


@admin.register(Batch)
class BatchAdmin(NoAddOrDelete, ModelAdmin):
    """The list of batches, and a page for each batch instead of a form."""

    list_display = ["__str__", "kind", "chosen", "state", "changed", "undone", "by", "created_at"]
    list_select_related = ["by"]
    list_note = _("What was done to many pledges at once. Open a batch to see its progress or to undo it.")
    actions = None

    def words_in_history(self, entry, name):
        words = STEPS_IN_HISTORY.get(entry.details.get("step"))
        return words % {"number": entry.object_id} if words else ""

    def links_in_history(self, request, entry, row, *versions):
        is_undone = row is None or row.undo_asked_at
        return [] if is_undone else [(_("See or undo it"), change_url(row))]

    def get_queryset(self, request):
        # Without the ids, which may be a hundred thousand.
        return super().get_queryset(request).defer("ids", "invalidated")

    def has_change_permission(self, request, obj=None):
        """Permission to change pledges includes undoing any batch, colleagues' batches included."""
        return request.user.has_perm("pledges.change_pledge")

    def has_view_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def has_module_permission(self, request):
        return self.has_change_permission(request)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The state of a batch, with a button to stop or undo it."""
        batch = self.get_object(request, object_id)
        if not self.has_change_permission(request, batch):
            raise PermissionDenied
        if batch is None:
            # Django's own view redirects with a message.
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method == "POST":
            self._handle_button(request, batch)
            return redirect(request.path)
        context = {
            "batch": batch,
            "in_progress": batch.state == STATES.WAITING,
            "may_stop": batch.state == STATES.WAITING and not batch.undo_asked_at,
            "may_undo": batch.changed and batch.state == STATES.DONE,
            "expired_count": self._expired_count(batch),
        }
        title = _("Batch %(number)d") % {"number": batch.pk}
        return self.page(request, "admin/pledges/batch/progress.html", title, **context)

    @staticmethod
    def _expired_count(batch):
        """The pledges that would be erased once their confirmation is undone: they are past `expires_at`."""
        if batch.kind != Batch.Kind.CONFIRM or batch.undo_asked_at:
            return 0
        return batch.pledges().past_expiry().count()

    def _handle_button(self, request, batch):
        if "undo" not in request.POST:
            return
        with transaction.atomic():
            if is_asked := batch.undo(request.user):
                batch.start()
        batch.refresh_from_db()
        if batch.undone:
            done = ngettext(
                "%(count)d pledge is as it was before.", "%(count)d pledges are as they were before.", batch.undone
            )
            self.message_user(request, done % {"count": batch.undone}, messages.SUCCESS)
        elif batch.undone_at and not batch.changed:
            self.message_user(request, _("The batch has been stopped. It has changed nothing."))
        elif not is_asked:
            words = _("Nothing was changed: the batch is being done. Undo it when it is done.")
            self.message_user(request, words, messages.WARNING)
