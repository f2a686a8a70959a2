"""Admin of blocked addresses, which get no more messages."""

from django.contrib import admin
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from pledges.access import decrypted, log_access_to_people, reason_url, sees_people
from pledges.providers.models import BlockedAddress
from staff.admin import reauthentication
from staff.admin.base import ModelAdmin


@admin.register(BlockedAddress)
class BlockedAddressAdmin(ModelAdmin):
    """Blocked addresses: can be listed and deleted, but neither added nor changed."""

    list_note = _(
        "Addresses whose owners asked us never to email them again: nobody can sign with them. Only delete one when "
        "its owner asks for it."
    )
    ordering = ["-created_at"]

    def changelist_view(self, request, extra_context=None):
        return self._with_audit(request, super().changelist_view(request, extra_context))

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        return self._with_audit(request, super().changeform_view(request, object_id, form_url, extra_context))

    @staticmethod
    def _with_audit(request, response):
        """Write the addresses that the response shows to the log, before rendering, so no page is sent without it.

        More than 20 people are shown only for a reason.
        """
        context = getattr(response, "context_data", None) or {}
        rows = context["cl"].result_list if "cl" in context else filter(None, [context.get("original")])
        ids = [row.pk for row in rows]
        if ids and sees_people(request) and not reauthentication.admits(request, ids):
            return redirect(reason_url(request))
        log_access_to_people(request, ids, page="blocked")
        return response

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_list_display(self, request):
        return ["short", "created_at", *(["address"] if sees_people(request) else [])]

    def get_fields(self, request, obj=None):
        return ["created_at", *(["address"] if sees_people(request) else [])]

    @admin.display(description=_("blocked address"))
    def short(self, blocked):
        return str(blocked)

    @admin.display(description=_("address"))
    def address(self, blocked):
        return decrypted(lambda: blocked.address)
