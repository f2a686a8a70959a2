"""Sectors with their commitments; a new sector takes its words at once, so that people can choose it."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from pledges.admin.base import HoldsPledges
from pledges.models import Commitment, Pledge, Sector, Wording
from staff.admin.base import BothLanguagesForm, KeyIsKept, ModelAdmin, StackedInline


class NewSectorForm(BothLanguagesForm):
    """A sector and the first version of the words that its people sign."""

    pledge_sq = forms.CharField(
        label=_("Pledge (Albanian)"),
        widget=AdminTextareaWidget(attrs={"lang": "sq"}),
        help_text=_("In the first person, as the supporter says it."),
    )
    pledge_en = forms.CharField(
        label=_("Pledge (English)"),
        widget=AdminTextareaWidget(attrs={"lang": "en"}),
        help_text=_("In the first person, as the supporter says it."),
    )


class CommitmentForm(KeyIsKept, BothLanguagesForm):
    class Meta:
        widgets = dict.fromkeys(["text_sq", "text_en"], AdminTextareaWidget(attrs={"rows": 3}))


class CommitmentInline(StackedInline):
    model = Commitment
    form = CommitmentForm
    fields = [("key", "position"), ("text_sq", "text_en")]
    ordering = ["position", "pk"]


@admin.register(Sector)
class SectorAdmin(HoldsPledges, ModelAdmin):
    list_display = ["name", "slug", "color", "position", "shows_names", "is_open", "can_be_chosen"]
    list_note = _(
        "The groups that pledge. A sector that has pledges cannot be deleted: close it, and it stays in the totals."
    )
    inlines = [CommitmentInline]

    def get_queryset(self, request):
        choosable = Sector.objects.open().filter(pk=OuterRef("pk"))
        return super().get_queryset(request).annotate(choosable=Exists(choosable))

    def get_form(self, request, obj=None, change=False, **kwargs):
        if not change:
            kwargs["form"] = NewSectorForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        if obj:
            words = {"fields": [("words_sq", "words_en")], "description": self.link_to_words(obj)}
        else:
            words = {"fields": [("pledge_sq", "pledge_en")]}
        return [
            (None, {"fields": [("name_sq", "name_en"), ("hint_sq", "hint_en"), "slug"]}),
            (_("How it appears"), {"fields": ["color", "position", "shows_names", "is_open"]}),
            (_("The pledge that its people sign"), words),
            (
                _("When its people share"),
                {"fields": [("pledged_sq", "pledged_en"), ("invitation_sq", "invitation_en")]},
            ),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ["slug", "words_sq", "words_en"] if obj else []

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["name_en"]}

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change:
            Wording.objects.create(
                kind=Wording.Kind.PLEDGE,
                sector=obj,
                text_sq=form.cleaned_data["pledge_sq"],
                text_en=form.cleaned_data["pledge_en"],
            )

    def pledges_of(self, obj):
        # Also those that staff have moved to another sector: they keep the words they signed in this one.
        return Pledge.objects.filter(Q(sector=obj) | Q(wording__sector=obj))

    @admin.display(description=_("can be chosen"), boolean=True)
    def can_be_chosen(self, sector):
        return sector.choosable

    @admin.display(description=_("Pledge (Albanian)"))
    def words_sq(self, sector):
        return getattr(self.words(sector), "text_sq", "")

    @admin.display(description=_("Pledge (English)"))
    def words_en(self, sector):
        return getattr(self.words(sector), "text_en", "")

    def words(self, sector):
        """The current words of a sector, or None."""
        return Wording.objects.pledges().current().filter(sector=sector).first()

    def link_to_words(self, sector):
        """Where the words of a sector are changed, or written when it has none."""
        words = self.words(sector)
        if words is None:
            url, text = reverse("admin:pledges_wording_add"), _("Write its words")
        else:
            url, text = reverse("admin:pledges_wording_change", args=[words.pk]), _("Change these words")
        return format_html('<a href="{}">{}</a>', url, text)
