"""Admin of organisations: what the public page says of each, and the logos that their contacts sent."""

from django.contrib import admin, messages
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from campaign.organisations.forms import LogoField
from campaign.organisations.models import Organisation
from campaign.pictures import logos
from campaign.publishing.records_admin import ContentItemAdmin, ContentItemForm
from staff.admin.confirmation_page import asks_first
from staff.admin.content import MissingLanguageFilter
from staff.admin.drafts import StateFilter


class NewLogoFilter(admin.SimpleListFilter):
    """List filter for organisations with a logo that staff have not looked at."""

    title = _("logo")
    parameter_name = "logos"

    def lookups(self, request, model_admin):
        return [("new", _("New logo to check"))]

    def queryset(self, request, queryset):
        return queryset.with_new_logo() if self.value() == "new" else queryset


class OrganisationForm(ContentItemForm):
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
    """Admin of organisations: staff upload a logo with the form; actions show or refuse the one that a contact sent."""

    form = OrganisationForm
    readonly_fields = ["logo_shown"]

    search_fields = ["url"]
    list_display = [
        "name",
        "role",
        "kind",
        "logo_shown",
        "logo_to_look_at",
        "renewed_at",
        "both_languages",
        "publication",
        "position",
    ]
    list_filter = [NewLogoFilter, "role", "kind", StateFilter, MissingLanguageFilter]
    list_select_related = ["joining"]
    list_note = _(
        "Founders, patrons, donors, partners and supporters. Organisations that join by the form appear here once "
        "they are approved under “Applications to join”. A new logo is shown only after you choose “Show the new logo”."
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
    actions = ["show_new_logo", "refuse_new_logo"]

    def save_model(self, request, obj, form, change):
        # LogoField returns the redrawn logo by width.
        if redrawn := form.cleaned_data.get("logo_file"):
            obj.logo = logos.store(redrawn)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("logo that is shown"))
    def logo_shown(self, organisation):
        """The logo that the page shows. A row that is not saved yet has only the default of the database."""
        return _image(organisation.pk and organisation.logo_urls)

    @admin.display(description=_("new logo"))
    def logo_to_look_at(self, organisation):
        """The logo that waits for staff, and its folder for the actions: the contact may send another one meanwhile."""
        seen = format_html('<input type="hidden" name="seen" value="{}">', organisation.new_logo)
        return format_html("{}{}", _image(organisation.new_logo_urls), seen if organisation.new_logo else "")

    @admin.action(description=_("Show the new logo"), permissions=["change"])
    @asks_first(_("Visitors will see the new logo of each of these that has one, in place of the present one."))
    def show_new_logo(self, request, queryset):
        count = self._decide(request, queryset, accept=True)
        words = ngettext("%(count)d logo is shown now.", "%(count)d logos are shown now.", count)
        self.message_user(request, words % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Refuse the new logo"), permissions=["change"])
    @asks_first(_("The new logo of each of these is deleted. The logo that visitors see stays."))
    def refuse_new_logo(self, request, queryset):
        """Delete the new logos of the selected organisations; those that are shown stay."""
        count = self._decide(request, queryset, accept=False)
        words = ngettext("%(count)d new logo was deleted.", "%(count)d new logos were deleted.", count)
        self.message_user(request, words % {"count": count}, messages.SUCCESS)

    def _decide(self, request, queryset, accept):
        # Evaluated before the change, after which a list filtered by new logos no longer contains them.
        waiting = [organisation for organisation in list(queryset) if organisation.new_logo]
        seen = request.POST.getlist("seen")
        decided = [each for each in waiting if each.new_logo in seen and each.decide_logo(accept)]
        self.log_changes(request, decided, "new logo")
        if len(decided) < len(waiting):
            message = _("Nothing was changed: it has changed in the meantime.")
            for each in set(waiting) - set(decided):
                self.message_user(request, format_html("{}: {}", each, message), messages.WARNING)
        return len(decided)


def _image(urls):
    return format_html('<img class="logo" src="{}" alt="" width="80" height="32">', urls[200]) if urls else "-"
