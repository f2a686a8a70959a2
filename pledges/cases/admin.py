"""The queue of a kind of case, and the page of one case: the facts, and a button for each step that can be taken."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.access import decrypted, log_access_to_people, reason_url, sees_people
from pledges.forms.fields import TypedCharField
from staff.admin import reauthentication
from staff.admin.base import ModelAdmin, NoAddOrDelete
from staff.admin.in_history import PLEDGES
from staff.models import AuditEntry

CHANGED_MEANWHILE = _("Nothing was changed: it has changed in the meantime.")


class ReasonField(TypedCharField):
    """What staff write about a decision, which the audit log keeps."""

    def __init__(self, error_messages, **kwargs):
        too_long = _("Your reason must be %(limit_value)d characters or fewer. It has %(show_value)d.")
        widget = forms.TextInput(attrs={"class": "vTextField"})
        super().__init__(
            widget=widget, max_length=200, error_messages={"max_length": too_long, **error_messages}, **kwargs
        )


class StepForm(forms.Form):
    """What a button asks first. Its cleaned values are the arguments of the step; the audit log has those of `logged`."""

    use_required_attribute = False
    logged = ()

    def __init__(self, *args, row, user, step, **kwargs):
        super().__init__(*args, auto_id="%s", label_suffix="", **kwargs)
        self.row, self.user = row, user
        if step.asks:
            unticked = _("Tick the box to confirm that they asked for it.")
            self.fields["asked"] = forms.BooleanField(label=step.asks, error_messages={"required": unticked})

    @cached_property
    def arguments(self):
        """The arguments of the step."""
        return {name: value for name, value in self.cleaned_data.items() if name != "asked"}

    @property
    def details(self):
        """What the audit log says of them."""
        return {name: self.cleaned_data[name] for name in self.logged if self.cleaned_data.get(name)}


class RefuseForm(StepForm):
    """The reasons of the model."""

    logged = ("refusal",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        words = _("Choose the reason.")
        self.fields["refusal"] = forms.ChoiceField(
            label=_("If you refuse it, we email this reason:"),
            choices=[("", "–"), *self.row.Refusal.choices],
            error_messages={"required": words, "invalid_choice": words},
        )


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

    A subclass sets `page`, which names it in the audit log. `step_forms` are the forms of the steps that ask something, by name.
    Where a step is more than the method of the model, a method `press_NAME(request, row, form)` carries it out and returns the
    response, or None to show the page again.
    """

    template = "admin/pledges/case/case.html"
    page = ""
    step_forms = {"refuse": RefuseForm}
    # (value of the filter, its words) of what waits for staff, which `waiting()` of the queryset returns.
    waiting = ("confirmed", _("waiting to be checked"))
    unchanged = CHANGED_MEANWHILE
    history_kind = PLEDGES

    list_filter = [StateFilter, "kind"]
    list_per_page = list_max_show_all = 50
    ordering = ["created_at", "pk"]
    sortable_by = []
    fieldsets = [(None, {"fields": []})]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    @property
    def audited_as(self):
        return (self.page,)

    def title_of(self, row):
        return str(row.title)

    @admin.display(description=_("case"))
    def title(self, row):
        return row.title

    # What a subclass says of a case

    def odd(self, row):
        """Sentences about what staff should check."""
        return []

    def facts(self, request, row):
        """[(label, value)] of the table of the page, without state, person and warnings."""
        return []

    def state_of(self, row):
        """The state, with the reason of a refusal."""
        refusal = f": {row.get_refusal_display()}" if getattr(row, "refusal", "") else ""
        return capfirst(f"{row.get_state_display()}{refusal}")

    def details(self, request, row):
        """The part of the template context that other kinds do not have."""
        return {}

    @admin.display(description=_("warnings"))
    def oddities(self, row):
        return format_html_join("", '<strong class="doubt">{}</strong>', ((each,) for each in self.odd(row))) or "–"

    # The page

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """GET: one case with what is odd about it, and the buttons. POST: one of the buttons."""
        row = self.get_object(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        if row is None:
            # Django's own view redirects with a message.
            return super().change_view(request, object_id, form_url, extra_context)
        tried = {}
        if request.method == "POST":
            if not self.has_change_permission(request, row):
                raise PermissionDenied
            if response := self._press(request, row, tried):
                return response
            row = self.get_object(request, object_id)
        if sees_people(request):
            if not reauthentication.admits(request, [row.pk]):
                return redirect(reason_url(request))
            log_access_to_people(request, [row.pk], page=self.page)
        return self.shown(request, row, tried)

    def shown(self, request, row, tried):
        """The page; `tried` are the forms {name of the step: form} that were sent with an error."""
        may_see = sees_people(request) and row.address_cipher is not None
        context = {
            **self.admin_site.each_context(request),
            "title": row.title,
            "row": row,
            "facts": [(capfirst(label), value) for label, value in self.facts(request, row)],
            "state": self.state_of(row),
            "warnings": self.odd(row),
            "name": decrypted(lambda: row.name) if may_see else None,
            "address": decrypted(lambda: row.address) if may_see else None,
            "steps": {},
            "is_typed": request.method == "POST",
            "opts": self.opts,
            "media": self.media,
            **self.details(request, row),
        }
        if self.has_change_permission(request, row):
            for name, step in self.steps_of(request, row).items():
                form = tried.get(name) or self.form_of(request, row, name)
                # What was typed for another button.
                form.initial |= {field: request.POST[field] for field in form.fields if field in request.POST}
                context["steps"][name] = (step, form)
        return TemplateResponse(request, self.template, context)

    def steps_of(self, request, row):
        """{name: Step} of the buttons that this member of staff, who may change the case, is offered."""
        return {
            name: step
            for name, step in row.steps().items()
            if not step.permission or request.user.has_perm(step.permission)
        }

    def form_of(self, request, row, name, data=None):
        """The form of a step: what it asks first."""
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
            return self.say(request, self.unchanged, messages.WARNING)
        form = self.form_of(request, row, name, request.POST)
        if not form.is_valid():
            tried[name] = form
            for sentence in dict.fromkeys(sentence for errors in form.errors.values() for sentence in errors):
                self.say(request, sentence)
            return None
        return getattr(self, f"press_{name}", partial(self.take, name))(request, row, form)

    def say(self, request, words, level=messages.ERROR):
        """Show this sentence above the page, which is shown again."""
        self.message_user(request, words, level)

    def run(self, request, row, name, form):
        """Make the transition of a step; returns whether this call made it."""
        return getattr(row, self.model.STEPS[name].method or name)(**form.arguments)

    def take(self, name, request, row, form, **details):
        """Carry out a step with its audit entry and its message; returns the response. `details` are more for the audit."""
        with transaction.atomic():
            if not self.run(request, row, name, form):
                return self.say(request, self.unchanged, messages.WARNING)
            self.log(request, row, form.details | details)
        words = self.model.STEPS[name].done
        if not words:
            state = self.model.objects.get(pk=row.pk).get_state_display()
            words = gettext("“%(name)s” is now: %(state)s.") % {"name": row.title, "state": state}
        self.say(request, words, messages.SUCCESS)
        return self.to_queue()

    def log(self, request, row, details):
        """Write what a step did into the audit log and the history."""
        rows = self.model.objects.filter(pk=row.pk)
        details = {
            "fields": ["state"],
            "page": self.page,
            "state": rows.values_list("state", flat=True).get(),
            **details,
        }
        AuditEntry.log(request.user, AuditEntry.Action.CHANGE, [row.pk], **details)
        self.log_changes(request, rows, "state")

    def to_queue(self):
        """The response that leads back to the queue."""
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
