"""Admin of organisations that join: the queue of confirmed ones with what is odd about each, and the decisions.

It is here and not in `pledges`, because approving makes the public entry.
"""

from django.contrib import admin, messages
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaign.organisations.models import Organisation
from pledges import addresses
from pledges.cases.admin import MAX_REASON_LENGTH, QueueAdmin
from pledges.crypto.keys import CannotDecrypt
from pledges.joinings.forms import TOO_LONG
from pledges.joinings.models import MAX_STATEMENT_LENGTH
from pledges.languages import LANGUAGE_CODES
from pledges.models import Joining, ProviderRule


@admin.register(Joining)
class JoiningAdmin(QueueAdmin):
    """The queue, and the page of one organisation with the decisions."""

    search_fields = ["organisation__unaccent__icontains"]
    list_display = ["organisation", "kind", "place", "oddities", "state", "created_at"]
    list_select_related = ["municipality"]
    template, page, name_of_row = "admin/pledges/joining/joining.html", "organisation", "organisation"
    unchanged = _("Nothing was changed: it has changed in the meantime.")
    list_note = _(
        "Organisations whose contact has confirmed by email. Nothing about them is public until you approve them. Open each "
        "one, check it, then approve or refuse it."
    )

    @admin.display(description=_("place"))
    def place(self, joining):
        return joining.place

    def details(self, request, joining):
        typed = request.POST if "approve" in request.POST else {}
        return {
            "joining": joining,
            "refusals": Joining.Refusal.choices,
            "statements": [
                (language, typed.get(f"statement_{language}", getattr(joining, f"statement_{language}")))
                for language in LANGUAGE_CODES
            ],
            "limit": MAX_STATEMENT_LENGTH,
            "reason": typed.get("reason", ""),
            "doubles": joining.likely_doubles(),
            "entries": _entries(joining),
        }

    def decide(self, request, joining):
        if "approve" in request.POST:
            return self._approve(request, joining)
        if "refuse" in request.POST and request.POST.get("refusal") in Joining.Refusal.values:
            done, details = joining.refuse(request.POST["refusal"]), {"refusal": request.POST["refusal"]}
        elif "undo" in request.POST:
            done, details = joining.undo(), {}
            for entry in Organisation.objects.filter(joining=joining):
                entry.hide()
        elif "end" in request.POST and "asked" in request.POST:
            entry = Organisation.objects.filter(joining=joining).select_related("joining").first()
            done, details = (entry.leave() if entry else joining.end()), {}
        else:
            words = (
                _("Tick that the contact asked for it.")
                if "end" in request.POST
                else _("Choose a reason for the refusal.")
            )
            self.message_user(request, words, messages.ERROR)
            return None
        return done, details

    def odd(self, joining):
        """Sentences about what staff should check: the domain of the address, and likely doubles."""
        found = domain_oddities(joining)
        if joining.likely_doubles() or any(entry.joining_id != joining.pk for entry in _entries(joining)):
            found.append(gettext("similar to another organisation"))
        return found

    def _approve(self, request, joining):
        """(whether it was approved, details for the audit); None after an error message."""
        statements = {
            language: request.POST.get(f"statement_{language}", "").replace("\r\n", "\n").strip()
            for language in LANGUAGE_CODES
        }
        reason = request.POST.get("reason", "").strip()
        error = None
        if is_own(request, joining):
            error = _("This is your own address: someone else has to decide.")
        elif any(statements.values()) and not all(statements.values()):
            error = _("Write the statement in both languages, or leave both empty.")
        elif (longest := max(len(statement) for statement in statements.values())) > MAX_STATEMENT_LENGTH:
            error = TOO_LONG % {"limit_value": MAX_STATEMENT_LENGTH, "show_value": longest}
        elif len(reason) > MAX_REASON_LENGTH:
            error = _("What you write about the check must be %(limit)d characters or fewer.") % {
                "limit": MAX_REASON_LENGTH
            }
        elif domain_oddities(joining) and not reason:
            error = _("Write how you checked that this person speaks for the organisation.")
        if error:
            self.message_user(request, error, messages.ERROR)
            return None
        entry = next((entry for entry in _entries(joining) if str(entry.pk) == request.POST.get("entry")), None)
        done = Organisation.objects.admit(joining, statements, entry)
        return bool(done), {"reason": reason} if reason else {}


def is_own(request, joining):
    """Whether the contact is the member of staff who decides."""
    rules = ProviderRule.objects.by_domain()
    try:
        return addresses.normalise(joining.address or "", rules) == addresses.normalise(request.user.email, rules)
    except CannotDecrypt:
        return False


def _entries(joining):
    """Entries of the public page that may be those of this organisation, and that no other joining has."""
    free = Organisation.objects.exclude(joining__state=Joining.State.APPROVED)
    return [entry for entry in free if entry.joining_id == joining.pk or entry.is_like(joining)]


def domain_oddities(joining):
    """Sentences about a contact's address that does not show that the contact speaks for the organisation."""
    try:
        domain = joining.contact_domain
    except CannotDecrypt:
        domain = ""
    if not domain:
        return [gettext("address cannot be checked")]
    if addresses.is_at_provider(domain, ProviderRule.objects.by_domain()):
        return [gettext("personal mailbox: %(domain)s") % {"domain": domain}]
    if not joining.domain:
        return [gettext("no site to compare the address with")]
    if not (addresses.is_within(domain, joining.domain) or addresses.is_within(joining.domain, domain)):
        return [
            gettext("the address is at %(domain)s, the site at %(site)s") % {"domain": domain, "site": joining.domain}
        ]
    return []
