"""Bulk changes of pledges as batches that can be undone: the actions of the list, and the admin of batches."""

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from pledges.access import decrypted, look_at_people, sees_people
from pledges.supporters.batches import Batch
from staff.admin.base import ModelAdmin, NoAddOrDelete, change_url
from staff.admin.confirmation_page import SURE, chosen_rows, repeated

CHANGED_MESSAGES = {
    Batch.Kind.CONFIRM: ngettext_lazy("%(count)d pledge confirmed.", "%(count)d pledges confirmed.", "count"),
    Batch.Kind.INVALIDATE: ngettext_lazy("%(count)d pledge invalidated.", "%(count)d pledges invalidated.", "count"),
    Batch.Kind.RESTORE: ngettext_lazy("%(count)d pledge restored.", "%(count)d pledges restored.", "count"),
}
TITLES = {
    Batch.Kind.CONFIRM: _("Confirm pledges"),
    Batch.Kind.INVALIDATE: _("Invalidate pledges"),
    Batch.Kind.RESTORE: _("Restore pledges"),
}
EXPLANATIONS = {
    Batch.Kind.CONFIRM: _(
        "These pledges will count from now on, as if each person had pressed the button in their message. Only do "
        "this for people whose addresses you have verified in another way."
    ),
    Batch.Kind.INVALIDATE: _("They will no longer count, but they stay here until you restore them. We send no email."),
    Batch.Kind.RESTORE: _("Each pledge goes back to what it was: confirmed, or waiting for confirmation."),
}
NOTES = {
    Batch.Chosen.NETWORKS: _(
        "A network can be a home, a school or a whole mobile operator. After seven days we erase which one someone "
        "signed from."
    ),
    Batch.Chosen.DOMAINS: _(
        "The email domain is what follows the @. Many unrelated people share the domain of a large provider."
    ),
}
UNDO_NOTE = _("All of it can be undone as one batch.")

# What the history says of a batch.
STEPS_IN_HISTORY = {
    Batch.Kind.CONFIRM: _("confirmed pledges (batch %(number)s)"),
    Batch.Kind.INVALIDATE: _("invalidated pledges (batch %(number)s)"),
    Batch.Kind.RESTORE: _("restored pledges (batch %(number)s)"),
    "undo": _("undid the batch %(number)s"),
    "cancel": _("stopped the batch %(number)s"),
}
# The action is offered above the list and on the page of one pledge.
LIST_AND_FORM = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class BulkActions:
    """ModelAdmin mixin: the bulk actions of the list of pledges, with their confirmation page."""

    actions = ["confirm", "invalidate", "restore", "invalidate_networks", "invalidate_domains", "export"]

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location)
        # Django's action would erase without the final message, which the page of erasure sends.
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description=_("Confirm"), permissions=["change"], location=LIST_AND_FORM)
    def confirm(self, request, queryset):
        return self._change(request, Batch.Kind.CONFIRM, queryset)

    @admin.action(description=_("Invalidate: stop counting"), permissions=["change"], location=LIST_AND_FORM)
    def invalidate(self, request, queryset):
        return self._change(request, Batch.Kind.INVALIDATE, queryset)

    @admin.action(description=_("Restore what was invalidated"), permissions=["change"], location=LIST_AND_FORM)
    def restore(self, request, queryset):
        return self._change(request, Batch.Kind.RESTORE, queryset)

    @admin.action(description=_("Invalidate all from the same networks …"), permissions=["change"])
    def invalidate_networks(self, request, queryset):
        same = queryset.sharing_digest("network_digest")
        return self._change(request, Batch.Kind.INVALIDATE, same, Batch.Chosen.NETWORKS, selected=queryset)

    @admin.action(description=_("Invalidate all with the same email domains …"), permissions=["change"])
    def invalidate_domains(self, request, queryset):
        same = queryset.sharing_digest("domain_digest")
        return self._change(request, Batch.Kind.INVALIDATE, same, Batch.Chosen.DOMAINS, selected=queryset)

    def _change(self, request, kind, pledges, chosen=None, selected=None, form=None):
        """Start a batch, after a page that shows which pledges and how many, and asks what `form` asks.

        `selected` are the pledges that staff selected, if `pledges` was derived from them, such as all pledges of their networks.
        """
        if chosen is None:
            whole_list = request.POST.get("select_across") == "1"
            chosen = Batch.Chosen.FILTERS if whole_list else Batch.Chosen.SELECTION
        to_change = Batch.to_change(kind, pledges)
        count = to_change.count()
        if count == 0:
            return self.message_user(request, CHANGED_MESSAGES[kind] % {"count": 0}, messages.WARNING)
        if SURE not in request.POST or form and not form.is_valid():
            facts = [
                (_("Selected"), (pledges if selected is None else selected).count()),
                (_("To be changed"), count),
                (_("Of these, counted now"), to_change.confirmed().count()),
            ]
            explanation = [EXPLANATIONS[kind], NOTES.get(chosen), UNDO_NOTE]
            return self._confirmation_page(request, TITLES[kind], explanation, facts, to_change, form)
        with transaction.atomic():
            reason = form.cleaned_data["reason"] if form else ""
            batch = Batch.begin(kind, pledges, request.user, chosen, reason)
            batch.start()
        page = change_url(batch)
        if batch.state == Batch.State.WAITING:
            return redirect(page)
        done = format_html(
            '{} <a href="{}">{}</a>',
            CHANGED_MESSAGES[kind] % {"count": batch.changed},
            page,
            _("Batch %(number)d: see or undo it") % {"number": batch.pk},
        )
        return self.message_user(request, done, messages.SUCCESS)

    def titles(self, request, pledges):
        """Names for staff who may see people and, where these are many, gave a reason; else short numbers. Audited."""
        if not sees_people(request) or look_at_people(request, [pledge.pk for pledge in pledges], page="list"):
            return [str(pledge) for pledge in pledges]
        return [f"{pledge}: {decrypted(lambda: pledge.name)}" for pledge in pledges]  # noqa: B023

    def _confirmation_page(self, request, title, explanation, facts, rows, form):
        """The page that explains the action and shows its rows; its button sends the same POST again with "sure"."""
        context = {
            "explanation": [sentence for sentence in explanation if sentence],
            "facts": facts,
            **chosen_rows(self, request, rows),
            "hidden": [(name, value) for name, value in repeated(request) if form is None or name not in form.fields],
            "form": form,
            "cancel_url": f"{reverse('admin:pledges_pledge_changelist')}?{request.GET.urlencode()}".rstrip("?"),
        }
        return self.page(request, "admin/pledges/pledge/confirm_action.html", title, **context)


@admin.register(Batch)
class BatchAdmin(NoAddOrDelete, ModelAdmin):
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

    has_view_permission = has_module_permission = has_change_permission

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
            "in_progress": batch.state == Batch.State.WAITING,
            "may_stop": batch.state == Batch.State.WAITING and not batch.undo_asked_at,
            "may_undo": batch.changed and batch.state == Batch.State.DONE,
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
