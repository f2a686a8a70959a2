"""The queue of a kind of case, and the page of one case: the facts, and a button for each step that can be taken.

A new step is a line in `STEPS` of its model, a method there (`Step.method`, or of its name), and a form in `step_forms` here if
it asks something.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.access import decrypted, look_at_people, sees_people
from pledges.forms.fields import TypedCharField
from pledges.numbers import number
from pledges.sectors.models import Sector
from staff.admin.base import ModelAdmin, NoAddOrDelete
from staff.models import Entry

TOO_LONG = _("Your reason must be %(limit_value)d characters or fewer. It has %(show_value)d.")
CHANGED_MEANWHILE = _("Nothing was changed: it has changed in the meantime.")


def doubt(words):
    """A sentence that staff must not overlook."""
    return format_html('<strong class="doubt">{}</strong>', words)


def people_words(total, people):
    """ "28: Children 26, Teachers 2", of {sector id as text: people}."""
    pairs = [(sector, number(people[str(sector.pk)])) for sector in Sector.objects.all() if str(sector.pk) in people]
    return format_html("<b>{}</b>: {}", number(total), format_html_join(", ", "{} {}", pairs))


class Choice(forms.ChoiceField):
    """One of these choices; `words` say that one must be chosen."""

    def __init__(self, choices, words, **kwargs):
        errors = {"required": words, "invalid_choice": words}
        super().__init__(choices=[("", "–"), *choices], error_messages=errors, **kwargs)


class ReasonField(TypedCharField):
    """What staff write about a decision, which the audit log keeps."""

    def __init__(self, words, **kwargs):
        errors = {"required": words, "max_length": TOO_LONG}
        widget = forms.TextInput({"class": "vTextField"})
        super().__init__(max_length=200, widget=widget, error_messages=errors, **kwargs)


class StepForm(forms.Form):
    """What a button asks first. Its cleaned values are the arguments of the step; the audit log has those of `logged`."""

    use_required_attribute = False
    logged = ()

    def __init__(self, *args, row, user, step, **kwargs):
        super().__init__(*args, auto_id="%s", label_suffix="", **kwargs)
        self.row, self.user = row, user
        self.ask()
        if step.asks:
            unticked = {"required": _("Tick the box to confirm that they asked for it.")}
            self.fields["asked"] = forms.BooleanField(label=step.asks, error_messages=unticked)

    def ask(self):
        """Add the fields that depend on the case."""

    @property
    def arguments(self):
        return {name: value for name, value in self.cleaned_data.items() if name != "asked"}

    @property
    def details(self):
        """What the audit log says of them."""
        return {name: self.cleaned_data[name] for name in self.logged if self.cleaned_data.get(name)}


class RefuseForm(StepForm):
    """A reason of the model, and one's own words. The person reads both, the audit log has the reason."""

    logged = ("refusal",)

    def ask(self):
        label = _("If you refuse it, we email this reason:")
        self.fields["refusal"] = Choice(self.row.Refusal.choices, _("Choose the reason."), label=label)
        self.fields["words"] = TypedCharField(
            label=gettext("In your own words (%(language)s)") % {"language": self.row.get_language_display()},
            help_text=_("The person reads it in our email. Do not write any names."),
            required=False,
            max_length=300,
            widget=forms.Textarea({"rows": 3, "lang": self.row.language}),
            error_messages={"max_length": TOO_LONG},
        )

    def clean(self):
        is_other = self.cleaned_data.get("refusal") == self.row.Refusal.OTHER
        # An erased person gets no email.
        if is_other and self.row.address_cipher and not self.cleaned_data.get("words"):
            self.add_error("words", _("Write the reason."))


class StateFilter(admin.SimpleListFilter):
    """List filter by state. By default it shows the rows that wait for a decision; a search shows those of every state."""

    title = _("state")
    # Not that of a column, which `lookup_allowed` reserves for its own filters.
    parameter_name = "queue"

    def __init__(self, request, params, model, model_admin):
        self.waiting = model_admin.waiting[0]
        self.default = None if request.GET.get(SEARCH_VAR) else self.waiting
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        return list((dict([model_admin.waiting]) | dict(model_admin.model.State.choices)).items())

    def value(self):
        return super().value() or self.default

    def choices(self, changelist):
        # Without the choice "all", unless something is searched.
        return list(super().choices(changelist))[bool(self.default) :]

    def queryset(self, request, queryset):
        if self.value() == self.waiting:
            return queryset.waiting()
        return queryset.filter(state=self.value()) if self.value() else queryset


