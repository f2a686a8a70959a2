"""Admin of batches (bulk changes of pledges): their progress, and buttons to stop, undo and retry them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges.access import sees_people
from pledges.supporters.batches import Batch
from pledges.supporters.models import Pledge
from staff.admin.base import ModelAdmin, NoAddOrDelete, change_url
from staff.admin.in_history import PLEDGES
from staff.models import AuditEntry

STATES = Batch.State
# What the history says of a batch.
STEPS_IN_HISTORY = {
    Batch.Kind.CONFIRM: _("confirmed pledges (batch %(number)s)"),
    Batch.Kind.INVALIDATE: _("invalidated pledges (batch %(number)s)"),
    Batch.Kind.RESTORE: _("restored pledges (batch %(number)s)"),
    "undo": _("undid the batch %(number)s"),
    "cancel": _("stopped the batch %(number)s"),
    "go_on": _("let the batch %(number)s go on"),
}
# Up to this many pledges are restored within the request; the worker undoes larger batches.
UNDO_IN_REQUEST = 200


@admin.register(Batch)
class BatchAdmin(NoAddOrDelete, ModelAdmin):
    """The list of batches, and a page for each batch instead of a form."""

    list_display = ["number", "kind", "chosen", "state", "changed", "undone", "by", "created_at"]
    list_select_related = ["by"]
    list_note = _("What was done to many pledges at once. Open a batch to see its progress or to undo it.")
    actions = None
    history_kind = PLEDGES
    audited_as = ("batch",)

    def words_in_history(self, entry, name):
        details = entry.details
        words = STEPS_IN_HISTORY.get(details.get("step", "undo" if "undo" in details else details.get("kind")))
        return words % {"number": details["batch"]} if words else ""

    def links_in_history(self, request, entry, row):
        is_undone = row is None or row.state in (STATES.UNDOING, STATES.UNDONE)
        return [] if is_undone else [(_("See or undo it"), change_url(row))]

    def has_change_permission(self, request, obj=None):
        """Permission to change pledges includes undoing any batch, colleagues' batches included."""
        return request.user.has_perm("pledges.change_pledge")

    def has_view_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def has_module_permission(self, request):
        return self.has_change_permission(request)

    @admin.display(description=_("batch"), ordering="pk")
    def number(self, batch):
        return batch.pk

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The progress of a batch, with buttons to stop it, undo it, or retry it after a failure."""
        batch = self.get_object(request, object_id)
        if not self.has_change_permission(request, batch):
            raise PermissionDenied
        if batch is None:
            # Django's own view redirects with a message.
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method == "POST":
            self._handle_button(request, batch)
            return redirect(request.path)
        if batch.undo_asked_at:
            processed, total = batch.undone + batch.kept, batch.changed
        else:
            processed, total = batch.changed + batch.skipped, batch.count
        context = {
            **self.admin_site.each_context(request),
            "title": _("Batch %(number)d") % {"number": batch.pk},
            "batch": batch,
            "opts": self.opts,
            "media": self.media,
            "in_progress": batch.state in (STATES.WAITING, STATES.RUNNING, STATES.UNDOING),
            "processed": processed,
            "total": total,
            "may_cancel": batch.state in (STATES.WAITING, STATES.RUNNING),
            "may_undo": batch.changed and batch.state in (STATES.DONE, STATES.CANCELLED, STATES.FAILED),
            "may_retry": batch.state == STATES.FAILED,
            "expired_count": self._expired_count(batch),
            "domain": batch.domain if sees_people(request) else "",
        }
        return TemplateResponse(request, "admin/pledges/batch/progress.html", context)

    @staticmethod
    def _expired_count(batch):
        """The pledges that would be erased once their confirmation is undone: they are past `expires_at`."""
        if batch.kind != Batch.Kind.CONFIRM or batch.undo_asked_at:
            return 0
        changed = batch.rows.exclude(changed_at=None).values("pledge")
        return Pledge.objects.filter(pk__in=changed).past_expiry().count()

    @transaction.atomic
    def _stop_or_resume(self, request, batch, step):
        """Stop a batch, or resume one that failed, with its audit entry; returns whether this call did it."""
        done = batch.cancel() if step == "cancel" else batch.resume()
        if done:
            AuditEntry.log(request.user, AuditEntry.Action.CHANGE, batch=batch.pk, step=step)
        return done

    def _handle_button(self, request, batch):
        if "cancel" in request.POST:
            if self._stop_or_resume(request, batch, "cancel"):
                self.message_user(request, _("The batch has been stopped. What it had done stays until you undo it."))
        elif "undo" in request.POST:
            with transaction.atomic():
                begun = batch.undo(request.user)
                if begun and batch.changed <= UNDO_IN_REQUEST:
                    batch.finish()
                elif begun:
                    batch.enqueue()
            if batch.state == STATES.UNDONE:
                done = ngettext(
                    "%(count)d pledge is as it was before.", "%(count)d pledges are as they were before.", batch.undone
                )
                self.message_user(request, done % {"count": batch.undone}, messages.SUCCESS)
        elif "go_on" in request.POST and self._stop_or_resume(request, batch, "go_on"):
            batch.enqueue()
