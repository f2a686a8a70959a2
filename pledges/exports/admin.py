"""Admin of exports: files of the pledges in the list, of those selected in it, or of those with consent to news.

A file is streamed to the browser and not stored. Stored are who exported what, when, and how far the download got.
"""

import copy
import uuid
from contextlib import suppress

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import IntegrityError
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pledges.access import sees_people
from pledges.exports import columns
from pledges.exports.models import Export
from pledges.supporters.models import Pledge
from staff.admin import reauthentication
from staff.admin.base import ModelAdmin

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
    """Content and format of a new export."""

    # The id of the export is set by the page, so that its script can poll the progress during the download.
    export = forms.UUIDField(widget=forms.HiddenInput)
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
class ExportAdmin(ModelAdmin):
    """Exports: adding one sends the file, existing ones are read-only. Staff without permission to view all see their own."""

    list_display = ["started_at", "user", "content", "format", "state", "rows"]
    list_filter = ["content", "state", "started_at"]
    list_select_related = ["user"]
    list_note = _("Who exported which pledges, and when. We do not keep the files.")
    fields = [("content", "format"), "user", ("started_at", "ended_at")]
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_add_permission(self, request):
        return bool(allowed_contents(request))

    def has_view_permission(self, request, obj=None):
        return self.has_add_permission(request) or super().has_view_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows if super().has_view_permission(request) else rows.filter(user=request.user)

    def get_urls(self):
        progress = self.admin_site.admin_view(self.progress)
        return [path("<uuid:pk>/progress/", progress, name="pledges_export_progress"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method == "POST":
            # A POST with "_saveasnew" would otherwise need only the permission to add.
            raise PermissionDenied
        export = self.get_object(request, object_id)
        filters = None
        if export:
            # The list may no longer have these filters.
            with suppress(IncorrectLookupParameters):
                changelist = filtered_changelist(request, urlencode(export.filters, doseq=True))
                filters = list(describe_filters(changelist))
        return super().change_view(request, object_id, form_url, {"filters": filters, **(extra_context or {})})

    def progress(self, request, pk):
        """The progress of an export as an HTML fragment; 204 while it has not started."""
        export = self.get_queryset(request).filter(pk=pk).first()
        if export is None:
            return HttpResponse(status=204)
        return TemplateResponse(request, "admin/pledges/export/progress.html", {"export": export, "next": uuid.uuid4()})

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        query = request.GET.urlencode()
        is_sent = request.method == "POST"
        if not is_sent and (response := reauthentication.ask_for_factor(request, f"{request.path}?{query}")):
            return response
        try:
            if is_sent:
                return self._export(request)
            return self.options_page(request, query)
        except IncorrectLookupParameters:
            self.message_user(
                request, _("These filters are not available for this list. Choose them again."), messages.ERROR
            )
            return redirect(LIST_URL_NAME)

    def options_page(self, request, query, form=None):
        """The page with the options and the size of an export; `query` holds the filters of the list."""
        changelist = filtered_changelist(request, query)
        form = form or ExportForm(initial={"export": uuid.uuid4(), "query": query}, contents=allowed_contents(request))
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
        if form.has_error("export"):
            # The page always sends a valid one.
            raise SuspiciousOperation("the export has no id")
        if error := reauthentication.factor_error(request):
            form.add_error(None, error)
        if not form.is_valid():
            return self.options_page(request, request.POST.get("query", ""), form)
        changelist = filtered_changelist(request, form.cleaned_data["query"])
        export = form.save(commit=False)
        export.pk, export.user = form.cleaned_data["export"], request.user
        export.filters = changelist.get_filters_params()
        try:
            export.start(changelist.queryset, form.cleaned_data["reason"])
        except IntegrityError:
            # The button was pressed twice: the export with this id exists.
            return redirect("admin:pledges_export_change", export.pk)
        response = StreamingHttpResponse(
            columns.stream(export, changelist.queryset), content_type=CONTENT_TYPES[export.format]
        )
        name = f"{FILE_NAMES[export.content]}-{timezone.localdate()}.{export.format}"
        response.headers["Content-Disposition"] = content_disposition_header(True, name)
        # Otherwise nginx would buffer personal data in a temporary file.
        response.headers["X-Accel-Buffering"] = "no"
        return response


def filtered_changelist(request, query):
    """The ChangeList of pledges with these filters."""
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
