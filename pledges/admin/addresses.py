"""Rules that tell when two addresses are one mailbox, and addresses that asked never to be written to."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.admin.base import decrypted, sees_people
from pledges.models import BlockedAddress, ProviderRule
from staff.admin.base import BilingualForm, ModelAdmin
from staff.models import AuditEntry

RECOMPUTED = _(
    "How mail providers treat addresses, so that one mailbox is known however it is written. "
    "After a change the worker compares all addresses anew, in the background; until then the earlier rules hold for them."
)


def as_compared(domain):
    """A domain as addresses are compared: in lower case, and in ASCII where it has other letters."""
    return addresses.split_address(f"@{domain}")[1]


class ProviderRuleForm(BilingualForm):
    def clean_domain(self):
        return as_compared(self.cleaned_data["domain"])

    def clean_same_as(self):
        return as_compared(self.cleaned_data["same_as"])


@admin.register(ProviderRule)
class ProviderRuleAdmin(ModelAdmin):
    form = ProviderRuleForm
    list_display = ["domain", "same_as", "ignores", "tag", "source", "version"]
    list_note = RECOMPUTED
    search_fields = ["domain", "same_as"]
    fieldsets = [
        (
            None,
            {
                "description": RECOMPUTED,
                "fields": ["domain", "same_as", "ignores", "tag", "source", "version"],
            },
        )
    ]
    readonly_fields = ["version"]


@admin.register(BlockedAddress)
class BlockedAddressAdmin(ModelAdmin):
    list_note = _(
        "Addresses whose owners asked us never to write to them again: nobody can pledge with them. "
        "Delete one only when its owner asks for it."
    )
    ordering = ["-created_at"]

    def changelist_view(self, request, extra_context=None):
        return self._noted(request, super().changelist_view(request, extra_context))

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        return self._noted(request, super().changeform_view(request, object_id, form_url, extra_context))

    @staticmethod
    def _noted(request, response):
        """Put on record whose addresses are about to be shown; without the record there is no page."""
        shown = getattr(response, "context_data", None) or {}
        rows = shown["cl"].result_list if "cl" in shown else filter(None, [shown.get("original")])
        if sees_people(request) and (ids := [str(row.pk) for row in rows]):
            AuditEntry.log(request.user, AuditEntry.Action.LOOK, blocked_addresses=ids)
        return response

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_list_display(self, request):
        return ["short", "created_at", *(["address"] if sees_people(request) else [])]

    def get_fields(self, request, obj=None):
        return ["created_at", *(["address"] if sees_people(request) else [])]

    def log_deletions(self, request, queryset):
        # From then on they may be written to again.
        AuditEntry.log(request.user, AuditEntry.Action.ERASE, blocked_addresses=[str(row.pk) for row in queryset])
        return super().log_deletions(request, queryset)

    @admin.display(description=_("blocked address"))
    def short(self, blocked):
        return str(blocked)

    @admin.display(description=_("address"))
    def address(self, blocked):
        return decrypted(lambda: blocked.address)
