"""Admin of pages and news."""

from django import forms
from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.db import models
from django.forms.models import model_to_dict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from campaign.pages.models import Article, Page, preview_path
from campaign.pictures.admin import PictureSelect, RichText
from pledges.fixed_pages import fixed_pages
from pledges.languages import in_each_language, own_name
from staff.admin.base import WIDGETS, NamedForm, pairs
from staff.admin.content import MissingLanguageFilter
from staff.admin.drafts import DraftedAdmin, StateFilter

WORDS_TO_A_CHILD = _("Words to a child")
LAYOUT = _("Layout")


class PublishableAdmin(DraftedAdmin):
    """Base of the admin classes of Publishable models."""

    form = NamedForm
    list_filter = [StateFilter, MissingLanguageFilter]
    rich_text = ["body"]
    prepopulated_fields = {"slug_sq": ["title_sq"], "slug_en": ["title_en"]}
    formfield_overrides = WIDGETS | {models.TextField: {"widget": forms.Textarea(attrs={"rows": 3})}}
    text_fieldset = (
        _("Text"),
        {
            "fields": [*pairs("title", "lead"), "picture", *pairs("body")],
            "description": format_lazy(
                "{} {}",
                _(
                    "You can use headings, paragraphs, lists, quotes, bold, italics, links and pictures from the "
                    "library. Anything else is removed when you save."
                ),
                _("For a help number, write its code from the list of help channels, such as [[alo-116111]]."),
            ),
        },
    )
    address_fieldset = (_("Address"), {"fields": pairs("slug")})
    sharing_fieldset = (
        _("When shared"),
        {"classes": ["collapse"], "fields": [*pairs("share_title", "share_text"), "share_cards"]},
    )
    readonly_fields = ["share_cards"]
    # What a copy begins without: what tells two pages apart.
    not_copied = ["key", "sector", "date", "slug_sq", "slug_en"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name.startswith("body_"):
            kwargs["widget"] = RichText(attrs={"rows": 24})
        elif db_field.name == "picture":
            kwargs["widget"] = PictureSelect()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("picture next to the link"))
    def share_cards(self, obj):
        """The pictures that networks show next to the link, or will once the draft is public, in both languages."""
        draft = obj.pending
        # As it is stored.
        row = draft.result() if draft else getattr(obj, "stored", obj)
        if not (obj.pk and row.slug_sq and row.slug_en):
            return _("You can see it here once the draft has been saved with its titles.")

        def card():
            drawn = draft and reverse("admin:staff_draft_card", args=[draft.pk, get_language()])
            return row.photo_card_url or drawn or row.card_url

        pictures = [(url, own_name(language)) for language, url in in_each_language(card).items()]
        return format_html_join(" ", '<img class="share-card" src="{}" alt="{}" loading="lazy">', pictures)

    def card_of(self, row):
        return row.card_url

    def get_changeform_initial_data(self, request):
        """Those of the page that `copy` names, for “Copy this page”."""
        initial, key = super().get_changeform_initial_data(request), request.GET.get("copy", "")
        if key.isdecimal() and len(key) < 10 and self.has_view_permission(request):
            for row in self.get_queryset(request).filter(pk=key):
                initial = model_to_dict(row, exclude=self.not_copied) | initial
        return initial

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None and obj.pk and self.has_add_permission(request):
            context["copy_url"] = reverse(admin_urlname(self.opts, "add"), query={"copy": obj.pk})
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def preview_links(self, draft):
        return [
            (preview_path(draft, "sq"), _("Preview in Albanian")),
            (preview_path(draft, "en"), _("Preview in English")),
        ]


@admin.register(Page)
class PageAdmin(PublishableAdmin):
    list_display = ["title", "publication", "both_languages", "menu_position", "changed_at"]
    fieldsets = [
        (None, {"fields": ["sector"]}),
        PublishableAdmin.text_fieldset,
        (
            WORDS_TO_A_CHILD,
            {
                "fields": pairs("say", "do_not_say"),
                "description": _("Shown in two columns, only on the page of a group."),
            },
        ),
        (_("Sources"), {"fields": ["source"]}),
        (
            LAYOUT,
            {"classes": ["collapse"], "fields": ["layout", "beside", "next_page", *pairs("next_label"), "write_to"]},
        ),
        (_("Address"), {"fields": ["key", *pairs("slug")]}),
        PublishableAdmin.sharing_fieldset,
    ]

    def get_fieldsets(self, request, obj=None):
        """With the words to a child if the page is that of a group, whose layout is fixed; otherwise without them."""
        left_out = WORDS_TO_A_CHILD if obj is None or obj.sector_id is None else LAYOUT
        return [each for each in super().get_fieldsets(request, obj) if each[0] != left_out]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "next_page":
            fixed = [(page.name, page.title) for page in fixed_pages().values() if page.title]
            pages = [(page.key, page.title) for page in Page.objects.filter(sector=None)]
            choices = [("", fixed_pages()["pledges:sign"].title), *pages, *fixed]
            return forms.ChoiceField(choices=choices, required=False, label=field.label, help_text=field.help_text)
        return field

    def get_readonly_fields(self, request, obj=None):
        # The URL is fixed: partners, forms and messages link to it.
        fixed = ["slug_sq", "slug_en"] if obj and obj.is_fixed else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def has_delete_permission(self, request, obj=None):
        # Forms and messages link to it.
        return not (obj and obj.is_fixed) and super().has_delete_permission(request, obj)

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj and obj.is_fixed else super().get_prepopulated_fields(request, obj)


@admin.register(Article)
class ArticleAdmin(PublishableAdmin):
    list_display = ["title", "date", "publication", "both_languages", "changed_at"]
    date_hierarchy = "date"
    fieldsets = [
        (None, {"fields": ["date"]}),
        PublishableAdmin.text_fieldset,
        (_("Sources"), {"fields": ["source"]}),
        PublishableAdmin.address_fieldset,
        PublishableAdmin.sharing_fieldset,
    ]

    def get_changeform_initial_data(self, request):
        return {"date": timezone.localdate()} | super().get_changeform_initial_data(request)
