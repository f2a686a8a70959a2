"""Pledges: found, corrected, confirmed, invalidated, restored and erased, by the methods of the model.

Names and addresses are on the page only for those with the permission, and never in a URL, a log or the history. Whoever
looks is on record before the page is shown.
"""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from pledges.admin.base import decrypted, log_look, sees_people
from pledges.admin.bulk import NO_KEY, BulkActions
from pledges.admin.corrections import AskedForm, CorrectionForm, PersonForm
from pledges.admin.exports import ExportActions
from pledges.admin.lists import FILTERS, LOOKUPS, PledgeList
from pledges.crypto import keys
from pledges.forms.fields import AddressField
from pledges.models import Batch, BatchRow, Message, Pledge
from staff.admin.base import ModelAdmin
from staff.models import AuditEntry

CORRECTIONS = _("The person is told by e-mail what stands here after you save.")


class FindForm(forms.Form):
    """An exact address to look for. It is sent by POST: an address in a URL would stay in histories and logs."""

    email = AddressField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The address of a supporter, not of whoever searches.
        self.fields["email"].widget.attrs["autocomplete"] = "off"


@admin.register(Pledge)
class PledgeAdmin(BulkActions, ExportActions, ModelAdmin):
    list_filter = FILTERS
    list_select_related = ["sector", "county"]
    list_per_page = 50
    # By any other column the database would have to sort all pledges.
    sortable_by = ["created_at"]
    # Each would count all pledges.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request, **kwargs):
        return PledgeList

    def get_list_display(self, request):
        person = ["person"] if sees_people(request) else []
        return ["short", *person, "state", "sector", "county", "created_at"]

    def get_fieldsets(self, request, obj=None):
        may_change = self.has_change_permission(request, obj)
        may_rename = may_change and self._may_see(request, obj)
        person = (
            [("name", "address"), ("new_email", "new_address")] if may_rename else [("name", "address", "new_address")]
        )
        corrections = [("sector", "county", "language"), ("show_name", "updates"), *(["asked"] if may_change else [])]
        signed = [("consent", "consent_language", "consented_at"), ("wording", "worded_language", "worded_at")]
        return [
            *([(_("Person"), {"fields": person})] if sees_people(request) else []),
            (_("Can be corrected"), {"description": CORRECTIONS if may_change else "", "fields": corrections}),
            (_("State"), {"fields": ["state", ("created_at", "confirmed_at", "invalidated_at"), "source", "batches"]}),
            (_("Same address"), {"fields": [("companions", "third_names")]}),
            (_("What was signed"), {"fields": signed}),
            (_("Messages"), {"fields": ["reminded_at", "messages_sent"]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        return [
            *([] if self.has_change_permission(request, obj) and self._may_see(request, obj) else ["name"]),
            *("address", "new_address"),
            *(
                "state",
                "created_at",
                "confirmed_at",
                "invalidated_at",
                "source",
                "batches",
                "companions",
                "third_names",
            ),
            *("consent", "consent_language", "consented_at", "wording", "worded_language", "worded_at"),
            *("reminded_at", "messages_sent"),
        ]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = PersonForm if self._may_see(request, obj) else CorrectionForm
        return super().get_form(request, obj, change, form=form, **kwargs)

    def _may_see(self, request, pledge):
        """Whether this member of staff may see this person, and a key opens what is kept of them."""
        if not sees_people(request) or pledge is None:
            return False
        try:
            return bool(pledge.name and pledge.address)
        except keys.CannotDecrypt:
            return False

    def has_add_permission(self, request):
        return False

    def lookup_allowed(self, lookup, value, request):
        return lookup.split("__")[0] in LOOKUPS and super().lookup_allowed(lookup, value, request)

    # What is on the list and on the page of one pledge

    @admin.display(description=_("pledge"))
    def short(self, pledge):
        return str(pledge)

    @admin.display(description=_("person"))
    def person(self, pledge):
        return format_html("{}<br>{}", self.name(pledge), self.address(pledge))

    @admin.display(description=_("name"))
    def name(self, pledge):
        return decrypted(lambda: pledge.name)

    @admin.display(description=_("address"))
    def address(self, pledge):
        return decrypted(lambda: pledge.address)

    @admin.display(description=_("new address, not confirmed yet"))
    def new_address(self, pledge):
        return decrypted(lambda: pledge.new_address)

    @admin.display(description=_("also pledged from this address"))
    def companions(self, pledge):
        rows = [
            (reverse("admin:pledges_pledge_change", args=[other.pk]), other) for other in pledge.others_at_address()
        ]
        return format_html_join(", ", '<a href="{}">{}</a>', rows) or self.get_empty_value_display()

    @admin.display(description=_("tries by further names in the last 30 days"))
    def third_names(self, pledge):
        about = [pledge.pk, *pledge.others_at_address().values_list("pk", flat=True)]
        return Message.objects.filter(kind=Message.Kind.FULL, pledge__in=about).count()

    @admin.display(description=_("batches"))
    def batches(self, pledge):
        touched = Batch.objects.filter(pk__in=BatchRow.objects.filter(pledge=pledge.pk).values("batch"))
        rows = [
            (
                reverse("admin:pledges_batch_change", args=[batch.pk]),
                batch.pk,
                batch.get_kind_display(),
                batch.get_state_display(),
                formats.localize(timezone.localtime(batch.created_at)),
            )
            for batch in touched
        ]
        items = format_html_join("", '<li><a href="{}">{}</a>: {}, {}, {}</li>', rows)
        return format_html("<ul>{}</ul>", items) if rows else self.get_empty_value_display()

    @admin.display(description=_("messages"))
    def messages_sent(self, pledge):
        rows = [
            (
                reverse("admin:pledges_message_change", args=[message.pk]),
                message.get_kind_display(),
                message.get_state_display(),
                formats.localize(timezone.localtime(message.created_at)),
            )
            for message in pledge.messages.all()
        ]
        items = format_html_join("", '<li><a href="{}">{}</a>: {}, {}</li>', rows)
        return format_html("<ul>{}</ul>", items) if rows else self.get_empty_value_display()

    def changelist_view(self, request, extra_context=None):
        form = FindForm() if sees_people(request) else None
        response = super().changelist_view(request, {"find_form": form, **(extra_context or {})})
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown:
            found = shown["cl"]
            shown["selection_note_all"] = _("All that the filters show are selected (%(count)s)") % {
                "count": found.result_count.words
            }
            log_look(request, [pledge.pk for pledge in found.result_list], page="list")
        return response

    # Looking for an address

    def get_urls(self):
        return [
            path("find/", self.admin_site.admin_view(self.find), name="pledges_pledge_find"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def find(self, request):
        """Lead to the list of the pledges of one mailbox; the URL names them by id."""
        if not (self.has_view_or_change_permission(request) and sees_people(request)):
            raise PermissionDenied
        form = FindForm(request.POST)
        query = None
        if not form.is_valid():
            self.message_user(request, form.errors["email"][0], messages.ERROR)
        elif ids := list(Pledge.objects.at_address(form.cleaned_data["email"]).values_list("pk", flat=True)):
            log_look(request, ids, page="find")
            query = {"id__in": ",".join(map(str, ids))}
        else:
            self.message_user(request, _("No pledge has this address."), messages.WARNING)
        return redirect(reverse("admin:pledges_pledge_changelist", query=query))

    # One pledge: correcting and erasing on request

    def get_object(self, request, object_id, from_field=None):
        pledge = super().get_object(request, object_id, from_field)
        if pledge and request.method == "POST":
            # One change at a time: no correction may bring back an address that was replaced in this moment.
            return Pledge.objects.select_for_update().filter(pk=pledge.pk).first()
        return pledge

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            response = super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # Between the look and the change the other pledge of the address took the name.
            self.message_user(request, _("The other pledge from this address already bears this name."), messages.ERROR)
            return redirect(request.get_full_path())
        if pledge := (getattr(response, "context_data", None) or {}).get("original"):
            log_look(request, [pledge.pk], page="pledge")
        return response

    def save_model(self, request, obj, form, change):
        form.correct(obj)
        if form.changed_data:
            asked = form.cleaned_data["asked"]
            AuditEntry.log(request.user, AuditEntry.Action.CHANGE, [obj.pk], fields=form.changed_data, asked=asked)

    def delete_view(self, request, object_id, extra_context=None):
        form = AskedForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and not form.is_valid():
            self.message_user(request, form.errors["asked"][0], messages.ERROR)
            return redirect(request.get_full_path())
        try:
            return super().delete_view(request, object_id, {"form": form, **(extra_context or {})})
        except keys.CannotDecrypt:
            self.message_user(request, NO_KEY, messages.ERROR)
            return redirect(request.get_full_path())

    def get_deleted_objects(self, objs, request):
        # What goes with a pledge is its own messages; withdrawing sees to them.
        return [], {}, set(), []

    def delete_model(self, request, obj):
        self._erase(request, obj, AskedForm(request.POST))
