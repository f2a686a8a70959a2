"""Batches: what was done to many pledges at once, how far it is, and undoing it."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges.models import Batch, Pledge
from staff.admin.base import ModelAdmin, NoAddOrDelete

STATES = Batch.State
# So many are brought back while someone waits.
UNDONE_AT_ONCE = 200


@admin.register(Batch)
class BatchAdmin(NoAddOrDelete, ModelAdmin):
    list_display = ["number", "kind", "chosen", "state", "changed", "undone", "by", "created_at"]
    list_select_related = ["by"]
    list_note = _("What was done to many pledges at once. Open a batch to see how far it is, or to undo it.")
    actions = None

    def has_change_permission(self, request, obj=None):
        """Whoever may change pledges may also take back what was done to them, whoever did it."""
        return request.user.has_perm("pledges.change_pledge")

    def has_view_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def has_module_permission(self, request):
        return self.has_change_permission(request)

    @admin.display(description=_("batch"), ordering="pk")
    def number(self, batch):
        return batch.pk

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """How far a batch is; its buttons stop it, undo it, or try again what failed."""
        batch = self.get_object(request, object_id)
        if not self.has_change_permission(request, batch):
            raise PermissionDenied
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            self._press(request, batch)
            return redirect(request.path)
        ready = batch.undone + batch.kept if batch.undo_asked_at else batch.changed + batch.skipped
        context = {
            **self.admin_site.each_context(request),
            "title": _("Batch %(number)d") % {"number": batch.pk},
            "batch": batch,
            "opts": self.opts,
            "media": self.media,
            "moves": batch.state in (STATES.WAITING, STATES.RUNNING, STATES.UNDOING),
            "ready": ready,
            "all": batch.changed if batch.undo_asked_at else batch.count,
            "may_cancel": batch.state in (STATES.WAITING, STATES.RUNNING),
            "may_undo": batch.changed and batch.state in (STATES.DONE, STATES.CANCELLED, STATES.FAILED),
            "may_go_on": batch.state == STATES.FAILED,
            "too_old": self._too_old(batch),
        }
        return TemplateResponse(request, "admin/pledges/batch/progress.html", context)

    @staticmethod
    def _too_old(batch):
        """How many would be erased once their confirmation is undone: they are past their `expires_at`."""
        if batch.kind != Batch.Kind.CONFIRM or batch.undo_asked_at:
            return 0
        changed = batch.rows.exclude(changed_at=None).values("pledge")
        return Pledge.objects.filter(pk__in=changed).past_expiry().count()

    def _press(self, request, batch):
        if "cancel" in request.POST:
            if batch.cancel():
                self.message_user(request, _("The batch is stopped. What it had done stays until you undo it."))
        elif "undo" in request.POST:
            with transaction.atomic():
                begun = batch.undo(request.user)
                if begun and batch.changed <= UNDONE_AT_ONCE:
                    batch.finish()
                elif begun:
                    batch.enqueue()
            if batch.state == STATES.UNDONE:
                done = ngettext("%(count)d pledge is as before.", "%(count)d pledges are as before.", batch.undone)
                self.message_user(request, done % {"count": batch.undone}, messages.SUCCESS)
        elif "go_on" in request.POST and batch.resume():
            batch.enqueue()
