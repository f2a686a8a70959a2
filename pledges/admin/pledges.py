"""Pledges: found, corrected, confirmed, invalidated, restored and erased, by the methods of the model.

Names and addresses are on the page only for those with the permission, and never in a URL, a log or the history.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation, helpers
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.http import require_POST

from pledges.admin.base import decrypted, sees_people
from pledges.admin.exports import OffersExports
from pledges.forms import AddressField
from pledges.models import Pledge
from staff.admin.base import BothLanguagesForm, ModelAdmin

# One request must end while someone waits for it.
CHANGED_AT_ONCE = 10_000
ERASED_AT_ONCE = 500

# What the list can be filtered by, its filters and the result of a search.
FILTERS = ["state", "sector", "county", "source", "language", "created_at", "invalidated_at"]

CONFIRMED = ngettext_lazy("%(count)d pledge is confirmed.", "%(count)d pledges are confirmed.", "count")
INVALIDATED = ngettext_lazy("%(count)d pledge is invalidated.", "%(count)d pledges are invalidated.", "count")
RESTORED = ngettext_lazy("%(count)d pledge is restored.", "%(count)d pledges are restored.", "count")
ERASED = ngettext_lazy("%(count)d pledge is erased.", "%(count)d pledges are erased.", "count")

# Where an action is offered: above the list and on the page of one pledge.
EVERYWHERE = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class FindForm(forms.Form):
    """An exact address to look for. It is sent by POST: an address in a URL would stay in histories and logs."""

    email = AddressField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The address of a supporter, not of whoever searches.
        self.fields["email"].widget.attrs["autocomplete"] = "off"


class PledgeForm(BothLanguagesForm):
    def clean(self):
        cleaned = super().clean()
        sector = cleaned.get("sector")
        if sector and not sector.shows_names and cleaned.get("show_name"):
            self.add_error(
                "show_name",
                forms.ValidationError(_("Names of this sector are never shown. Untick this."), code="never_shown"),
            )
        return cleaned


@admin.register(Pledge)
class PledgeAdmin(OffersExports, ModelAdmin):
    form = PledgeForm
    list_filter = FILTERS
    list_select_related = ["sector", "county"]
    list_per_page = 50
    # Each would count all pledges.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["confirm", "invalidate", "restore", "invalidate_networks", "invalidate_domains", "export", "erase"]
    readonly_fields = [
        "name",
        "address",
        "new_address",
        "state",
        "created_at",
        "confirmed_at",
        "invalidated_at",
        "source",
        "consent",
        "consent_language",
        "worded_language",
        "consented_at",
        "wording",
        "worded_at",
        "reminded_at",
        "messages_sent",
    ]

    def get_list_display(self, request):
        return [
            "short",
            *(["name", "address"] if sees_people(request) else []),
            "state",
            "sector",
            "county",
            "created_at",
            "confirmed_at",
            "language",
            "source",
        ]

    def get_fieldsets(self, request, obj=None):
        person = (_("Person"), {"fields": [("name", "address", "new_address")]})
        state = ["state", ("created_at", "confirmed_at", "invalidated_at"), "source"]
        signed = [("consent", "consent_language", "consented_at"), ("wording", "worded_language", "worded_at")]
        return [
            *([person] if sees_people(request) else []),
            (_("Can be corrected"), {"fields": ["sector", "county", "language", "show_name", "updates"]}),
            (_("State"), {"fields": state}),
            (_("What was signed"), {"fields": signed}),
            (_("Messages"), {"fields": ["reminded_at", "messages_sent"]}),
        ]

    def has_add_permission(self, request):
        return False

    def lookup_allowed(self, lookup, value, request):
        return lookup.split("__")[0] in ["id", *FILTERS] and super().lookup_allowed(lookup, value, request)

    def save_model(self, request, obj, form, change):
        # Only what was changed here: a confirmation of the same moment must not be undone.
        obj.save(update_fields=form.changed_data)

    @admin.display(description=_("pledge"))
    def short(self, pledge):
        return str(pledge)

    @admin.display(description=_("name"))
    def name(self, pledge):
        return decrypted(lambda: pledge.name)

    @admin.display(description=_("address"))
    def address(self, pledge):
        return decrypted(lambda: pledge.address)

    @admin.display(description=_("new address, not confirmed yet"))
    def new_address(self, pledge):
        return decrypted(lambda: pledge.new_address)

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
        return format_html("<ul>{}</ul>", format_html_join("", '<li><a href="{}">{}</a>: {}, {}</li>', rows))

    # Looking for an address

    def get_urls(self):
        find = self.admin_site.admin_view(self.find)
        return [path("find/", find, name="pledges_pledge_find"), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        find_form = FindForm() if sees_people(request) else None
        return super().changelist_view(request, {"find_form": find_form, **(extra_context or {})})

    @method_decorator(require_POST)
    def find(self, request):
        """Lead to the list of the pledges of one mailbox; the URL names them by id."""
        if not (self.has_view_or_change_permission(request) and sees_people(request)):
            raise PermissionDenied
        form = FindForm(request.POST)
        query = None
        if not form.is_valid():
            self.message_user(request, form.errors["email"][0], messages.ERROR)
        elif ids := Pledge.objects.at_address(form.cleaned_data["email"]).values_list("pk", flat=True):
            query = {"id__in": ",".join(map(str, ids))}
        else:
            self.message_user(request, _("No pledge has this address."), messages.WARNING)
        return redirect(reverse("admin:pledges_pledge_changelist", query=query))

    # What can be done with many

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location)
        # It would erase without the last message; `erase` takes its place.
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description=_("Confirm"), permissions=["change"], location=EVERYWHERE)
    def confirm(self, request, queryset):
        self._change_state(request, queryset.pending(), "confirm", CONFIRMED)

    @admin.action(description=_("Invalidate: take out of the count"), permissions=["change"], location=EVERYWHERE)
    def invalidate(self, request, queryset):
        self._invalidate(request, queryset)

    @admin.action(description=_("Restore what was invalidated"), permissions=["change"], location=EVERYWHERE)
    def restore(self, request, queryset):
        self._change_state(request, queryset.invalidated(), "restore", RESTORED)

    @admin.action(description=_("Invalidate all from the same networks …"), permissions=["change"])
    def invalidate_networks(self, request, queryset):
        return self._invalidate_alike(
            request,
            queryset,
            "network_digest",
            title=_("Invalidate all pledges from the same networks"),
            explanation=_(
                "A network can be a home, a school or a whole mobile operator. "
                "Which one someone signed from is forgotten after seven days. “Restore” undoes this."
            ),
        )

    @admin.action(description=_("Invalidate all with the same mail domains …"), permissions=["change"])
    def invalidate_domains(self, request, queryset):
        return self._invalidate_alike(
            request,
            queryset,
            "domain_digest",
            title=_("Invalidate all pledges with the same mail domains"),
            explanation=_(
                "The mail domain is what follows the @. "
                "Many unrelated people share the domain of a large provider. “Restore” undoes this."
            ),
        )

    @admin.action(description=_("Erase, with a last message to each …"), permissions=["delete"])
    def erase(self, request, queryset):
        count = queryset.count()
        if count > ERASED_AT_ONCE:
            return self._too_many(request, ERASED_AT_ONCE)
        if "sure" not in request.POST:
            return self._ask(
                request,
                _("Erase pledges"),
                _("Everything kept about these people goes for good. A last message tells each of them so."),
                [(_("Selected"), count)],
            )
        erased = sum(self._erase_one(request, pledge) for pledge in queryset)
        self.message_user(request, ERASED % {"count": erased}, messages.SUCCESS)
        return None

    def _invalidate(self, request, queryset):
        still_valid = queryset.exclude(state=Pledge.State.INVALIDATED)
        self._change_state(request, still_valid, "invalidate", INVALIDATED)

    def _invalidate_alike(self, request, queryset, column, title, explanation):
        alike = Pledge.objects.filter(**{f"{column}__in": queryset.order_by().values(column)})
        if "sure" in request.POST:
            return self._invalidate(request, alike)
        still_valid = alike.exclude(state=Pledge.State.INVALIDATED)
        count = still_valid.count()
        if count > CHANGED_AT_ONCE:
            return self._too_many(request, CHANGED_AT_ONCE)
        facts = [
            (_("Selected"), queryset.count()),
            (_("To be invalidated"), count),
            (_("Of these counted now"), still_valid.confirmed().count()),
        ]
        return self._ask(request, title, explanation, facts)

    def _change_state(self, request, queryset, change, done):
        """Call the queryset method `change` for these rows, in one statement, and note it in their histories."""
        with transaction.atomic():
            rows = queryset.select_related(None).order_by("pk").only("pk").select_for_update(of=("self",))
            rows = list(rows[: CHANGED_AT_ONCE + 1])
            if len(rows) > CHANGED_AT_ONCE:
                return self._too_many(request, CHANGED_AT_ONCE)
            getattr(Pledge.objects.filter(pk__in=[row.pk for row in rows]), change)()
            self.log_changes(request, rows, "state")
        self.message_user(request, done % {"count": len(rows)}, messages.SUCCESS)
        return None

    def _erase_one(self, request, pledge):
        with transaction.atomic():
            erased = pledge.withdraw()
            if erased:
                self.log_deletions(request, [pledge])
        return erased

    def _too_many(self, request, most):
        self.message_user(
            request,
            _("These are more than %(most)d pledges. Narrow the list with the filters first.") % {"most": most},
            messages.ERROR,
        )

    def _ask(self, request, title, explanation, facts):
        """A page that says what would happen, with a button that sends the same action again."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "explanation": explanation,
            "facts": facts,
            "opts": self.opts,
            "media": self.media,
            "action": request.POST["action"],
            "selected": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/pledges/pledge/sure.html", context)

    # Erasing one

    def get_deleted_objects(self, objs, request):
        # What goes with a pledge is its own messages; withdrawing sees to them.
        return [], {}, set(), []

    def delete_model(self, request, obj):
        obj.withdraw()
