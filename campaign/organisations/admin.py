"""Admin of organisations: what the public page says of each, and those that join, with what is odd about each.

The admin of those that join is here and not in `pledges`, because approving makes the public entry.
"""

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaign.organisations.forms import LogoField
from campaign.organisations.models import Organisation
from campaign.pictures import files, logos
from campaign.publishing.admin import ContentItemAdmin
from pledges import addresses
from pledges.cases.admin import CaseAdmin, ReasonField, RefuseForm, StepForm, doubt
from pledges.crypto.keys import CannotDecrypt
from pledges.joinings.forms import StatementField
from pledges.joinings.models import MAX_STATEMENT_LENGTH
from pledges.languages import LANGUAGE_CODES
from pledges.models import Joining
from staff.admin.base import BilingualForm, change_url, pairs


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
                    *pairs("name", "text"),
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


# Those that join


class WordsForm(StepForm):
    """What the page will say of the organisation."""

    def ask(self):
        labels = (_("Statement in Albanian"), _("Statement in English"))
        for language, label in zip(LANGUAGE_CODES, labels, strict=True):
            field = StatementField(label=label, initial=getattr(self.row, f"statement_{language}"))
            field.widget.attrs |= {"class": "vLargeTextField", "lang": language}
            self.fields[f"statement_{language}"] = field
        help_text = gettext(
            "In both languages, or in neither, with up to %(limit)s characters each. Translate what is missing."
        )
        field.help_text = help_text % {"limit": MAX_STATEMENT_LENGTH}

    def clean(self):
        cleaned = super().clean()
        if not self.errors and bool(cleaned["statement_sq"]) != bool(cleaned["statement_en"]):
            self.add_error("statement_sq", _("Write the statement in both languages, or leave both empty."))
        return cleaned

    @property
    def statements(self):
        return {name: self.cleaned_data[name] for name in ("statement_sq", "statement_en")}


class ApproveForm(WordsForm):
    """Beside what the page will say: which entry it is, and how staff checked the contact."""

    logged = ("reason",)

    def ask(self):
        super().ask()
        if entries := {str(entry.pk): entry for entry in _entries(self.row)}:
            named = [(pk, f"{entry.name} ({entry.get_role_display()})") for pk, entry in entries.items()]
            self.fields["entry"] = forms.TypedChoiceField(
                label=_("Entry on the page"),
                choices=[("", _("A new one")), *named],
                coerce=entries.get,
                empty_value=None,
                required=False,
                initial=next((pk for pk, entry in entries.items() if entry.joining_id == self.row.pk), ""),
            )
        label = _(
            "How did you check that this person speaks for the organisation? Needed if there is a warning about the address. "
            "It is kept in the record. Do not write any names."
        )
        words = _("Write how you checked that this person speaks for the organisation.")
        self.fields["reason"] = ReasonField(words, label=label, required=bool(domain_oddities(self.row)))

    def clean(self):
        if is_own(self.user, self.row):
            self.add_error(None, _("This is your own address: someone else has to decide."))
        return super().clean()


@admin.register(Joining)
class JoiningAdmin(CaseAdmin):
    """The queue, and the page of one organisation with the decisions."""

    search_fields = ["organisation__unaccent__icontains"]
    list_display = ["organisation", "kind", "place", "oddities", "state", "created_at"]
    list_select_related = ["municipality"]
    seen_on = "organisation"
    outdated = _("The contact has changed it in the meantime: check it again.")
    step_forms = {"approve": ApproveForm, "show": WordsForm, "refuse": RefuseForm}
    list_note = _(
        "Organisations whose contact has confirmed by email. Nothing about them is public until you approve them. Open each "
        "one, check it, then approve or refuse it."
    )

    @admin.display(description=_("place"))
    def place(self, joining):
        return joining.place

    def facts(self, request, joining):
        yield _("organisation"), joining.organisation
        yield _("kind"), joining.get_kind_display()
        yield _("place"), joining.place
        link = format_html('<a href="{0}" rel="noreferrer" target="_blank">{0}</a>', joining.url)
        yield _("address on the web"), link if joining.url else "–"
        if joining.logo:
            words = '<img class="logo" src="{}" alt="" width="160" height="64">'
            yield _("logo"), format_html(words, logos.urls(joining.logo)[320])
        if joining.changed_at and (entry := Organisation.objects.originals().filter(joining=joining).first()):
            yield _("on the page now"), " · ".join(filter(None, (entry.url, entry.text_sq, entry.text_en)))
        if joining.hands_over_at:
            yield (
                _("contact"),
                doubt(_("Someone else will speak for it: they join by the form, then you give them this entry.")),
            )
        for double in joining.likely_doubles():
            words = '<a href="{}">{}</a>, {}, {}'
            state = double.get_state_display()
            yield (
                _("Similar organisation"),
                format_html(words, change_url(double), double.organisation, double.place, state),
            )

    def run(self, request, row, name, form):
        """As of every case, with what the public page says of it. A logo that nothing has afterwards leaves no file."""
        files.delete_unused(row.logo)
        entry = Organisation.objects.originals().filter(joining=row).select_related("joining").first()
        if name == "approve":
            return bool(Organisation.objects.admit(row, form.statements, form.cleaned_data.get("entry")))
        if name == "show":
            return Organisation.objects.correct(row, form.statements)
        if name == "end" and entry:
            return entry.leave()
        return super().run(request, row, name, form)

    def after(self, request, row, name):
        """As of every case; after an approval with the way to the entry, where a logo is added."""
        entry = Organisation.objects.filter(joining=row).first()
        if name == "approve" and entry and request.user.has_perm("campaign.change_organisation"):
            link = format_html('<a href="{}">{}</a>', change_url(entry), _("Open its entry, to add a logo"))
            self.message_user(request, link, messages.SUCCESS)
        return super().after(request, row, name)

    def odd(self, joining):
        """The domain of the address, and likely doubles."""
        found = domain_oddities(joining)
        if joining.likely_doubles() or any(entry.joining_id != joining.pk for entry in _entries(joining)):
            found.append(gettext("similar to another organisation"))
        return found


def is_own(user, joining):
    """Whether the contact is the member of staff who decides."""
    try:
        return addresses.normalise(joining.address or "") == addresses.normalise(user.email)
    except CannotDecrypt:
        return False


def _entries(joining):
    """Entries of the public page that may be those of this organisation, and that no other joining has and keeps."""
    was_public = Q(draft=None) | Q(draft__was_public=True)
    free = (
        Organisation.objects.originals()
        .filter(was_public)
        .exclude(joining__state=Joining.State.APPROVED, joining__hands_over_at=None)
    )
    return [entry for entry in free if entry.joining_id == joining.pk or entry.is_like(joining)]


def domain_oddities(joining):
    """Sentences about a contact's address that does not show that the contact speaks for the organisation."""
    try:
        domain = joining.contact_domain
    except CannotDecrypt:
        domain = ""
    if not domain:
        return [gettext("address cannot be checked")]
    if addresses.is_at_provider(domain):
        return [gettext("personal mailbox: %(domain)s") % {"domain": domain}]
    if not joining.domain:
        return [gettext("no site to compare the address with")]
    if not (addresses.is_within(domain, joining.domain) or addresses.is_within(joining.domain, domain)):
        return [
            gettext("the address is at %(domain)s, the site at %(site)s") % {"domain": domain, "site": joining.domain}
        ]
    return []
