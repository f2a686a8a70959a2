"""Admin of submissions that the worker has not settled. Read-only, but failed ones can be tried again, or erased on request."""

from django.contrib import admin
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges.inbox.models import Submission
from pledges.inbox.submissions import settle_all
from staff.admin.base import ModelAdmin
from staff.admin.confirmation_page import asks_first


class SettlesFirst:
    """ModelAdmin mixin for rows that a waiting form may refer to: what waits is settled before one is deleted."""

    def delete_view(self, request, object_id, extra_context=None):
        if request.method == "POST" and self.has_delete_permission(request):
            settle_all()
        return super().delete_view(request, object_id, extra_context)

    def changelist_view(self, request, extra_context=None):
        if request.POST.get("action") == "delete_selected" and self.has_delete_permission(request):
            settle_all()
        return super().changelist_view(request, extra_context)


@admin.register(Submission)
class SubmissionAdmin(ModelAdmin):
    """The list of submissions, without names and addresses."""

    list_display = ["short", "kind", "state", "created_at", "settle_at", "aside_at", "error"]
    list_filter = ["state", "kind"]
    list_note = _(
        "Forms that the worker has not processed yet. This usually takes less than a second, and up to an hour if the "
        "form was sent without the check. A form that it cannot process is set aside. Tell the person who runs the site "
        "the error, then try again. Forms set aside are erased after 14 days."
    )
    fields = [("kind", "state"), ("created_at", "settle_at"), ("aside_at", "error")]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["try_again"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_try_permission(self, request):
        """Permission of the action "try again"; nothing else of a submission can be changed."""
        return request.user.has_perm("pledges.change_submission")

    @admin.display(description=_("received form"))
    def short(self, submission):
        return str(submission)

    @admin.action(description=_("Try the forms set aside again"), permissions=["try"])
    @asks_first(
        _("Those of these forms that were set aside are processed again. Each person then gets the email of the form.")
    )
    def try_again(self, request, queryset):
        rows = list(queryset.aside())
        with transaction.atomic():
            count = queryset.try_again()
            self.log_changes(request, rows, "state")
        self.message_user(
            request,
            ngettext("%(count)d form will be tried again.", "%(count)d forms will be tried again.", count)
            % {"count": count},
        )
