"""Admin of sectors with their commitments and wordings, and the page that merges a sector into another."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminRadioSelect, AdminTextareaWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from pledges.access import ProtectedByPledges
from pledges.inbox.admin import SettlesFirst
from pledges.languages import LANGUAGE_CODES
from pledges.sectors.models import Commitment, Sector, Wording, merge_sector
from staff.admin.base import BilingualForm, StackedInline, folded
from staff.admin.content import MissingLanguageFilter
from staff.admin.drafts import DraftedAdmin, StateFilter

# The merge runs a second time, for pledges signed while the sector was being closed, and after a killed worker.
SECOND_MERGE_AFTER = timedelta(minutes=1)


class NewSectorForm(BilingualForm):
    """A new sector with the first version of its wording, without which it cannot be chosen."""

    pledge_sq, pledge_en = (
        forms.CharField(
            label=label,
            widget=AdminTextareaWidget(attrs={"lang": language}),
            help_text=Wording._meta.get_field(f"text_{language}").help_text,
        )
        for language, label in (("sq", _("Pledge (Albanian)")), ("en", _("Pledge (English)")))
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.draft_id and (text := Wording.objects.everything().filter(draft=self.instance.draft).first()):
            self.initial |= {"pledge_sq": text.text_sq, "pledge_en": text.text_en}


class CommitmentForm(BilingualForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.is_chosen:
            # People promised these words: see Commitment.clean(). Those of a draft may be older.
            row = Commitment.objects.get(pk=self.instance.published_pk)
            self.initial |= {"text_sq": row.text_sq, "text_en": row.text_en}
            for name in ("text_sq", "text_en"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _(
                    "People have chosen this, so the text stays. Untick “offered” and add a new one."
                )

    class Meta:
        widgets = dict.fromkeys(["text_sq", "text_en"], AdminTextareaWidget(attrs={"rows": 3}))


class CommitmentFormSet(forms.BaseInlineFormSet):
    """The commitments of a sector. Those that people have chosen stay, and no two have one key."""

    def clean(self):
        super().clean()
        for form in self.deleted_forms:
            if form.instance.is_chosen:
                words = _("People have chosen “%(text)s”, so it cannot be deleted. Untick “offered” instead.")
                raise ValidationError(words, "chosen", {"text": form.instance})
        keys = [form.cleaned_data.get("key") for form in self.forms if form not in self.deleted_forms]
        if twice := next((key for key in keys if key and keys.count(key) > 1), None):
            raise ValidationError(_("Two commitments have the key “%(key)s”."), "unique", {"key": twice})


class CommitmentInline(StackedInline):
    model = Commitment
    form = CommitmentForm
    formset = CommitmentFormSet
    fields = [("key", "position", "is_offered"), ("text_sq", "text_en")]
    ordering = ["position", "pk"]


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        Sector.objects.none(),
        label=_("Move them to"),
        help_text=_("For example, choose “Teachers” if “Music teachers” should be counted with them."),
    )

    def __init__(self, *args, sector, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = Sector.objects.open().exclude(pk=sector.pk)


class Swatches(AdminRadioSelect):
    """Radio buttons of the palette. Each shows its colour in both schemes, and its name."""

    def create_option(self, name, value, label, *args, **kwargs):
        label = format_html(
            '<span class="swatch" aria-hidden="true"><span class="{0}" data-theme="light"></span>'
            '<span class="{0}" data-theme="dark"></span></span><span>{1}</span>',
            value,
            label,
        )
        return super().create_option(name, value, label, *args, **kwargs)


@admin.register(Sector)
class SectorAdmin(SettlesFirst, ProtectedByPledges, DraftedAdmin):
    """Sectors, with their commitments inline. A sector with pledges can be closed or merged, not deleted."""

    list_display = ["name", "slug", "color", "position", "shows_names", "both_languages", "is_open", "publication"]
    list_filter = ["is_open", StateFilter, MissingLanguageFilter]
    list_note = _(
        "The groups that people choose from when they sign. You cannot delete a group that has pledges. Close it, "
        "and it stays in the totals; or merge it, and its people are counted in another one."
    )
    can_be_taken_down = False
    shown_at = "pledges:sign"
    change_form_template = "admin/pledges/sector/change_form.html"
    inlines = [CommitmentInline]

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None or obj.is_new:
            kwargs["form"] = NewSectorForm
        return super().get_form(request, obj, change, **kwargs)

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "color":
            kwargs |= {"widget": Swatches({"class": "swatches"}), "choices": db_field.choices}
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request):
        """A new sector starts with the first colour that no open sector has, if there is one."""
        taken = Sector.objects.filter(is_open=True).values_list("color", flat=True)
        free = next((color for color in Sector.Color.values if color not in taken), None)
        return ({"color": free} if free else {}) | super().get_changeform_initial_data(request)

    def get_fieldsets(self, request, obj=None):
        if obj and not obj.is_new:
            words = {"fields": [("words_sq", "words_en")], "description": self.wording_link(obj)}
        else:
            words = {"fields": [("pledge_sq", "pledge_en")]}
        return [
            (None, {"fields": [("name_sq", "name_en"), ("people_sq", "people_en"), ("hint_sq", "hint_en")]}),
            (_("How it appears"), {"fields": ["color", "shows_names", "is_open"]}),
            (_("The pledge that people in this group sign"), words),
            (
                _("When people in this group share"),
                {"fields": [("pledged_sq", "pledged_en"), ("invitation_sq", "invitation_en")]},
            ),
            *folded([(None, {"fields": ["slug", "position"]})]),
        ]

    def get_readonly_fields(self, request, obj=None):
        return [] if obj is None or obj.is_new else ["words_sq", "words_en", "slug"]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj and not obj.is_new else {"slug": ["name_en"]}

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if obj.is_new:
            texts = {f"text_{language}": form.cleaned_data[f"pledge_{language}"] for language in LANGUAGE_CODES}
            Wording.objects.everything().update_or_create(
                draft=obj.draft, sector=obj, kind=Wording.Kind.PLEDGE, defaults=texts
            )

    def get_deleted_objects(self, objs, request):
        to_delete, count, needed, protected = super().get_deleted_objects(objs, request)
        for sector in objs:
            used = (rows.model._meta.verbose_name_plural for rows, _columns in sector.numbers() if rows.exists())
            protected += [f"{sector}: {name}" for name in used]
        # Commitments are deleted with their sector, although their own pages are read-only.
        return to_delete, count, needed - {Commitment._meta.verbose_name}, protected

    def pledges_of(self, obj):
        # Includes pledges that staff moved to another sector: they keep the wording signed in this one.
        return obj.pledges.model.objects.filter(Q(sector=obj) | Q(wording__sector=obj))

    @admin.display(description=_("Pledge (Albanian)"))
    def words_sq(self, sector):
        return getattr(self.current_wording(sector), "text_sq", "")

    @admin.display(description=_("Pledge (English)"))
    def words_en(self, sector):
        return getattr(self.current_wording(sector), "text_en", "")

    def current_wording(self, sector):
        return sector.wordings.current().first()

    def wording_link(self, sector):
        """A link to the page that changes the sector's wording. Children have none."""
        wording = self.current_wording(sector)
        url = wording and reverse("admin:pledges_wording_change", args=[wording.pk])
        return format_html('<a href="{}">{}</a>', url, _("Change this text")) if url else ""

    # Merging

    def get_urls(self):
        view = self.admin_site.admin_view(self.merge_view)
        return [path("<path:object_id>/merge/", view, name="pledges_sector_merge"), *super().get_urls()]

    def merge_view(self, request, object_id):
        """The page with the number of pledges to move, the target sector, and the button."""
        sector = self.get_object(request, unquote(object_id))
        if sector is None:
            raise Http404
        if not self.has_change_permission(request, sector) or not request.user.has_perm("pledges.change_pledge"):
            raise PermissionDenied("pledges.change_sector", "pledges.change_pledge")
        form = MergeForm(request.POST or None, sector=sector)
        if form.is_valid():
            self.merge(request, sector, form.cleaned_data["into"])
            return redirect("admin:pledges_sector_change", sector.pk)
        pledges = sector.pledges
        facts = [(_("Pledges"), pledges.count()), (_("Of these, counted now"), pledges.confirmed().count())]
        title = _("Merge “%(name)s” into another group") % {"name": sector}
        return self.page(request, "admin/pledges/sector/merge.html", title, object=sector, form=form, facts=facts)

    def words_in_history(self, entry, name):
        into = entry.details.get("moved_to")
        names = name, Sector.objects.filter(slug=into).first() or into
        return _("moved pledges from the group “%s” to “%s”") % names if into else ""

    def merge(self, request, sector, into):
        """Close a sector and have the worker move its pledges to another one, twice (see SECOND_MERGE_AFTER)."""
        self.save_first_version(sector)
        with transaction.atomic():
            self.lock_table()
            Sector.objects.filter(pk=sector.pk).update(is_open=False)
            self.log_changes(request, Sector.objects.filter(pk=sector.pk), "open")
            for task in (merge_sector, merge_sector.using(run_after=timezone.now() + SECOND_MERGE_AFTER)):
                task.enqueue(sector.pk, into.pk, request.user.pk)
        self.message_user(
            request,
            _(
                "“%(name)s” is closed, and its pledges are being moved to “%(into)s”. This takes a few seconds for "
                "thousands of pledges and some minutes for a million. The totals stay correct throughout."
            )
            % {"name": sector, "into": into},
            messages.SUCCESS,
        )
