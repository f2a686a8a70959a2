"""Admin of messages to supporters, of which failed ones can be sent again, and of blocked addresses, which get none."""

from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges.access import decrypted, look_at_people, sees_people
from pledges.mail.kinds import SPECS
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from staff.admin.base import ModelAdmin, ReadOnly
from staff.admin.confirmation_page import asks_first
from staff.admin.lists import LongList


@admin.register(Message)
class MessageAdmin(ReadOnly, ModelAdmin):
    list_display = [
        "kind",
        "pledge_link",
        "state",
        "attempts",
        "error",
        "created_at",
        "due_at",
        "sent_at",
        "returned_at",
        "language",
    ]
    list_filter = ["state", "kind", "language", "created_at"]
    list_note = _(
        "We keep trying to deliver a message for three days. You can resend messages that failed or were refused."
    )
    fields = [
        ("kind", "pledge_link", "language"),
        ("state", "attempts", "error"),
        ("created_at", "due_at", "sent_at", "returned_at"),
    ]
    # Sorting by any other column would read and sort all messages.
    sortable_by = ["created_at"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["send_again"]

    def get_changelist(self, request, **kwargs):
        return LongList

    def get_queryset(self, request):
        # Not the news: what somebody follows is shown to no member of staff. The page of a mailing has its figures. Nor the alarm
        # of a disclosure, which concerns the safeguarding lead alone, unless it did not reach them.
        is_no_failure = ~Q(state__in=[Message.State.FAILING, Message.State.REFUSED])
        return (
            super()
            .get_queryset(request)
            .exclude(Q(kind=Message.Kind.NEWS) | Q(kind=Message.Kind.ALARM) & is_no_failure)
        )

    def has_send_permission(self, request):
        """Permission of the action "send again"; nothing else of a message can be changed."""
        return request.user.has_perm("pledges.change_message")

    @admin.display(description=_("pledge"))
    def pledge_link(self, message):
        is_about_a_pledge = message.kind in SPECS and message.spec.about == "pledge"
        if message.about_id is None or not is_about_a_pledge:
            return self.get_empty_value_display()
        url = reverse("admin:pledges_pledge_change", args=[message.about_id])
        return format_html('<a href="{}">{}</a>', url, str(message.about_id)[:8])

    @admin.action(description=_("Resend failed or refused messages"), permissions=["send"])
    @asks_first(_("Those of these emails that failed or were refused go out again, each to the same person."))
    def send_again(self, request, queryset):
        rows = queryset.send_again()
        self.log_changes(request, rows, "state")
        self.message_user(
            request,
            ngettext("%(count)d message will be sent again.", "%(count)d messages will be sent again.", len(rows))
            % {"count": len(rows)},
        )


@admin.register(BlockedAddress)
class BlockedAddressAdmin(ModelAdmin):
    """Blocked addresses: can be listed and deleted, but neither added nor changed."""

    list_note = _(
        "Addresses of people who asked us never to email them again. No pledge can be signed with them. Only delete one "
        "when the person asks for it."
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
        return look_at_people(request, [row.pk for row in rows], page="blocked") or response

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_list_display(self, request):
        return ["__str__", "created_at", *(["address"] if sees_people(request) else [])]

    def get_fields(self, request, obj=None):
        return ["created_at", *(["address"] if sees_people(request) else [])]

    @admin.display(description=_("address"))
    def address(self, blocked):
        return decrypted(lambda: blocked.address)
