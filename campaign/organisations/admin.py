"""Admin of organisations: what the public page says of each."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from campaign.organisations.forms import LogoField
from campaign.organisations.models import Organisation
from campaign.pictures import logos
from campaign.publishing.records_admin import ContentItemAdmin
from staff.admin.base import BilingualForm


class OrganisationForm(BilingualForm):
    """The form of an organisation, with a logo that replaces the present one."""

    logo_file = LogoField(
        label=_("Logo"),
        required=False,
        help_text=_(
            "A PNG, JPEG or WebP of at most 5 MB, such as the logo from the organisation’s website. It is shown in one colour "
            "as soon as you save. Leave empty to keep the present one."
        ),
    )


@admin.register(Organisation)
class OrganisationAdmin(ContentItemAdmin):
    """Admin of organisations. Staff upload a logo with the form; one that a contact sent waits with its joining."""

    form = OrganisationForm
    readonly_fields = ["logo_shown"]

    search_fields = ["url"]
    list_display = ["name", "role", "kind", "logo_shown", "renewed_at", "both_languages", "publication", "position"]
    list_filter = ["role", "kind", *ContentItemAdmin.list_filter]
    list_note = _(
        "Founders, patrons, donors, partners and supporters. Organisations that join by the form appear here once they are "
        "approved under “Applications to join”, where what their contacts correct later waits too."
    )
    shown_at = "campaign:organisations"
    # Restoring old words takes away no renewal.
    kept_on_restore = ("renewed_at",)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("role", "kind"),
                    ("name_sq", "name_en"),
                    ("text_sq", "text_en"),
                    ("logo_file", "logo_shown"),
                    "url",
                    ("municipality", "is_abroad"),
                    "renewed_at",
                ]
            },
        ),
        ContentItemAdmin.placement_fieldset,
    ]

    def save_model(self, request, obj, form, change):
        # LogoField returns the redrawn logo by width.
        if redrawn := form.cleaned_data.get("logo_file"):
            obj.logo = logos.store(redrawn)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("logo that is shown"))
    def logo_shown(self, organisation):
        """The logo that the page shows, or "-"."""
        words = '<img class="logo" src="{}" alt="" width="80" height="32">'
        return format_html(words, organisation.logo_urls[200]) if organisation.logo else "-"
