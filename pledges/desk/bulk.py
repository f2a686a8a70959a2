"""Bulk actions on pledges: confirm, invalidate and restore as batches that can be undone, and erase."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.http import require_POST

from pledges.access import decrypted, log_access_to_people, sees_people
from pledges.crypto import keys
from pledges.desk.corrections import RequestChannelForm
from pledges.desk.lists import LOOKUPS
from pledges.supporters.batches import Batch
from pledges.supporters.models import Pledge
from staff.admin import reauthentication
from staff.admin.confirmation_page import SURE, chosen_rows, repeated
from staff.models import Entry

# More are refused: each erasure sends a message and cannot be undone.
ERASE_LIMIT = 500

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
NETWORKS_NOTE = _(
    "A network can be a home, a school or a whole mobile operator. After seven days we erase which one someone "
    "signed from."
)
DOMAINS_NOTE = _("The email domain is what follows the @. Many unrelated people share the domain of a large provider.")
UNDO_NOTE = _("All of it can be undone as one batch.")
CANNOT_ERASE_MESSAGE = _(
    "We cannot decrypt the address of this pledge, so we could not tell its owner. Nothing has been erased. Tell "
    "the person who runs the site."
)
ERASED_MESSAGE = ngettext_lazy("%(count)d pledge erased.", "%(count)d pledges erased.", "count")

# The action is offered above the list and on the page of one pledge.
LIST_AND_FORM = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class DomainForm(forms.Form):
    """A mail domain whose pledges are to be invalidated, for example after a flood of invented ones."""

    domain = forms.RegexField(
        r"^@?[^@\s]+\.[^@\s]+$",
        max_length=254,
        label=_("Invalidate an email domain"),
        error_messages={
            "required": _("Enter the email domain, for example example.com"),
            "invalid": _("Enter the email domain, for example example.com"),
        },
        widget=forms.TextInput(attrs={"placeholder": "shembull.al", "autocomplete": "off", "spellcheck": "false"}),
    )


class BulkActions:
    """ModelAdmin mixin: the bulk actions of the list of pledges, with their confirmation page."""

    actions = ["confirm", "invalidate", "restore", "invalidate_networks", "invalidate_domains", "export", "erase"]

    def changelist_view(self, request, extra_context=None):
        form = DomainForm() if self.has_change_permission(request) else None
        return super().changelist_view(request, {"domain_form": form, **(extra_context or {})})

    @method_decorator(require_POST)
    def domain(self, request):
        """Invalidate all pledges of a mail domain. It is sent by POST and stored neither in an address nor in the audit log."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = DomainForm(request.POST)
        changelist = redirect("admin:pledges_pledge_changelist")
        if not form.is_valid():
            self.message_user(request, form.errors["domain"][0], messages.ERROR)
            return changelist
        domain = form.cleaned_data["domain"].removeprefix("@")
        response = self._change(
            request,
            Batch.Kind.INVALIDATE,
            Pledge.objects.of_domain(domain),
            Batch.Chosen.DOMAINS,
            DOMAINS_NOTE,
        )
        return response or changelist

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location)
        # Django's action would erase without the final message; `erase` replaces it.
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
        pledges = queryset.sharing_digest("network_digest")
        return self._change(
            request, Batch.Kind.INVALIDATE, pledges, Batch.Chosen.NETWORKS, NETWORKS_NOTE, selected=queryset
        )

    @admin.action(description=_("Invalidate all with the same email domains …"), permissions=["change"])
    def invalidate_domains(self, request, queryset):
        pledges = queryset.sharing_digest("domain_digest")
        return self._change(
            request, Batch.Kind.INVALIDATE, pledges, Batch.Chosen.DOMAINS, DOMAINS_NOTE, selected=queryset
        )

    @admin.action(description=_("Erase and send each person a last message …"), permissions=["delete"])
    def erase(self, request, queryset):
        count = queryset.count()
        if count > ERASE_LIMIT:
            self.message_user(
                request,
                _("This is more than %(most)d pledges. Narrow the list with the filters first.")
                % {"most": ERASE_LIMIT},
                messages.ERROR,
            )
            return None
        form = RequestChannelForm(request.POST if SURE in request.POST else None)
        if not form.is_valid():
            explanation = _(
                "Everything we keep about these people will be erased for good. Each of them gets one last message "
                "to tell them."
            )
            return self._confirmation_page(
                request, _("Erase pledges"), [explanation], [(_("Selected"), count)], queryset, form=form
            )
        erased = sum(self._erase_one(request, pledge, form) for pledge in queryset)
        self.message_user(request, ERASED_MESSAGE % {"count": erased}, messages.SUCCESS)
        return None

    def _change(self, request, kind, pledges, chosen=None, note="", selected=None):
        """Start a batch, after a page that shows which pledges and how many.

        `note` is shown after the explanation of the kind. `selected` are the pledges that staff selected, if `pledges` was
        derived from them, such as all pledges of their networks.
        """
        if chosen is None:
            whole_list = request.POST.get("select_across") == "1"
            chosen = Batch.Chosen.FILTERS if whole_list else Batch.Chosen.SELECTION
        to_change = Batch.to_change(kind, pledges)
        count = to_change.count()
        if count == 0:
            return self.message_user(request, CHANGED_MESSAGES[kind] % {"count": 0}, messages.WARNING)
        if SURE not in request.POST:
            facts = [
                (_("Selected"), (pledges if selected is None else selected).count()),
                (_("To be changed"), count),
                (_("Of these, counted now"), to_change.confirmed().count()),
            ]
            explanation = [EXPLANATIONS[kind], note, UNDO_NOTE]
            return self._confirmation_page(request, TITLES[kind], explanation, facts, to_change)
        with transaction.atomic():
            choice = self._filters(request) if chosen == Batch.Chosen.FILTERS else {}
            batch = Batch.begin(kind, pledges, request.user, chosen, choice)
            batch.start()
        page = reverse("admin:pledges_batch_change", args=[batch.pk])
        if batch.state == Batch.State.WAITING:
            return HttpResponseRedirect(page)
        done = format_html(
            '{} <a href="{}">{}</a>',
            CHANGED_MESSAGES[kind] % {"count": batch.changed},
            page,
            _("Batch %(number)d: see or undo it") % {"number": batch.pk},
        )
        return self.message_user(request, done, messages.SUCCESS)

    @staticmethod
    def _filters(request):
        """The filters of the list that a batch may store: fields and days."""
        return {name: value for name, value in request.GET.items() if name.split("__")[0] in LOOKUPS - {"id"}}

    def titles(self, request, pledges):
        """Names for staff who may see people and, where these are many, gave a reason; else short numbers. Audited."""
        ids = [pledge.pk for pledge in pledges]
        if not sees_people(request) or not reauthentication.admits(request, ids):
            return [str(pledge) for pledge in pledges]
        log_access_to_people(request, ids, page="list")
        return [f"{pledge}: {decrypted(lambda: pledge.name)}" for pledge in pledges]  # noqa: B023

    def _confirmation_page(self, request, title, explanation, facts, rows, form=None):
        """The page that explains the action and shows its rows; its button sends the same POST again with "sure"."""
        context = {
            "explanation": [sentence for sentence in explanation if sentence],
            "facts": facts,
            **chosen_rows(self, request, rows),
            "hidden": repeated(request),
            "form": form,
            "cancel_url": f"{reverse('admin:pledges_pledge_changelist')}?{request.GET.urlencode()}".rstrip("?"),
        }
        return self.page(request, "admin/pledges/pledge/confirm_action.html", title, **context)

    def _erase_one(self, request, pledge, form):
        try:
            with transaction.atomic():
                erased = self._erase(request, pledge, form)
        except keys.CannotDecrypt:
            self.message_user(request, f"{pledge}: {CANNOT_ERASE_MESSAGE}", messages.ERROR)
            return False
        return erased

    def _erase(self, request, pledge, form):
        form.is_valid()
        erased = pledge.withdraw()
        if erased:
            self.log_action(request, pledge, Entry.Action.ERASE, asked=form.cleaned_data["asked"])
        return erased