class CaseAdmin(NoAddOrDelete, ModelAdmin):
    """The queue and the page of one kind of case.

    `seen_on` names it in the log of who saw it, `step_forms` are the forms of the steps that ask something. Where a step is more
    than the method of the model, a method `press_NAME` carries it out: it returns the response, or None for the same page.
    """

    template = "admin/pledges/case/case.html"
    holds_person = True
    step_forms = {"refuse": RefuseForm}
    # (value of the filter, its words) of what waits for staff, which `waiting()` of the queryset returns.
    waiting = ("confirmed", _("waiting to be checked"))
    unchanged = outdated = CHANGED_MEANWHILE
    # Whether what was typed is shown again beside what has changed since.
    keeps_typed = False

    # By number, which get_search_results() looks up.
    search_fields = ["id"]
    list_filter = [StateFilter, "kind"]
    list_per_page = list_max_show_all = 50
    ordering = ["created_at", "pk"]
    sortable_by = []
    fieldsets = [(None, {"fields": []})]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def title_of(self, row):
        return str(row.title)

    @admin.display(description=_("case"))
    def title(self, row):
        return row.title

    def get_search_results(self, request, queryset, search_term):
        """The cases whose number begins so; else what the fields of the class find."""
        found = queryset.beginning_with(search_term)
        if search_term and (self.search_fields == ["id"] or found.exists()):
            return found, False
        return super().get_search_results(request, queryset, search_term)

    # What a subclass says of a case

    def odd(self, row):
        """Sentences about what staff should check."""
        return []

    def facts(self, request, row):
        """[(label, value)] of the table of the page, without state, person and warnings."""
        raise NotImplementedError

    def state_of(self, row):
        """The state, with the reason of a refusal."""
        refusal = " ".join(map(str, row.shown_reasons)) if getattr(row, "refusal", "") else ""
        return capfirst(f"{row.get_state_display()}: {refusal}" if refusal else str(row.get_state_display()))

    def short_state(self, row):
        """The state in the message after a step."""
        return row.get_state_display()

    def details(self, request, row):
        """The part of the template context that other kinds do not have."""
        return {}

    @admin.display(description=_("warnings"))
    def oddities(self, row):
        return format_html_join("", "{}", ((doubt(each),) for each in self.odd(row))) or "–"

    # The page

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """GET: one case with what is odd about it, and the buttons. POST: one of the buttons."""
        row = self.get_object(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        tried = {}
        if row is not None and request.method == "POST":
            if not self.has_change_permission(request, row):
                raise PermissionDenied
            if response := self._press(request, row, tried):
                return response
            row = self.get_object(request, object_id)
        if row is None:
            # Django's own view redirects with a message.
            return super().change_view(request, object_id, form_url, extra_context)
        if self.holds_person and (asked := look_at_people(request, [row.pk], page=self.seen_on)):
            return asked
        return self.shown(request, row, tried)

    def shown(self, request, row, tried):
        """The page; `tried` are the forms {name of the step: form} that were sent with an error."""
        may_see = self.holds_person and sees_people(request) and row.address_cipher is not None
        context = {
            "row": row,
            "facts": [(capfirst(label), value) for label, value in self.facts(request, row)],
            "state": self.state_of(row),
            "warnings": self.odd(row),
            "name": decrypted(lambda: row.name) if may_see else None,
            "address": decrypted(lambda: row.address) if may_see else None,
            "steps": {},
            "is_typed": request.method == "POST",
            **self.details(request, row),
        }
        if self.has_change_permission(request, row):
            for name, step in self.steps_of(request, row).items():
                form = tried.get(name) or self.form_of(request, row, name)
                # What was typed for another button.
                form.initial |= {field: request.POST[field] for field in form.fields if field in request.POST}
                context["steps"][name] = (step, form)
        return self.page(request, self.template, row.title, **context)

    def steps_of(self, request, row):
        """{name: Step} of the buttons that this member of staff, who may change the case, is offered."""
        has_perm = request.user.has_perm
        return {name: step for name, step in row.steps().items() if not step.permission or has_perm(step.permission)}

    def form_of(self, request, row, name, data=None):
        form = self.step_forms.get(name, StepForm)
        return form(data, row=row, user=request.user, step=self.model.STEPS[name])

    # The buttons

    def _press(self, request, row, tried):
        """Carry out the button of the POST; returns the response, or None to show the page again, with the forms of `tried`."""
        name = next((name for name in self.model.STEPS if name in request.POST), None)
        if name is None:
            return None
        step = self.model.STEPS[name]
        if step.permission and not request.user.has_perm(step.permission):
            raise PermissionDenied(step.permission)
        if name not in row.steps():
            return self.message_user(request, self.unchanged, messages.WARNING)
        form = self.form_of(request, row, name, request.POST)
        if not form.is_valid():
            tried[name] = form
            for sentence in dict.fromkeys(sentence for errors in form.errors.values() for sentence in errors):
                self.message_user(request, sentence, messages.ERROR)
            return None
        return self.press(request, row, name, form)

    def press(self, request, row, name, form):
        return getattr(self, f"press_{name}", self.take)(request, row, name, form)

    def run(self, request, row, name, form):
        """Make the transition of a step; returns whether this call made it."""
        return getattr(row, self.model.STEPS[name].method or name)(**form.arguments)

    def take(self, request, row, name, form):
        """Carry out a step with its audit entry and its message."""
        step = self.model.STEPS[name]
        with transaction.atomic():
            if step.on_seen:
                # Locked, so that nobody changes it before the transition.
                row = self.model.objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
                if row is None or request.POST.get("seen") != row.seen:
                    # It has changed since, or is gone: the page as it is now.
                    self.message_user(request, self.outdated, messages.WARNING)
                    return None if self.keeps_typed else redirect(request.path)
            if not self.run(request, row, name, form):
                return self.message_user(request, self.unchanged, messages.WARNING)
            self.log(request, row, form.details)
        words = step.done
        if not words:
            state = self.short_state(self.model.objects.get(pk=row.pk))
            words = gettext("“%(name)s” is now: %(state)s.") % {"name": row.title, "state": state}
        self.message_user(request, words, messages.SUCCESS)
        return self.after(request, row, name)

    def log(self, request, row, details):
        state = self.model.objects.values_list("state", flat=True).get(pk=row.pk)
        self.log_action(request, row, Entry.Action.CHANGE, **({"state": state, "fields": ["state"]} | details))

    def after(self, request, row, name):
        """The response after a step that was taken: the queue."""
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
