"""Pages and news: both languages side by side, a draft until it is published, at once or at a time to come."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpResponseRedirect
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from campaign import previews, richtext
from campaign.admin.widgets import PictureSelect, RichText
from campaign.models import Article, Page, Preview
from staff.admin.base import FixedKey
from staff.admin.content import ContentAdmin, MissingLanguageFilter

# Whoever presses "Now" beside the field and reads the page once more means now.
STILL_NOW = timedelta(minutes=15)


class PublishableForm(forms.ModelForm):
    """A draft may be in one language; what is missing is said when it is to be published (see Publishable.clean)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if at := self.fields.get("publish_at"):
            at.required, at.show_hidden_initial = False, False
            is_past_draft = self.instance.state == Page.State.DRAFT and self.instance.publish_at <= timezone.now()
            # The field shows no seconds.
            self.initial["publish_at"] = (
                None if is_past_draft else self.instance.publish_at.replace(second=0, microsecond=0)
            )

    def clean(self):
        cleaned = super().clean()
        if "publish_at" not in self.fields or self.has_error("publish_at"):
            return cleaned
        at, now = cleaned.get("publish_at"), timezone.now()
        if at is None:
            cleaned["publish_at"] = self.instance.publish_at if self.instance.is_public else now
        elif "publish_at" not in self.changed_data:
            cleaned["publish_at"] = self.instance.publish_at
        elif at <= now and not self.instance.is_public:
            if at < now - STILL_NOW:
                self.add_error(
                    "publish_at",
                    forms.ValidationError(
                        _("This time has passed. Leave it empty to publish at once, or choose a time to come."),
                        code="past",
                    ),
                )
            else:
                cleaned["publish_at"] = now
        return cleaned


class StatusFilter(admin.SimpleListFilter):
    """Drafts, what will appear by itself, and what the public reads."""

    title = _("state")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [("draft", _("draft")), ("scheduled", _("scheduled")), ("published", _("published"))]

    def queryset(self, request, queryset):
        rows = {
            "draft": lambda: queryset.filter(state=queryset.model.State.DRAFT),
            "scheduled": queryset.scheduled,
            "published": queryset.published,
        }
        return rows[self.value()]() if self.value() in rows else queryset


class PageForm(FixedKey, PublishableForm):
    pass


class PublishableAdmin(ContentAdmin):
    form = PublishableForm
    list_filter = [StatusFilter, MissingLanguageFilter]
    rich_text = ["body"]
    kept_on_restore = ["state", "publish_at"]
    recovered_values = {"state": "draft"}
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

        if obj.is_scheduled:
            when = formats.date_format(timezone.localtime(obj.publish_at), "DATETIME_FORMAT")
            self.message_user(request, _("It will appear by itself on %(when)s.") % {"when": when})

    @admin.display(description=_("state"), ordering="state")
    def status(self, obj):
        return obj.status

    def view_on_site(self, obj):
        return obj.get_absolute_url() if obj.is_public else None

    # Seeing it before the public does

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" and "_preview" in request.POST:
            return self.preview_typed(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def preview_typed(self, request, object_id):
        """Lead to what is typed, on its page, and save nothing. What is missing or wrong does not matter yet."""
        obj = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and obj is None:
            raise Http404
        if not (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, obj, change=obj is not None)(request.POST, request.FILES, instance=obj)
        form.is_valid()
        path = previews.path(Preview.keep(form.instance), get_language())
        return HttpResponseRedirect(path, status=303)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        context["can_preview"] = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        # What is public can be read where it stands.
        if obj is not None and obj.pk and not obj.is_public:
            context["previews"] = [
                {"url": previews.path(obj, "sq"), "label": _("Preview in Albanian")},
                {"url": previews.path(obj, "en"), "label": _("Preview in English")},
            ]
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


@admin.register(Page)
class PageAdmin(PublishableAdmin):
    form = PageForm
    list_display = ["title", "status", "both_languages", "menu_position", "changed_at"]
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
    list_display = ["title", "date", "status", "both_languages", "changed_at"]
    date_hierarchy = "date"
    fieldsets = [
        (None, {"fields": ["date", ("state", "publish_at")]}),
        PublishableAdmin.text,
        (_("Sources"), {"fields": ["source"]}),
        PublishableAdmin.address,
        PublishableAdmin.sharing,
    ]
