"""Admin of paper sheets: issuing and printing them, and the page of one with its counts and its place."""

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from pledges.cases.admin import CaseAdmin, doubt, people_words
from pledges.paper import sheet as paper
from pledges.paper.forms import CountForm, IssueForm, PlaceForm, PrintForm, VoidForm
from pledges.paper.models import PaperSheet
from pledges.sectors.models import Sector
from staff.admin.base import change_url
from staff.models import Account, Entry

PRINT = "admin:pledges_papersheet_print"
LIST = "admin:pledges_papersheet_changelist"
ISSUE = "admin/pledges/papersheet/issue.html"
State = PaperSheet.State


class ProgressFilter(admin.SimpleListFilter):
    """List filter by what is left to do."""

    title = _("state")
    parameter_name = "progress"
    DIFFERING, ONCE = "differing", "once"

    def lookups(self, request, model_admin):
        return [
            (State.ISSUED, _("issued, not counted")),
            (self.ONCE, _("counted by one person")),
            (self.DIFFERING, _("the counts differ")),
            (State.COUNTED, State.COUNTED.label),
            (State.VOID, State.VOID.label),
        ]

    def queryset(self, request, queryset):
        if self.value() == self.DIFFERING:
            return queryset.differing()
        if self.value() == self.ONCE:
            return queryset.filter(state=State.RETURNED, second__isnull=True)
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(PaperSheet)
class PaperSheetAdmin(CaseAdmin):
    """The list of sheets with their states, the page of one sheet, and the page for issuing."""

    change_list_template = "admin/pledges/papersheet/change_list.html"
    template = "admin/pledges/papersheet/sheet.html"
    step_forms = {"count": CountForm, "place": PlaceForm, "void": VoidForm}
    unchanged = _("Nothing was changed: the sheet counts already or is void, or you entered its first count yourself.")
    seen_on = "sheets"
    holds_person = False
    list_display = ["__str__", "progress", "people", "municipality", "event"]
    list_filter = [ProgressFilter]
    list_select_related = ["municipality", "event"]
    list_per_page = list_max_show_all = 100
    ordering = ["number"]
    search_fields = ["=number"]
    list_note = _(
        "Sheets of paper on which people make one mark for their group and write no names. A sheet counts when two people "
        "have entered the same numbers, each signed in as themselves."
    )

    def has_add_permission(self, request):
        return request.user.has_perm("pledges.add_papersheet")

    def get_search_results(self, request, queryset, search_term):
        """The sheet with this number, with or without its zeros."""
        number = search_term and (search_term.lstrip("0") or "0")
        return super(CaseAdmin, self).get_search_results(request, queryset, number)

    @admin.display(description=_("state"))
    def progress(self, sheet):
        words = self.short_state(sheet)
        return doubt(words) if sheet.state == State.RETURNED and sheet.second else words

    def short_state(self, sheet):
        if sheet.state == State.VOID:
            return f"{sheet.get_state_display()}: {sheet.get_reason_display()}"
        if sheet.state != State.RETURNED:
            return sheet.get_state_display()
        if sheet.second is None:
            return gettext("counted by one person")
        groups = ", ".join(map(str, sheet.differences(Sector.objects.all())))
        return gettext("The counts differ: %(groups)s") % {"groups": groups}

    @admin.display(description=_("people"))
    def people(self, sheet):
        return sheet.total if sheet.state == State.COUNTED else "–"

    def get_urls(self):
        view = self.admin_site.admin_view(self.print_view)
        return [path("print/", view, name="pledges_papersheet_print"), *super().get_urls()]

    # Issuing and printing

    def add_view(self, request, form_url="", extra_context=None):
        """Issue a batch of sheets, or print sheets again."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"count": 20, "event": request.GET.get("event")}
        form = IssueForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            with transaction.atomic():
                numbers = PaperSheet.objects.issue(**form.cleaned_data)
                sheets = f"{numbers[0]}–{numbers[-1]}"
                Entry.log(request.user, Entry.Action.ADD, about=PaperSheet(numbers[0]), sheets=sheets)
            words = ngettext("%(count)d sheet has been issued.", "%(count)d sheets have been issued.", len(numbers))
            query = {"first": numbers[0], "last": numbers[-1]}
            link = gettext("Print %(first)06d to %(last)06d (PDF)") % query
            message = format_html(
                '{} <a href="{}">{}</a>', words % {"count": len(numbers)}, reverse(PRINT, query=query), link
            )
            self.message_user(request, message, messages.SUCCESS)
            return redirect(LIST)
        return self.page(request, ISSUE, _("Issue paper sheets"), form=form, print_form=PrintForm())

    @method_decorator(require_safe)
    def print_view(self, request):
        """The PDF of the sheets from one number to another. Void ones are left out."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        form, sheets = PrintForm(request.GET), []
        if form.is_valid():
            numbers = (form.cleaned_data["first"], form.cleaned_data["last"])
            found = PaperSheet.objects.filter(number__range=numbers).exclude(state=State.VOID)
            sheets = list(found.select_related("municipality", "event__municipality"))
            if not sheets:
                form.add_error("first", _("We have not issued any sheets with these numbers, or they are void."))
        if not sheets:
            return self.page(request, ISSUE, _("Print paper sheets"), print_form=form)
        handout = apps.get_app_config("campaign").handout("paper")
        data = paper.pdf(sheets, list(Sector.objects.open()), handout)
        response = HttpResponse(data, content_type="application/pdf")
        name = f"{pgettext('file name', 'paper-sheets')}-{sheets[0]}-{sheets[-1]}.pdf"
        response.headers["Content-Disposition"] = content_disposition_header(False, name)
        return response

    # One sheet

    def facts(self, request, sheet):
        def when(moment):
            return formats.localize(timezone.localtime(moment))

        yield pgettext("sheet", "issued"), when(sheet.issued_at)
        if sheet.counts:
            accounts = Account.objects.filter(pk__in=[account for _people, account in sheet.counts])
            yield _("Counted by"), ", ".join(map(str, accounts))
        if sheet.counted_at:
            yield pgettext("sheet", "counted"), when(sheet.counted_at)
        if sheet.voided_at:
            yield _("void since"), when(sheet.voided_at)
        if sheet.total:
            yield _("people"), people_words(sheet.total, sheet.first)
        if sheet.municipality:
            yield _("municipality"), sheet.municipality
        if sheet.event:
            yield _("event"), sheet.event

    def state_of(self, sheet):
        return self.progress(sheet)

    # The steps

    def steps_of(self, request, row):
        """As of every case. The two counts of a sheet come from two accounts."""
        steps = super().steps_of(request, row)
        if not row.can_be_counted_by(request.user.pk):
            steps.pop("count", None)
        return steps

    def press_count(self, request, row, name, form):
        """Store the count. The next sheet of this account opens with the cursor in its first field."""
        response, number = self.take(request, row, name, form), PaperSheet.objects.next_for(request.user.pk, row.pk)
        return (
            redirect(f"{change_url(PaperSheet(number))}#{next(iter(form.fields))}") if response and number else response
        )

    def run(self, request, row, name, form):
        return row.count(form.people, request.user.pk) if name == "count" else super().run(request, row, name, form)
