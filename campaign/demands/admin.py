"""Admin of demands and of their steps, which are added and corrected but never changed or deleted."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from campaign.demands.models import Demand, DemandStep, HandOver
from campaign.publishing.admin import ContentItemAdmin
from pledges.models import Goal
from pledges.numbers import number
from staff.admin.base import BilingualForm, DueFilter, change_url, pairs
from staff.admin.confirmation_page import asks_first
from staff.admin.content import ContentAdmin
from staff.admin.drafts import DraftedAdmin, StateFilter


class DemandForm(BilingualForm):
    """The form of a demand, whose address never changes."""

    fixed = ("key", "slug_sq", "slug_en")


@admin.register(Demand)
class DemandAdmin(ContentItemAdmin):
    form = DemandForm
    change_form_template = "admin/campaign/demand/change_form.html"
    search_fields = ["institution__unaccent__icontains"]
    list_display = ["title", "last_step", "checked_on", "both_languages", "publication", "position"]
    list_filter = [DueFilter, *ContentItemAdmin.list_filter]
    list_note = _(
        "The status of a demand can change without anyone telling us. Check from time to time that it is still "
        "correct, then choose “Reviewed today”."
    )
    fieldsets = [
        (None, {"fields": [*pairs("title", "text"), "institution", "email"]}),
        (_("Checked"), {"fields": ["checked_on"]}),
        (_("Address and order"), {"fields": ["key", *pairs("slug"), "position"]}),
    ]
    actions = ["checked_today"]
    shown_at = None

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("steps")

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug_sq": ["title_sq"], "slug_en": ["title_en"]}

    @admin.display(description=_("last step"))
    def last_step(self, demand):
        return demand.last

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None:
            may_add = obj.draft_id is None and request.user.has_perm("campaign.add_demandstep")
            context |= {"demand": obj, "may_add_steps": may_add}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @admin.action(description=_("Reviewed today"), permissions=["change"])
    @asks_first(
        _("Today becomes the day of their last review. Only do this if you have checked that each status is correct.")
    )
    def checked_today(self, request, queryset):
        """Set the review date of the selected demands to today, with an entry in their history."""
        words = ngettext_lazy("%(count)d demand has been reviewed.", "%(count)d demands have been reviewed.", "count")
        self.set_today(request, queryset, "checked_on", "last reviewed", words)


class DemandStepForm(BilingualForm):
    """The form of a new step, or of the correction of one: then it begins with the values of that one."""

    class Meta:
        widgets = {"corrects": forms.HiddenInput}

    def clean(self):
        cleaned = super().clean()
        if demand := cleaned.get("demand"):
            # Two steps at once: the second is validated after the first.
            Demand.objects.select_for_update().get(pk=demand.pk)
            corrected = cleaned.get("corrects")
            if corrected and corrected.demand_id != demand.pk:
                self.add_error("demand", _("A correction belongs to the demand of the step it corrects."))
        return cleaned


@admin.register(DemandStep)
class DemandStepAdmin(DraftedAdmin):
    """Steps: added, and corrected by a step that takes the place of the wrong one."""

    form = DemandStepForm
    change_form_template = "admin/campaign/demandstep/change_form.html"
    has_versions = False
    has_preview = True
    can_be_taken_down = False
    search_fields = ["source_title__unaccent__icontains"]
    list_display = ["demand", "date", "state", "source_title", "entered_at", "corrects", "publication"]
    list_filter = ["demand", "state", StateFilter]
    list_select_related = ["demand", "corrects"]
    list_note = _(
        "Everything that has happened to the demands, with its source. A step cannot be changed or deleted: open it and "
        "choose “Correct this step”. The page goes on showing what it said before."
    )
    fields = ["demand", ("date", "state"), *pairs("sentence"), ("source_title", "source_url"), "corrects"]

    def page_of(self, obj):
        return obj.demand and obj.demand.get_absolute_url()

    def get_fieldsets(self, request, obj=None):
        sets = list(super().get_fieldsets(request, obj))
        if obj.corrects_id if obj else request.GET.get("corrects") or request.POST.get("corrects"):
            sets.append((_("Correction"), {"fields": pairs("reason")}))
        if obj and not obj.is_new:
            sets.append((None, {"fields": ["entered_at"]}))
        return sets

    def has_change_permission(self, request, obj=None):
        return obj is not None and obj.is_new and self.has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_changeform_initial_data(self, request):
        initial = super().get_changeform_initial_data(request)
        corrected = request.GET.get("corrects", "")
        step = DemandStep.objects.filter(pk=corrected).first() if corrected.isdecimal() else None
        if step is None:
            return initial
        names = ["date", "state", "sentence_sq", "sentence_en", "source_title", "source_url"]
        return {name: getattr(step, name) for name in names} | {"demand": step.demand_id, "corrects": step.pk}

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is None and "reason_sq" in context["adminform"].form.fields:
            context["title"] = _("Correct this step")
        if obj is not None:
            is_last = obj.draft_id is None and not obj.corrections.exists()
            context["may_correct"] = self.has_add_permission(request) and is_last
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def response_published(self, request, row):
        if request.user.has_perm("campaign.view_demand"):
            self.message_user(request, _("The step has been added. The page of the demand shows it."), messages.SUCCESS)
            return redirect(change_url(row.demand))
        return super().response_published(request, row)


class HandOverForm(BilingualForm):
    """The form of a hand-over. It takes place once its goal is reached; a goal has one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "goal" in self.fields:
            field = self.fields["goal"]
            field.queryset = Goal.objects.filter(Q(handover=None) | Q(pk=self.instance.goal_id))
            field.error_messages["invalid_choice"] = HandOver._meta.get_field("goal").error_messages["unique"]
        if "demand" in self.fields:
            # Also one that was taken down since.
            own = Q(draft=None) | Q(pk=self.instance.demand_id)
            self.fields["demand"].queryset = Demand.objects.originals().filter(own)

    def clean(self):
        cleaned = super().clean()
        row = HandOver(goal=cleaned.get("goal"))
        if cleaned.get("handed_on") and {"goal", "handed_on"} & {*self.changed_data} and row.missing:
            words = _(
                "This goal is not reached: %(people)s more people to go. Enter the hand-over then, or choose no goal if it was "
                "for another reason."
            )
            self.add_error("handed_on", ValidationError(words, code="early", params={"people": number(row.missing)}))
        return cleaned


@admin.register(HandOver)
class HandOverAdmin(ContentAdmin):
    form = HandOverForm
    search_fields = ["institution__unaccent__icontains", "registry_number"]
    list_display = ["institution", "demand", "goal", "handed_on", "registry_number", "answered_on"]
    list_select_related = ["goal__county", "demand"]
    list_note = _(
        "What happens when a goal is reached: a demand is handed to an institution. “Our demands”, or the page of the county, "
        "shows it. One for another reason has no goal, and is on the page of its demand. "
        "Days without an answer are counted only once you have entered the date and the registry number."
    )
    fieldsets = [
        (None, {"fields": ["goal", "demand", "institution"]}),
        (_("Handed over"), {"fields": [("handed_on", "registry_number")]}),
        (_("Answer"), {"fields": ["answered_on", *pairs("answer")]}),
    ]
