"""Base of the queues in which staff decide about what an adult has entered and confirmed: group pledges, organisations."""

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.access import decrypted, log_access_to_people, reason_url, sees_people
from staff.admin import reauthentication
from staff.admin.base import ModelAdmin, NoAddOrDelete
from staff.admin.in_history import PLEDGES
from staff.models import AuditEntry

# Of what staff write about a decision, which the audit log keeps.
MAX_REASON_LENGTH = 200


class StateFilter(admin.SimpleListFilter):
    """List filter by state. By default it shows the rows that wait for a decision; a search shows those of every state."""

    title = _("state")
    # Not that of a column, which `lookup_allowed` reserves for its own filters.
    parameter_name = "queue"
    WAITING = "confirmed"

    def __init__(self, request, params, model, model_admin):
        self.default = None if request.GET.get(SEARCH_VAR) else self.WAITING
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        return model_admin.model.State.choices

    def value(self):
        return super().value() or self.default

    def choices(self, changelist):
        # Without the choice "all", unless something is searched.
        return list(super().choices(changelist))[bool(self.default) :]

    def queryset(self, request, queryset):
        return queryset.filter(state=self.value()) if self.value() else queryset


class QueueAdmin(NoAddOrDelete, ModelAdmin):
    """A queue, and the page of one row with the decisions. Its model is a `Contact` with `State`.

    A subclass sets `template` of that page, `page`, which names it in the audit log, `name_of_row`, the attribute that names a
    row, and the message `unchanged`.
    """

    template = page = name_of_row = unchanged = ""
    history_kind = PLEDGES

    list_filter = [StateFilter, "kind"]
    list_per_page = list_max_show_all = 50
    ordering = ["created_at", "pk"]
    sortable_by = []
    fieldsets = [(None, {"fields": []})]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    @property
    def audited_as(self):
        return (self.page,)

    def title_of(self, row):
        return str(getattr(row, self.name_of_row))

    def odd(self, row):
        """Sentences about what staff should check."""
        raise NotImplementedError

    def details(self, request, row):
        """The part of the template context that other queues do not have."""
        raise NotImplementedError

    def decide(self, request, row):
        """Carry out the button of the POST: (whether it changed the row, details for the audit), None after an error message."""
        raise NotImplementedError

    @admin.display(description=_("warnings"))
    def oddities(self, row):
        return format_html_join("", '<strong class="doubt">{}</strong>', ((each,) for each in self.odd(row))) or "–"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One row with what is odd about it, and the buttons."""
        row = self.get_object(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        if row is None:
            # Django's own view redirects with a message.
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method == "POST":
            if not self.has_change_permission(request, row):
                raise PermissionDenied
            if self._carry_out(request, row):
                return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            row.refresh_from_db()
        if sees_people(request):
            if not reauthentication.admits(request, [row.pk]):
                return redirect(reason_url(request))
            log_access_to_people(request, [row.pk], page=self.page)
        context = {
            **self.admin_site.each_context(request),
            "title": getattr(row, self.name_of_row),
            "warnings": self.odd(row),
            "may_decide": self.has_change_permission(request, row),
            "name": decrypted(lambda: row.name) if sees_people(request) else None,
            "address": decrypted(lambda: row.address) if sees_people(request) else None,
            "opts": self.opts,
            "media": self.media,
            **self.details(request, row),
        }
        return TemplateResponse(request, self.template, context)

    @transaction.atomic
    def _carry_out(self, request, row):
        """Carry out the decision with its audit entry and its message; returns whether the row was changed."""
        if (decision := self.decide(request, row)) is None:
            return False
        done, details = decision
        if not done:
            self.message_user(request, self.unchanged, messages.WARNING)
            return False
        rows = self.model.objects.filter(pk=row.pk)
        state = rows.values_list("state", flat=True).get()
        details |= {"fields": ["state"], "state": state, "page": self.page}
        AuditEntry.log(request.user, AuditEntry.Action.CHANGE, [row.pk], **details)
        self.log_changes(request, rows, "state")
        values = {"name": getattr(row, self.name_of_row), "state": self.model.State(state).label}
        self.message_user(request, gettext("“%(name)s” is now: %(state)s.") % values, messages.SUCCESS)
        return True
