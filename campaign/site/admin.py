"""Admin of the settings of the site, and of the menu and the footer."""

from django import forms
from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign.pages.models import MenuPlace, Page
from campaign.pictures.admin import PictureSelect
from campaign.settings.models import LAUNCH_TICKS, SiteSettings, SocialLink
from staff.admin.base import NoAddOrDelete, SettingsAdmin, StackedInline, pairs
from staff.admin.content import ContentAdmin


class SocialLinkInline(StackedInline):
    """The pages on social networks, in the form of the settings."""

    model = SocialLink
    fields = [("network", "position"), "url"]
    max_num = len(SocialLink.Network)


@admin.register(SiteSettings)
class SiteSettingsAdmin(SettingsAdmin, ContentAdmin):
    search_fields = ["press_contact", "data_contact", "security_contact"]
    inlines = [SocialLinkInline]
    fieldsets = [
        (None, {"fields": ["exit_url"]}),
        (
            _("Banner"),
            {
                "fields": [*pairs("banner", "banner_url"), ("banner_from", "banner_until")],
                "description": _("One sentence at the top of every public page, under the help numbers."),
            },
        ),
        (_("Contacts"), {"fields": ["press_contact", "data_contact", "security_contact"]}),
        (_("When someone shares a page"), {"fields": ["share_picture"]}),
        (
            _("Before the launch"),
            {
                "fields": ["reviewed_on", *LAUNCH_TICKS],
                "description": _("Tick what is done. It leaves the list on the front page."),
            },
        ),
    ]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "share_picture":
            kwargs["widget"] = PictureSelect()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class MenuPlaceForm(forms.ModelForm):
    """One row of the list. Only what the editor changed is saved, so that two editors do not undo each other's work."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True


@admin.register(MenuPlace)
class MenuPlaceAdmin(NoAddOrDelete, ContentAdmin):
    """The place of each page in the menu and in the footer, edited in the list."""

    list_display = ["name", "menu_position", "footer_column", "footer_position", "publication"]
    # The list is the form. The page of one row has its history.
    list_display_links = None
    fieldsets = [(None, {"fields": ["menu_position", ("footer_column", "footer_position")]})]
    list_editable = ["menu_position", "footer_column", "footer_position"]
    list_per_page = 200
    ordering = [models.F("menu_position").asc(nulls_last=True), "footer_column", "footer_position", "key"]
    sortable_by = []
    actions = None
    # Its words are not edited here.
    has_checks = False
    list_note = _(
        "Which pages are in the menu and at the foot of every page, and in which order. Leave the place in the menu empty to "
        "keep a page out of it. “Supporters so far”, “News” and “Search” always end the menu. "
        "The footer has fixed links as well."
    )

    def get_search_fields(self, request):
        # Only the titles: the texts are found under “Pages”.
        return ["title_sq__unaccent__icontains", "title_en__unaccent__icontains"]

    def get_queryset(self, request):
        rows = self.model.objects.originals().filter(sector=None).exclude(key=Page.PRIVACY)
        return rows.select_related("draft").order_by(*self.ordering)

    def get_changelist_form(self, request, **kwargs):
        return super().get_changelist_form(request, form=MenuPlaceForm, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        Page.objects.change_at_once([obj.pk], **{name: getattr(obj, name) for name in Page.at_once})

    @admin.display(description=_("page"))
    def name(self, page):
        return str(page)
