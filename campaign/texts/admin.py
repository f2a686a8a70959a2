"""Admin of the texts in fixed places of the site."""

from django import forms
from django.contrib import admin
from django.utils.html import format_html
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _

from campaign.texts.models import PageText
from staff.admin.base import NoAddOrDelete, pairs
from staff.admin.drafts import DraftedAdmin


@admin.register(PageText)
class PageTextAdmin(NoAddOrDelete, DraftedAdmin):
    """Admin of texts in fixed places: templates name them, so none is added or deleted here."""

    list_display = ["place", "page", "words", "publication"]
    can_be_taken_down = False
    list_filter = ["page"]
    list_per_page = 200
    list_note = _(
        "Texts that appear in fixed places on the site. Choose a page at the side, then a place. Full pages, such "
        "as “The problem”, are under “Pages”."
    )
    actions = None
    has_preview = True

    def get_fieldsets(self, request, obj=None):
        description = _("Visitors see your text within ten seconds of publishing.")
        if url := obj.page_url():
            description = format_html('{} <a href="{}">{}</a>', description, url, _("See the page"))
        return [(None, {"description": description, "fields": pairs("text")})]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 6
        return field

    def page_of(self, obj):
        return obj.page_url()

    @admin.display(description=_("place"), ordering="position")
    def place(self, text):
        return capfirst(text.get_key_display())

    @admin.display(description=_("text"))
    def words(self, text):
        """The beginning of the text in the active language."""
        return Truncator(text.text).chars(90)
