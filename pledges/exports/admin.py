"""Admin of exports: files of the pledges in the list, or of those of them with consent to news.

A file is streamed to the browser and not stored. Stored are who exported what, when, and how many rows were read.
"""

import copy

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pledges.access import sees_people
from pledges.exports import columns
from pledges.exports.models import Export
from pledges.supporters.models import Pledge
from staff.admin import reauthentication
from staff.admin.base import ModelAdmin, ReadOnly

LIST_URL_NAME = "admin:pledges_pledge_changelist"
CONTENT_TYPES = {
    Export.Format.CSV: "text/csv; charset=utf-8",
    Export.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FILE_NAMES = {
    Export.Content.PLEDGES: pgettext_lazy("file name", "pledges"),
    Export.Content.PEOPLE: pgettext_lazy("file name", "pledges-with-names"),
    Export.Content.UPDATES: pgettext_lazy("file name", "news"),
}
NOT_COMPLETE = _("not complete: if the download has stopped, delete the file and export again")


def allowed_contents(request):
    """The Export.Content values that this member of staff may export."""
    user, content = request.user, Export.Content
    sees_pledges = user.has_perm("pledges.view_pledge") or user.has_perm("pledges.change_pledge")
    allowed = {
        content.PLEDGES: sees_pledges and user.has_perm("pledges.export_pledges"),
        content.PEOPLE: sees_pledges and user.has_perm("pledges.export_pledges") and sees_people(request),
        content.UPDATES: user.has_perm("pledges.export_updates") and sees_people(request),
    }
    return [content for content in allowed if allowed[content]]


class ExportForm(forms.ModelForm):
    # The filters of the list, as a query string.
    query = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = reauthentication.ReasonField(
        help_text=_("What you need the file for. It is kept in the record, so do not include a name or address.")
    )

    class Meta:
        model = Export
        fields = ["content", "format"]
        labels = {"content": _("What to export")}
        widgets = {"content": forms.RadioSelect, "format": forms.RadioSelect}

    def __init__(self, *args, contents, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["content"].choices = [(content.value, capfirst(content.label)) for content in contents]
        self.fields["content"].initial = contents[0]
        self.fields["format"].choices = Export.Format.choices


@admin.register(Export)
class ExportAdmin(ReadOnly, ModelAdmin):
    """Exports: adding one sends the file, existing ones are read-only. Staff without permission to view all see their own."""

    list_display = ["started_at", "user", "content", "format", "end", "rows"]
    list_filter = ["content", "started_at"]
    list_select_related = ["user"]
    list_note = _("Who exported which pledges, and when. We do not keep the files.")
    fields = [("content", "format"), "user", ("started_at", "end"), "rows"]
    readonly_fields = ["end"]
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_add_permission(self, request):
        return bool(allowed_contents(request))

    def has_view_permission(self, request, obj=None):
        return self.has_add_permission(request) or super().has_view_permission(request, obj)

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows if super().has_view_permission(request) else rows.filter(user=request.user)

    @admin.display(description=_("ended"), ordering="ended_at")
    def end(self, export):
        return formats.localize(timezone.localtime(export.ended_at)) if export.ended_at else NOT_COMPLETE

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method == "POST":
            # A POST with "_saveasnew" would otherwise need only the permission to add.
            raise PermissionDenied
        return super().change_view(request, object_id, form_url, extra_context)

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            if request.method == "POST":
                return self._export(request)
            query = request.GET.urlencode()
            factor = reauthentication.ask_for_factor(request, f"{request.path}?{query}")
            return factor or self.options_page(request, query)
        except IncorrectLookupParameters:
            self.message_user(
                request, _("These filters are not available for this list. Choose them again."), messages.ERROR
            )
            return redirect(LIST_URL_NAME)

    def options_page(self, request, query, form=None):
        """The page with the options and the size of an export; `query` holds the filters of the list."""
        changelist = filtered_changelist(request, query)
        form = form or ExportForm(initial={"query": query}, contents=allowed_contents(request))
        context = {
            "adminform": helpers.AdminForm(
                form, [(None, {"fields": ["content", "format", "reason"]})], {}, model_admin=self
            ),
            "form": form,
            "filters": describe_filters(changelist),
            "pledge_count": changelist.queryset.count(),
            "news_count": changelist.queryset.with_news_consent().count(),
        }
        return self.page(request, "admin/pledges/export/options.html", _("Export pledges"), **context)

    def _export(self, request):
        form = ExportForm(request.POST, contents=allowed_contents(request))
        if error := reauthentication.factor_error(request):
            form.add_error(None, error)
        if not form.is_valid():
            return self.options_page(request, request.POST.get("query", ""), form)
        changelist = filtered_changelist(request, form.cleaned_data["query"])
        export = form.save(commit=False)
        export.user = request.user
        export.start(changelist.queryset, changelist.get_filters_params(), form.cleaned_data["reason"])
        response = StreamingHttpResponse(
            columns.stream(export, changelist.queryset), content_type=CONTENT_TYPES[export.format]
        )
        name = f"{FILE_NAMES[export.content]}-{timezone.localdate()}.{export.format}"
        response.headers["Content-Disposition"] = content_disposition_header(True, name)
        # Otherwise nginx would buffer personal data in a temporary file.
        response.headers["X-Accel-Buffering"] = "no"
        return response


def filtered_changelist(request, query):
    request = copy.copy(request)
    request.GET = QueryDict(query)
    return admin.site.get_model_admin(Pledge).get_changelist_instance(request)


def describe_filters(changelist):
    """Yield the (title, choice) of each active filter of a ChangeList of pledges, as text."""
    chosen, known = changelist.get_filters_params(), {"id__in"}
    for spec in changelist.filter_specs:
        known.update(spec.expected_parameters())
        # Days from the date fields match no choice of the filter.
        typed = [value for name in spec.expected_parameters() for value in chosen.get(name, [])]
        if typed:
            words = [str(choice["display"]) for choice in spec.choices(changelist) if choice["selected"]]
            yield spec.title, ", ".join(words or typed)
    if "id__in" in chosen:
        yield _("ticked"), len(chosen["id__in"][-1].split(","))
    # Parameters that belong to no filter, in an edited URL.
    for name, values in chosen.items():
        if name not in known:
            yield name, ", ".join(values)
