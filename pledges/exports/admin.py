"""Admin of exports: files of the pledges in the list, or of those of them with consent to news.

A file is streamed to the browser and not stored. Stored are who exported what, when, and how many rows were read.
"""

import copy

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, F, FloatField, Func, TextField, Value
from django.db.models.functions import Cast, Now
from django.http import QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from pledges.access import sees_people
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.exports.models import Export
from pledges.exports.spreadsheets import csv_file, xlsx_file
from pledges.supporters.models import CHOICE_FIELDS, OPT_IN_FIELDS, Pledge
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
# The columns of a file
ENCRYPTED = ["name", "address"]
TIMES = ["created_at", "confirmed_at", "invalidated_at"]
DETAILS = ["state", *TIMES, *CHOICE_FIELDS, "source", *OPT_IN_FIELDS]
COLUMNS = {
    Export.Content.PLEDGES: ["pledge", *DETAILS],
    Export.Content.PEOPLE: ["pledge", *ENCRYPTED, *DETAILS],
    Export.Content.UPDATES: [*ENCRYPTED, "language", "sector"],
}
# Ids and times as a file writes them. PostgreSQL makes them much faster than Python.
ID = Cast("pk", TextField())
TIME_SQL = {
    Export.Format.CSV: ("%(function)s(%(expressions)s)::text", TextField()),
    # From seconds since 1970 to days since the end of 1899.
    Export.Format.XLSX: ("(date_part('epoch', %(function)s(%(expressions)s)) + 2209161600) / 86400", FloatField()),
}
WRITERS = {Export.Format.CSV: csv_file, Export.Format.XLSX: xlsx_file}


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
        response = StreamingHttpResponse(stream(export, changelist.queryset), content_type=CONTENT_TYPES[export.format])
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


# The content of a file, in the active language


def stream(export, pledges):
    """Yield the bytes of the file while it is sent; at the end, note that it is complete."""
    # Evaluated now: the generator runs after the request, when its language is no longer active.
    return _stream(export, pledges, [_column(name, export.format) for name in COLUMNS[export.content]])


def _stream(export, pledges, columns):
    fields = list(dict.fromkeys([ID, "created_at", *(field for _heading, field, _cells in columns)]))
    pages = (_page(rows, fields, columns) for rows in export.pages(pledges, fields))
    yield from WRITERS[export.format]([capfirst(heading) for heading, _field, _cells in columns], pages)
    Export.objects.filter(pk=export.pk).update(ended_at=Now())


def _page(rows, fields, columns):
    values = dict(zip(fields, zip(*rows, strict=True), strict=True))
    return [cells(values[field], values[ID]) for _heading, field, cells in columns]


def _column(name, file_format):
    """(heading, what is read from the database, function of the values and ids of a page that returns its cells) of a column.

    Times are as the kind of file writes them; foreign keys, booleans and choices are labels.
    """
    if name == "pledge":
        return gettext("pledge"), ID, lambda values, ids: ids
    if name in ENCRYPTED:
        return _decrypted_column(name)
    field = Pledge._meta.get_field(name)
    if name in TIMES:
        local = Func(Value(timezone.get_current_timezone_name()), F(name), function="timezone")
        template, output_field = TIME_SQL[file_format]
        written = Func(Value("second"), local, function="date_trunc", template=template, output_field=output_field)
        return str(field.verbose_name), written, lambda values, ids: values
    if field.is_relation:
        labels = {row.pk: str(row) for row in field.related_model.objects.all()}
    elif isinstance(field, BooleanField):
        labels = {True: gettext("yes"), False: gettext("no")}
    else:
        labels = {value: str(label) for value, label in field.flatchoices}
    return str(field.verbose_name), field.attname, lambda values, ids: list(map(labels.get, values))


def _decrypted_column(name):
    unreadable = gettext("cannot be decrypted")

    def cells(values, ids):
        texts, broken = [], ""
        for ciphertext, pk in zip(values, ids, strict=True):
            try:
                data = keys.associated_data("pledge", name, pk)
                texts.append(ciphertext and keys.decrypt(ciphertext, associated_data=data))
            except keys.CannotDecrypt as error:
                # One corrupt row must not end the export.
                texts.append(unreadable)
                broken = str(error)
        if broken:
            # One of the page is enough for the alarm.
            Unreadable.record(broken)
        return texts

    return {"name": gettext("name"), "address": gettext("address")}[name], f"{name}_cipher", cells
