"""Admin of paper sheets: issuing and printing them, and the page of one with its counts and its place."""

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
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

from pledges.cases.admin import CaseAdmin, Choice, StepForm, doubt, people_words
from pledges.counting import tally
from pledges.events.models import Event
from pledges.figures.rendering import qr_code, typeset
from pledges.languages import in_each_language
from pledges.paper.models import MOST, PaperSheet
from pledges.places.models import Municipality
from pledges.sectors.models import CHILDREN, Sector
from pledges.sharing import BRANDS, brand, web_address
from staff.admin.base import QuerySetFilter, change_url
from staff.models import Account, Entry

PRINT = "admin:pledges_papersheet_print"
LIST = "admin:pledges_papersheet_changelist"
ISSUE = "admin/pledges/papersheet/issue.html"
State = PaperSheet.State
# The most sheets of one batch and of one PDF, whose drawing takes some seconds.
MOST_SHEETS = 200
OF_THE_SHEET = _("Enter the number at the top of the sheet, for example 000123.")


def number_field(message, most, **options):
    """An integer field from its `min_value` to `most` for typing. Every mistake has the same message."""
    errors = dict.fromkeys(["required", "invalid", "min_value", "max_value"], message)
    widget = forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "size": 8})
    return forms.IntegerField(
        **{"min_value": 1, "max_value": most, "widget": widget, "error_messages": errors} | options
    )


class EventField(forms.ModelChoiceField):
    def label_from_instance(self, event):
        return f"{event.title}, {event.when}"


class WhereForm(forms.Form):
    municipality = forms.ModelChoiceField(
        Municipality.objects.all(),
        required=False,
        label=_("Municipality"),
        help_text=_("Where the sheets are laid out, if you know. The people count in the county of that municipality."),
        error_messages={"invalid_choice": _("Choose the municipality from the list.")},
    )
    event = EventField(
        Event.objects.all(),
        required=False,
        label=_("Event"),
        help_text=_("If the sheets are laid out at an event, its page says how many people signed on them."),
        error_messages={"invalid_choice": _("Choose the event from the list.")},
    )


class IssueForm(WhereForm):
    field_order = ["count"]
    count = number_field(
        _("Enter a number from 1 to 200, for example 20."),
        MOST_SHEETS,
        label=_("How many sheets?"),
        help_text=_("At most 200 at a time."),
    )


class PrintForm(forms.Form):
    first = number_field(OF_THE_SHEET, 10**9, label=_("From number"))
    last = number_field(OF_THE_SHEET, 10**9, label=_("To number"))

    def clean(self):
        cleaned = super().clean()
        if "first" in cleaned and "last" in cleaned and not 0 <= cleaned["last"] - cleaned["first"] < MOST_SHEETS:
            self.add_error("last", _("Choose at most 200 sheets, from the lower number to the higher one."))
        return cleaned


class CountForm(StepForm):
    def ask(self):
        # A group that was closed since has people still, and a box on sheets that are printed. One that was merged has neither.
        shown = {str(sector.pk) for sector, _people in tally.read().sectors}
        shown.update(*(people for people, _account in self.row.counts))
        self.sectors = [each for each in Sector.objects.exclude(slug=CHILDREN) if str(each.pk) in shown]
        words = _("Enter how many marks there are, as a number from 0 to 500.")
        for sector in self.sectors:
            field = number_field(words, MOST, label=sector.name, required=False, min_value=0)
            self.fields[f"people_{sector.slug}"] = field

    def clean(self):
        people = {str(sector.pk): self.cleaned_data.get(f"people_{sector.slug}") for sector in self.sectors}
        self.people = {sector: number for sector, number in people.items() if number}
        if not self.people and not self.errors:
            words = _("Enter the number of marks for at least one group. If the sheet has none, make it void.")
            raise forms.ValidationError(words, code="none")

    @property
    def arguments(self):
        return {"people": self.people, "account": self.user.pk}


class PlaceForm(WhereForm, StepForm):
    details = {"fields": ["municipality", "event"]}

    def ask(self):
        self.initial |= {"municipality": self.row.municipality_id, "event": self.row.event_id}


class VoidForm(StepForm):
    logged = ("reason",)
    reason = Choice(PaperSheet.Reason.choices, _("Choose the reason."), label=_("Reason"))


class ProgressFilter(QuerySetFilter):
    title = _("state")
    parameter_name = "progress"
    methods = {
        State.ISSUED: (_("issued, not counted"), "filter", Q(state=State.ISSUED)),
        "once": (_("counted by one person"), "filter", Q(state=State.RETURNED, second__isnull=True)),
        "differing": (_("the counts differ"), "differing"),
        State.COUNTED: (State.COUNTED.label, "filter", Q(state=State.COUNTED)),
        State.VOID: (State.VOID.label, "filter", Q(state=State.VOID)),
    }


@admin.register(PaperSheet)
class PaperSheetAdmin(CaseAdmin):
    change_list_template = "admin/pledges/papersheet/change_list.html"
    template = "admin/pledges/papersheet/sheet.html"
    step_forms = {"count": CountForm, "place": PlaceForm, "void": VoidForm}
    unchanged = _(
        "Nothing was changed: it is as you entered it, counts already or is void, or you entered its first count yourself."
    )
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
        data = sheets_pdf(sheets, list(Sector.objects.open()), handout)
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
            names = Account.objects.names_of([account for _people, account in sheet.counts])
            yield _("Counted by"), ", ".join(names.values())
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


def sheets_pdf(sheets, sectors, handout):
    """The PDF, as bytes, of these PaperSheets: an A4 page each in both languages, with a box for each of these sectors.

    `handout` has the words of staff, as `title` and `text` of the active language.
    """

    def words():
        pledge, _line, rule = handout.text.partition("\n")
        address = web_address() + reverse("campaign:home")
        return {
            "brand": brand(),
            "title": handout.title,
            "pledge": pledge,
            "rule": " ".join(rule.split()),
            "strokes": gettext("One mark for each person"),
            "place": pgettext("on a paper sheet", "Place and date"),
            "ask": f"{gettext('Find out more, and see how we count this sheet:')}\n{address}",
            "code": qr_code(settings.SITE_URL + reverse("pledges:method") + "#paper"),
        }

    def event_words():
        return {"title": event.title, "about": f"{event.when}\n{event.where}"}

    pages = []
    for sheet in sheets:
        event, place = sheet.event, f": {sheet.municipality.name_sq}" if sheet.municipality else ""
        pages.append({"number": str(sheet), "place": place, "event": event and _both(event_words)})
    groups = list(zip(*_both(lambda: [sector.name for sector in sectors]), strict=True))
    return typeset("paper", " · ".join(BRANDS.values()), languages=_both(words), groups=groups, sheets=pages)


def _both(words):
    return list(in_each_language(words).values())
