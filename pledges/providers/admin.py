"""Admin of provider rules (which addresses are one mailbox) and of blocked addresses (which get no more messages)."""

from django.contrib import admin
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.access import decrypted, reason_url, sees_people
from pledges.providers.models import BlockedAddress, ProviderRule
from staff.admin import reauthentication
from staff.admin.base import BilingualForm, ModelAdmin
from staff.models import Entry

RECOMPUTED = _(
    "How email providers treat addresses, so that the site recognises one mailbox however its address is written. "
    "After a change the worker compares all addresses again, in the background. Until then the earlier rules apply "
    "to them."
)


def normalise_domain(domain):
    """The domain as addresses are compared: in lower case, in ASCII (IDNA)."""
    return addresses.split_address(f"@{domain}")[1]


class ProviderRuleForm(BilingualForm):
    """A provider rule, with its domains normalised."""

    def clean_domain(self):
        return normalise_domain(self.cleaned_data["domain"])

    def clean_same_as(self):
        return normalise_domain(self.cleaned_data["same_as"])


@admin.register(ProviderRule)
class ProviderRuleAdmin(ModelAdmin):
    """Rules of mail providers. After a change the worker recomputes the digests of all addresses."""

    form = ProviderRuleForm
    list_display = ["domain", "same_as", "ignores", "tag", "source"]
    list_note = RECOMPUTED
    search_fields = ["domain", "same_as"]
    fieldsets = [
        (
            None,
            {
                "description": RECOMPUTED,
                "fields": ["domain", "same_as", "ignores", "tag", "source"],
            },
        )
    ]


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
        rows = []
        if "cl" in context:
            rows = context["cl"].result_list
        elif original := context.get("original"):
            rows = [original]
        if sees_people(request) and (ids := [row.pk for row in rows]):
            if not reauthentication.admits(request, ids):
                return redirect(reason_url(request))
            details = reauthentication.reason_details(request, ids)
            Entry.log(request.user, Entry.Action.LOOK, ids, page="blocked", **details)
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
