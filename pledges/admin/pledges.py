"""Pledges: found, corrected, confirmed, invalidated, restored and erased, by the methods of the model.

Names and addresses are on the page only for those with the permission, and never in a URL, a log or the history. Whoever
looks is on record before the page is shown.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation, helpers
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.http import require_POST

from pledges import keys
from pledges.admin.base import decrypted, note_look, sees_people
from pledges.admin.corrections import AskedForm, CorrectionForm, PersonForm
from pledges.admin.exports import OffersExports
from pledges.admin.lists import DayFilter, PledgeList, SharedAddressFilter
from pledges.forms.fields import AddressField
from pledges.models import Batch, BatchRow, Message, Pledge
from staff.admin.base import ModelAdmin
from staff.models.records import Record, note

# What one request does while someone waits for it; more is the worker's.
CHANGED_AT_ONCE = 200
ERASED_AT_ONCE = 500

# What the list can be filtered by: its filters, and ids, to which a search leads.
FILTERS = [
    "state",
    "sector",
    "county",
    ("created_at", DayFilter),
    ("confirmed_at", DayFilter),
    "source",
    "language",
    SharedAddressFilter,
    ("invalidated_at", DayFilter),
]
DAYS = [f"{field}_{end}" for field in ("created_at", "confirmed_at", "invalidated_at") for end in ("from", "to")]
LOOKUPS = {"id", "state", "sector", "county", "source", "language", SharedAddressFilter.parameter_name, *DAYS}

CHANGED = {
    Batch.Kind.CONFIRM: ngettext_lazy("%(count)d pledge is confirmed.", "%(count)d pledges are confirmed.", "count"),
    Batch.Kind.INVALIDATE: ngettext_lazy(
        "%(count)d pledge is invalidated.", "%(count)d pledges are invalidated.", "count"
    ),
    Batch.Kind.RESTORE: ngettext_lazy("%(count)d pledge is restored.", "%(count)d pledges are restored.", "count"),
}
TITLES = {
    Batch.Kind.CONFIRM: _("Confirm pledges"),
    Batch.Kind.INVALIDATE: _("Invalidate pledges"),
    Batch.Kind.RESTORE: _("Restore pledges"),
}
EXPLANATIONS = {
    Batch.Kind.CONFIRM: _(
        "They count from now on, as if each had pressed the button in their message. Do this only for people "
        "whose addresses you have verified otherwise."
    ),
    Batch.Kind.INVALIDATE: _("They count no more, and stay here until you restore them. Nobody is written to."),
    Batch.Kind.RESTORE: _("Each is again what it was: confirmed, or waiting for confirmation."),
}
NETWORKS = _(
    "A network can be a home, a school or a whole mobile operator. "
    "Which one someone signed from is forgotten after seven days."
)
DOMAINS = _("The mail domain is what follows the @. Many unrelated people share the domain of a large provider.")
UNDOABLE = _("All of it can be undone as one batch.")
CORRECTIONS = _("The person is told by e-mail what stands here after you save.")
NO_KEY = _(
    "No key opens the address of this pledge, so that nobody could be told. Nothing is erased: tell whoever runs the site."
)
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


class DomainForm(forms.Form):
    """A mail domain from which a flood came."""

    domain = forms.RegexField(
        r"^@?[^@\s]+\.[^@\s]+$",
        max_length=254,
        label=_("Invalidate a mail domain"),
        error_messages={
            "required": _("Write the mail domain, for example shembull.al"),
            "invalid": _("Write the mail domain, for example shembull.al"),
        },
        widget=forms.TextInput(attrs={"placeholder": "shembull.al", "autocomplete": "off", "spellcheck": "false"}),
    )


@admin.register(Pledge)
class PledgeAdmin(OffersExports, ModelAdmin):
    list_filter = FILTERS
    list_select_related = ["sector", "county"]
    list_per_page = 50
    # By any other column the database would have to sort all pledges.
    sortable_by = ["created_at"]
    # Each would count all pledges.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["confirm", "invalidate", "restore", "invalidate_networks", "invalidate_domains", "export", "erase"]

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
        rows = [(reverse("admin:pledges_pledge_change", args=[other.pk]), other) for other in pledge.companions()]
        return format_html_join(", ", '<a href="{}">{}</a>', rows) or self.get_empty_value_display()

    @admin.display(description=_("tries by further names in the last 30 days"))
    def third_names(self, pledge):
        about = [pledge.pk, *pledge.companions().values_list("pk", flat=True)]
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
        may_change = self.has_change_permission(request)
        forms = {"find_form": FindForm() if sees_people(request) else None, "domain_form": may_change and DomainForm()}
        response = super().changelist_view(request, {**forms, **(extra_context or {})})
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown:
            found = shown["cl"]
            shown["selection_note_all"] = _("All that the filters show are selected (%(count)s)") % {
                "count": found.result_count.words
            }
            note_look(request, [pledge.pk for pledge in found.result_list], page="list")
        return response

    # Looking for an address, and at a whole mail domain

    def get_urls(self):
        return [
            path("find/", self.admin_site.admin_view(self.find), name="pledges_pledge_find"),
            path("domain/", self.admin_site.admin_view(self.domain), name="pledges_pledge_domain"),
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
            note_look(request, ids, page="find")
            query = {"id__in": ",".join(map(str, ids))}
        else:
            self.message_user(request, _("No pledge has this address."), messages.WARNING)
        return redirect(reverse("admin:pledges_pledge_changelist", query=query))

    @method_decorator(require_POST)
    def domain(self, request):
        """Invalidate all pledges of a mail domain that was typed; it is sent by POST and kept nowhere."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = DomainForm(request.POST)
        response = None
        if form.is_valid():
            domain = form.cleaned_data["domain"].removeprefix("@")
            pledges = Pledge.objects.of_domain(domain)
            response = self._change(
                request, Batch.Kind.INVALIDATE, pledges, Batch.Chosen.DOMAINS, DOMAINS, hidden=[("domain", domain)]
            )
        else:
            self.message_user(request, form.errors["domain"][0], messages.ERROR)
        return response or redirect("admin:pledges_pledge_changelist")

    # What can be done with many

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location)
        # It would erase without the last message; `erase` takes its place.
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description=_("Confirm"), permissions=["change"], location=EVERYWHERE)
    def confirm(self, request, queryset):
        return self._change(request, Batch.Kind.CONFIRM, queryset)

    @admin.action(description=_("Invalidate: take out of the count"), permissions=["change"], location=EVERYWHERE)
    def invalidate(self, request, queryset):
        return self._change(request, Batch.Kind.INVALIDATE, queryset)

    @admin.action(description=_("Restore what was invalidated"), permissions=["change"], location=EVERYWHERE)
    def restore(self, request, queryset):
        return self._change(request, Batch.Kind.RESTORE, queryset)

    @admin.action(description=_("Invalidate all from the same networks …"), permissions=["change"])
    def invalidate_networks(self, request, queryset):
        alike = queryset.alike("network_digest")
        return self._change(request, Batch.Kind.INVALIDATE, alike, Batch.Chosen.NETWORKS, NETWORKS, ticked=queryset)

    @admin.action(description=_("Invalidate all with the same mail domains …"), permissions=["change"])
    def invalidate_domains(self, request, queryset):
        alike = queryset.alike("domain_digest")
        return self._change(request, Batch.Kind.INVALIDATE, alike, Batch.Chosen.DOMAINS, DOMAINS, ticked=queryset)

    @admin.action(description=_("Erase, with a last message to each …"), permissions=["delete"])
    def erase(self, request, queryset):
        count = queryset.count()
        if count > ERASED_AT_ONCE:
            self.message_user(
                request,
                _("These are more than %(most)d pledges. Narrow the list with the filters first.")
                % {"most": ERASED_AT_ONCE},
                messages.ERROR,
            )
            return None
        form = AskedForm(request.POST if "sure" in request.POST else None)
        if not form.is_valid():
            explanation = _("Everything kept about these people goes for good. A last message tells each of them so.")
            return self._ask(request, _("Erase pledges"), [explanation], [(_("Selected"), count)], form=form)
        erased = sum(self._erase_one(request, pledge, form) for pledge in queryset)
        self.message_user(request, ERASED % {"count": erased}, messages.SUCCESS)
        return None

    def _change(self, request, kind, pledges, chosen=None, more="", ticked=None, hidden=()):
        """Begin a batch, after asking unless it is a handful that was ticked; a handful is done at once.

        `more` is said beside what the kind means, `ticked` are those that were ticked when `pledges` are others,
        `hidden` is sent again with the answer.
        """
        if chosen is None:
            across = request.POST.get("select_across") == "1"
            chosen = Batch.Chosen.FILTERS if across else Batch.Chosen.SELECTION
        to_change = Batch.to_change(kind, pledges)
        count = to_change.count()
        if count == 0:
            return self.message_user(request, CHANGED[kind] % {"count": 0}, messages.WARNING)
        few = chosen == Batch.Chosen.SELECTION and count <= CHANGED_AT_ONCE
        if not few and "sure" not in request.POST:
            facts = [
                (_("Selected"), (pledges if ticked is None else ticked).count()),
                (_("To be changed"), count),
                (_("Of these counted now"), to_change.confirmed().count()),
            ]
            return self._ask(request, TITLES[kind], [EXPLANATIONS[kind], more, UNDOABLE], facts, hidden)
        with transaction.atomic():
            choice = self._filters(request) if chosen == Batch.Chosen.FILTERS else {}
            batch = Batch.begin(kind, pledges, request.user, chosen, choice)
            if batch.count <= CHANGED_AT_ONCE:
                batch.finish()
            else:
                batch.enqueue()
        page = reverse("admin:pledges_batch_change", args=[batch.pk])
        if batch.state == Batch.State.WAITING:
            return HttpResponseRedirect(page)
        done = format_html(
            '{} <a href="{}">{}</a>',
            CHANGED[kind] % {"count": batch.changed},
            page,
            _("Batch %(number)d: look at it or undo it") % {"number": batch.pk},
        )
        return self.message_user(request, done, messages.SUCCESS)

    @staticmethod
    def _filters(request):
        """By what the list was filtered: fields, ids and days only."""
        return {name: value for name, value in request.GET.items() if name.split("__")[0] in LOOKUPS - {"id"}}

    def _ask(self, request, title, explanation, facts, hidden=(), form=None):
        """A page that says what would happen, with a button that sends the same once more."""
        sent = ("action", "select_across", helpers.ACTION_CHECKBOX_NAME)
        again = [(name, value) for name in sent for value in request.POST.getlist(name)]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "explanation": list(filter(None, explanation)),
            "facts": facts,
            "opts": self.opts,
            "media": self.media,
            "hidden": [*again, *hidden],
            "form": form,
            "list": f"{reverse('admin:pledges_pledge_changelist')}?{request.GET.urlencode()}".rstrip("?"),
        }
        return TemplateResponse(request, "admin/pledges/pledge/sure.html", context)

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
            note_look(request, [pledge.pk], page="pledge")
        return response

    def save_model(self, request, obj, form, change):
        form.correct(obj)
        if form.changed_data:
            asked = form.cleaned_data["asked"]
            note(request.user, Record.Action.CHANGE, [obj.pk], fields=form.changed_data, asked=asked)

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

    def _erase_one(self, request, pledge, form):
        try:
            with transaction.atomic():
                erased = self._erase(request, pledge, form)
                if erased:
                    self.log_deletions(request, [pledge])
        except keys.CannotDecrypt:
            self.message_user(request, f"{pledge}: {NO_KEY}", messages.ERROR)
            return False
        return erased

    def _erase(self, request, pledge, form):
        form.is_valid()
        erased = pledge.withdraw()
        if erased:
            note(request.user, Record.Action.ERASE, [pledge.pk], asked=form.cleaned_data["asked"])
        return erased
