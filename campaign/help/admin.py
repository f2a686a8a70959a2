"""Admin of help channels."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext, ngettext_lazy, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from campaign.help import unit_imports
from campaign.help.models import HelpChannel, ProtectionUnit, tag
from staff.admin.base import BilingualForm, DueFilter, KeepUsed, QuerySetFilter, pairs
from staff.admin.confirmation_page import asks_first
from staff.admin.content import ContentAdmin, MissingLanguageFilter
from staff.admin.drafts import DraftedAdmin, StateFilter


class HelpChannelForm(BilingualForm):
    """Form of a channel. A new number or web address without a new date is not verified."""

    REACHED_BY = {"number", "tel", "url"}

    def clean(self):
        cleaned = super().clean()
        if self.REACHED_BY & {*self.changed_data} and "verified_on" not in self.changed_data:
            cleaned["verified_on"] = None
        return cleaned


@admin.register(HelpChannel)
class HelpChannelAdmin(KeepUsed, DraftedAdmin):
    form = HelpChannelForm
    search_fields = ["number", "url"]
    list_display = [
        "name",
        "number",
        "in_texts",
        "verified_on",
        "in_strip",
        "both_languages",
        "publication",
        "position",
    ]
    list_filter = [DueFilter, StateFilter, MissingLanguageFilter, "in_strip", "from_abroad"]
    shown_at = "campaign:help"
    # A wrong number can put a child at risk.
    list_note = format_lazy(
        "{} {}",
        _("A wrong number can put a child at risk. Call each one from time to time, then choose “Verified today”."),
        _(
            "In a text, write the code from the third column, such as [[alo-116111]], instead of the number. Then you change a "
            "number in one place: here."
        ),
    )
    fieldsets = [
        (None, {"fields": pairs("name", "text", "hours")}),
        (_("How to reach it"), {"fields": [("number", "tel"), "url", "from_abroad"]}),
        (_("Visibility"), {"fields": ["in_strip", *pairs("short")]}),
        (_("Checked"), {"fields": ["verified_on"]}),
        (_("Order"), {"fields": ["key", "position"]}),
    ]
    actions = ["verified_today"]

    @admin.display(description=_("in texts"), ordering="key")
    def in_texts(self, channel):
        """The tag that stands for the number in a text."""
        return tag(channel.key) if channel.tel else ""

    def uses(self, row):
        return row.uses()

    def titles(self, request, rows):
        """With the number as it is now: a colleague may have changed it since the list was opened and called."""
        return [f"{row}: {row.number or row.url}" for row in rows]

    @admin.action(description=_("Verified today"), permissions=["change"])
    @asks_first(
        _("Today becomes the day on which they were verified. Only do this if you have just tried each of them.")
    )
    @transaction.atomic
    def verified_today(self, request, queryset):
        """Set the verification date of the selected channels to today, with an entry in their history."""
        words = ngettext_lazy("%(count)d channel has been verified.", "%(count)d channels have been verified.", "count")
        channels = [channel.pk for channel in queryset]
        self.set_today(request, queryset, "verified_on", "last verified", words)
        # What was tried is what the public sees, not the new number of a draft.
        drafts = HelpChannel.objects.everything().filter(draft_of__in=channels)
        same = {name: F(f"draft_of__{name}") for name in HelpChannelForm.REACHED_BY}
        drafts.exclude(**same).update(verified_on=None)


class ProtectionUnitForm(BilingualForm):
    """Form of a unit. Its contact data is verified by a tick only, and a change without a tick ends the verification."""

    checked_today = forms.BooleanField(
        label=_("I have checked this today"),
        required=False,
        help_text=_(
            "Tick this when you have called the unit and everything above is right. Visitors do not see contact data that "
            "was changed and not checked."
        ),
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("checked_today"):
            if not any(cleaned.get(name) for name in ("phone", "email", "address")):
                self.add_error("checked_today", _("Enter a phone number, an email or an address first."))
            else:
                self.instance.verified_on = timezone.localdate()
        elif any(name in self.changed_data for name in ProtectionUnit.CONTACT_FIELDS):
            self.instance.verified_on = None
        return cleaned


class VerificationFilter(QuerySetFilter):
    title = _("verification")
    parameter_name = "verified"
    methods = {"no": (_("To call: never checked, or long ago"), "to_check"), "yes": (_("Checked"), "verified")}


class ImportForm(forms.Form):
    """A CSV file, or its text as it was corrected in the preview. The cleaned `text` is that to compare."""

    file = forms.FileField(label=_("CSV file"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("Lines of the file"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "wrap": "off", "class": "csv-lines", "spellcheck": "false"}),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        return unit_imports.decode(file.read(unit_imports.MAX_BYTES + 1)) if file else ""

    def clean(self):
        cleaned = super().clean()
        cleaned["text"] = (cleaned.get("file") or cleaned.get("text", "")).replace("\r\n", "\n")
        if not self.errors and not cleaned["text"].strip():
            self.add_error("file", _("Choose a CSV file."))
        return cleaned


@admin.register(ProtectionUnit)
class ProtectionUnitAdmin(ContentAdmin):
    form = ProtectionUnitForm
    change_list_template = "admin/campaign/protectionunit/change_list.html"
    list_display = ["municipality", "county", "phone", "verified_on"]
    list_filter = [VerificationFilter, "municipality__county"]
    list_select_related = ["municipality__county"]
    search_fields = [
        *("municipality__name_sq__unaccent", "municipality__name_en__unaccent"),
        *("phone", "email", "address__unaccent__icontains"),
    ]
    # A recovered unit is checked before visitors see it.
    recovered_values = {"verified_on": None}
    list_note = _(
        "How to reach the child protection unit of each municipality. Visitors see only what someone has checked, with the "
        "date. Call each unit every six months."
    )
    readonly_fields = ["verified_on"]

    def get_fieldsets(self, request, obj=None):
        contact = ["phone", "email", "address", *pairs("hours")]
        verified = ["checked_today", "verified_on"]
        return [
            (None, {"fields": contact if obj else ["municipality", *contact]}),
            (_("Checked"), {"fields": verified if self.has_change_permission(request, obj) else verified[1:]}),
        ]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if any(obj.contact) and obj.verified_on is None:
            words = _("Visitors do not see this yet: someone has to check it and tick the box.")
            self.message_user(request, words, messages.WARNING)

    @admin.display(description=_("county"), ordering="municipality__county__sort_key")
    def county(self, unit):
        return unit.municipality.county

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("export/", wrap(self.export_view), name="campaign_protectionunit_export"),
            path("import/", wrap(self.import_view), name="campaign_protectionunit_import"),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def export_view(self, request):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        response = StreamingHttpResponse(unit_imports.export(), content_type="text/csv; charset=utf-8")
        name = f"{pgettext('file name', 'child-protection-units')}-{timezone.localdate()}.csv"
        response.headers["Content-Disposition"] = content_disposition_header(True, name)
        return response

    def import_view(self, request):
        """Choose a file, see what it changes, correct its lines, and store it: all of it or nothing."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied("campaign.add_protectionunit", "campaign.change_protectionunit")
        form, comparison = ImportForm(request.POST or None, request.FILES or None), None
        if form.is_valid():
            text = form.cleaned_data["text"]
            with transaction.atomic():
                self.lock_table()
                comparison = unit_imports.UnitFile(text)
                if "confirm" in request.POST and not comparison.problems:
                    # Only what the member of staff saw in the preview.
                    if request.POST.get("preview") == comparison.digest:
                        self._store(request, comparison.changed)
                        return redirect("admin:campaign_protectionunit_changelist")
                    words = _("The lines, or the units, have changed since the preview. Check the differences again.")
                    self.message_user(request, words, messages.WARNING)
            # The lines of the file, to be corrected on the page of the preview.
            form = ImportForm(initial={"text": text})
        context = {
            "form": form,
            "columns": [unit_imports.heading(column) for column in unit_imports.COLUMNS],
            "comparison": comparison,
        }
        title = gettext("Import units from a CSV file")
        return self.page(request, "admin/campaign/protectionunit/import.html", title, **context)

    def _store(self, request, rows):
        for row in rows:
            if row.stored.pk:
                self.save_first_version(row.stored)
            self.log_changes(request, [row.save()], *row.changed_data)
        words = ngettext("%(count)d unit has been imported.", "%(count)d units have been imported.", len(rows))
        self.message_user(request, words % {"count": len(rows)}, messages.SUCCESS)
