"""Admin of paper sheets: issuing and printing them, typing their counts, their places, and making them void."""

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

COUNT, PRINT = "admin:pledges_papersheet_count", "admin:pledges_papersheet_print"
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
    """The list of sheets with their states, the page of one sheet, and the pages for issuing and counting."""

    change_list_template = "admin/pledges/papersheet/change_list.html"
    template = "admin/pledges/papersheet/sheet.html"
    step_forms = {"place": PlaceForm, "void": VoidForm}
    unchanged = _("Nothing was changed.")
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
        if sheet.state == State.VOID:
            return f"{sheet.get_state_display()}: {sheet.get_reason_display()}"
        if sheet.state != State.RETURNED:
            return sheet.get_state_display()
        if sheet.second is None:
            return gettext("counted by one person")
        return doubt(gettext("The counts differ: %(groups)s") % {"groups": self._differences(sheet)})

    @admin.display(description=_("people"))
    def people(self, sheet):
        return sheet.total if sheet.state == State.COUNTED else "–"

    @staticmethod
    def _differences(sheet):
        """The names of the groups whose counts differ."""
        return ", ".join(map(str, sheet.differences(Sector.objects.all())))

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("count/", wrap(self.count_view), name="pledges_papersheet_count"),
            path("print/", wrap(self.print_view), name="pledges_papersheet_print"),
            *super().get_urls(),
        ]

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

    # Counting

    def count_view(self, request):
        """The form for one count of one sheet. After saving, it shows the next number."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            form = CountForm(request.POST)
            if form.is_valid() and (sheet := self._count(request, form)):
                return redirect(reverse(COUNT, query={"after": sheet.pk}))
        else:
            form = CountForm(initial={"number": self._suggested(request)})
        return self.page(request, "admin/pledges/papersheet/count.html", _("Enter a count"), form=form)

    @staticmethod
    def _suggested(request):
        """The number that the address names, or the next one that this account can count, as text; "" if there is none."""
        asked, after = request.GET.get("number", ""), request.GET.get("after", "0")
        if asked.isdecimal() and len(asked) < 10:
            return f"{int(asked):06d}"
        number = PaperSheet.objects.next_for(
            request.user.pk, int(after) if after.isdecimal() and len(after) < 10 else 0
        )
        return f"{number:06d}" if number else ""

    @transaction.atomic
    def _count(self, request, form):
        """Store the count with its entry of the log and say what came of it; returns the sheet, None if it was refused."""
        sheet = form.save(request.user.pk)
        if sheet is None:
            return None
        self.log_action(request, sheet, Entry.Action.CHANGE, state=sheet.state)
        if sheet.state == State.COUNTED:
            words = ngettext(
                "Sheet %(sheet)s has been counted: %(count)d person.",
                "Sheet %(sheet)s has been counted: %(count)d people.",
                sheet.total,
            )
            self.message_user(request, words % {"sheet": sheet, "count": sheet.total}, messages.SUCCESS)
        elif sheet.second is None:
            words = gettext(
                "The first count of sheet %(sheet)s has been saved. Another person must enter the second one."
            )
            self.message_user(request, words % {"sheet": sheet})
        else:
            words = gettext("Sheet %(sheet)s does not count yet, because the two counts differ: %(groups)s.")
            url, link = reverse(COUNT, query={"number": sheet.pk}), gettext("Count the marks again")
            message = format_html(
                '{} <a href="{}">{}</a>', words % {"sheet": sheet, "groups": self._differences(sheet)}, url, link
            )
            self.message_user(request, message, messages.WARNING)
        return sheet

    # One sheet

    def facts(self, request, sheet):
        def when(moment):
            return formats.localize(timezone.localtime(moment))

        yield pgettext("sheet", "issued"), when(sheet.issued_at)
        if sheet.counts:
            names = {account.pk: account for account in Account.objects.filter(pk__in=[by for _, by in sheet.counts])}
            yield _("Counted by"), ", ".join(str(names.get(by, "–")) for _people, by in sheet.counts)
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

    def log(self, request, sheet, details):
        self.log_action(request, sheet, Entry.Action.CHANGE, **details)

    def after(self, sheet):
        return redirect(change_url(sheet))
