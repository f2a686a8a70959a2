"""Admin of the words of handouts."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _

from campaign.handouts.models import Handout
from staff.admin.base import NoAddOrDelete, pairs
from staff.admin.content import ContentAdmin


@admin.register(Handout)
class HandoutAdmin(NoAddOrDelete, ContentAdmin):
    """Admin of handouts: each has its template, so none is added or deleted here."""

    list_display = ["__str__", "title", "shown"]
    list_note = _(
        "Sheets that groups and schools print, and the paper sheet. The lesson outline appears nowhere until the safeguarding "
        "lead has reviewed it."
    )
    actions = None

    def get_fieldsets(self, request, obj=None):
        fields = pairs("title", "text")
        return [(None, {"fields": [*fields, "is_reviewed"] if obj.needs_review else fields})]

    def get_readonly_fields(self, request, obj=None):
        return [] if _may_review(request) else ["is_reviewed"]

    def save_model(self, request, obj, form, change):
        if obj.needs_review and obj.is_reviewed and form.changed_data and not _may_review(request):
            obj.is_reviewed = False
            message = _("It appears nowhere until the safeguarding lead has reviewed your words.")
            self.message_user(request, message, messages.WARNING)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("shown"), boolean=True)
    def shown(self, handout):
        return handout.is_shown


def _may_review(request):
    return request.user.has_perm("campaign.review_handout")
