"""Pages and news: both languages side by side, a draft until it is published."""

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign import richtext
from campaign.admin.widgets import PictureSelect, RichText
from campaign.models import Article, Page
from staff.admin.base import KeyIsKept, ModelAdmin


class PublishableForm(forms.ModelForm):
    """A draft may be in one language; what is missing is said when it is to be published (see Publishable.clean)."""


class PageForm(KeyIsKept, PublishableForm):
    pass


class PublishableAdmin(ModelAdmin):
    form = PublishableForm
    list_filter = ["state"]
    search_fields = ["title_sq", "title_en"]
    prepopulated_fields = {"slug_sq": ["title_sq"], "slug_en": ["title_en"]}
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 3})}}
    text = (
        _("Text"),
        {
            "fields": [("title_sq", "title_en"), ("lead_sq", "lead_en"), "picture", ("body_sq", "body_en")],
            "description": _(
                "The text may hold headings, paragraphs, lists, quotes, bold, italics, links and pictures of the library. "
                "Anything else is taken out when you save, and you are told."
            ),
        },
    )
    address = (_("Address"), {"fields": [("slug_sq", "slug_en")]})
    sharing = (
        _("When shared"),
        {"classes": ["collapse"], "fields": [("share_title_sq", "share_title_en"), ("share_text_sq", "share_text_en")]},
    )

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name.startswith("body_"):
            kwargs["widget"] = RichText(attrs={"rows": 24})
        elif db_field.name == "picture":
            kwargs["widget"] = PictureSelect()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        lost = sorted({name for column in ("body_sq", "body_en") for name in richtext.taken_out(getattr(obj, column))})
        super().save_model(request, obj, form, change)
        if lost:
            self.message_user(
                request,
                _(
                    "Taken out of the text, since it may hold no more than words, links and pictures of the library: %(lost)s."
                )
                % {"lost": ", ".join(lost)},
                messages.WARNING,
            )

    @admin.display(description=_("both languages"), boolean=True)
    def both_languages(self, obj):
        return all(
            getattr(obj, f"{name}_{language}").strip() for name in obj.both_languages for language in ("sq", "en")
        )

    def view_on_site(self, obj):
        return obj.get_absolute_url() if obj.is_public else None


@admin.register(Page)
class PageAdmin(PublishableAdmin):
    form = PageForm
    list_display = ["title", "state", "both_languages", "menu_position", "sector", "changed_at"]
    fieldsets = [
        (None, {"fields": ["key", ("state", "publish_at"), ("menu_position", "sector")]}),
        PublishableAdmin.text,
        (_("Sources"), {"fields": ["source"]}),
        PublishableAdmin.address,
        PublishableAdmin.sharing,
    ]

    def get_readonly_fields(self, request, obj=None):
        # The notice stands at an address that partners and messages hold on to.
        return ["slug_sq", "slug_en"] if obj and not obj.has_own_address else []

    def has_delete_permission(self, request, obj=None):
        # Forms and messages lead to the notice.
        return (obj is None or obj.has_own_address) and super().has_delete_permission(request, obj)

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj and not obj.has_own_address else super().get_prepopulated_fields(request, obj)


@admin.register(Article)
class ArticleAdmin(PublishableAdmin):
    list_display = ["title", "date", "state", "both_languages", "changed_at"]
    date_hierarchy = "date"
    fieldsets = [
        (None, {"fields": ["date", ("state", "publish_at")]}),
        PublishableAdmin.text,
        (_("Sources"), {"fields": ["source"]}),
        PublishableAdmin.address,
        PublishableAdmin.sharing,
    ]
