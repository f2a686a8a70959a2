"""Admin of materials that staff add."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from campaign.materials.models import Material
from campaign.publishing.admin import ContentItemAdmin
from staff.admin.base import pairs


@admin.register(Material)
class MaterialAdmin(ContentItemAdmin):
    """Admin of materials. The history keeps texts and no replaced or deleted file."""

    list_display = ["title", "section", "both_languages", "publication", "position"]
    list_filter = ["section", *ContentItemAdmin.list_filter]
    list_note = _(
        "Files that people can print or post, on the page “Materials”. The posters, letters and sheets that the site draws "
        "itself are under “Sheets to print”."
    )
    shown_at = "campaign:materials"
    kept_on_restore = ("file_sq", "file_en")
    recovered_values = {"file_sq": "", "file_en": ""}
    fieldsets = [(None, {"fields": ["section", *pairs("title", "text", "file")]}), ContentItemAdmin.placement_fieldset]
