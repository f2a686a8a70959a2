"""Admin of group pledges: the queue of confirmed groups with what is odd about each, and the decisions."""

from django.contrib import admin, messages
from django.db import IntegrityError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.access import decrypted
from pledges.addresses import is_at_provider, split_address, suggest_domain
from pledges.cases.admin import MAX_REASON_LENGTH, QueueAdmin, StateFilter
from pledges.groups.models import GroupPledge
from pledges.providers.models import ProviderRule
from pledges.sectors.models import Sector

# Groups whose adult rarely writes from a mailbox that a provider gives to everyone.
INSTITUTIONS = (GroupPledge.Kind.SCHOOL, GroupPledge.Kind.WORKPLACE)


class GroupStateFilter(StateFilter):
    """Those that wait for a decision are not of one state: an approved group with a higher number waits too."""

    WAITING = "waiting"

    def lookups(self, request, model_admin):
        return [(self.WAITING, _("waiting for a decision")), *GroupPledge.State.choices]

    def queryset(self, request, queryset):
        return queryset.waiting() if self.value() == self.WAITING else super().queryset(request, queryset)


@admin.register(GroupPledge)
class GroupPledgeAdmin(QueueAdmin):
    """The queue, and the page of one group with the decisions."""

    search_fields = ["institution__unaccent__icontains"]
    list_display = ["title", "people_now", "oddities", "state", "created_at"]
    list_filter = [GroupStateFilter, "kind"]
    list_select_related = ["municipality", "county"]
    template, page, name_of_row = "admin/pledges/grouppledge/group.html", "group", "title"
    unchanged = _("Nothing was changed: the group has changed in the meantime, or it has already been counted.")
    list_note = _(
        "Group pledges that an adult has entered and confirmed. The people in a group do not count until you approve "
        "it. Open each one, check it, then approve or refuse it."
    )

    @admin.display(description=_("group"))
    def title(self, group):
        return group.title

    @admin.display(description=_("people"))
    def people_now(self, group):
        return f"{group.total_counted} → {group.total}" if group.is_raised else group.total

    def details(self, request, group):
        sectors = list(Sector.objects.all())
        return {
            "group": group,
            "refusals": GroupPledge.Refusal.choices,
            "numbers": group.numbers(sectors),
            "counted": group.numbers(sectors, counted=True),
            "doubles": [(double, double.numbers(sectors)) for double in group.likely_doubles()],
            "reason": request.POST.get("reason", ""),
        }

    def decide(self, request, group):
        details = {}
        if "approve" in request.POST:
            return self._approve(request, group)
        if "refuse" in request.POST and request.POST.get("refusal") in GroupPledge.Refusal.values:
            done, details = group.refuse(request.POST["refusal"]), {"refusal": request.POST["refusal"]}
        elif "keep" in request.POST:
            done = group.keep_approved()
        elif "undo" in request.POST:
            done = group.undo()
        elif "withdraw" in request.POST and "asked" in request.POST:
            done = group.withdraw()
        else:
            words = (
                _("Tick the box to confirm that the adult asked for it.")
                if "withdraw" in request.POST
                else _("Choose a reason for the refusal.")
            )
            self.message_user(request, words, messages.ERROR)
            return None
        return done, details

    def _approve(self, request, group):
        """(whether it was approved, details for the audit); None after an error message."""
        reason = request.POST.get("reason", "").strip()
        error = None
        if group.is_large and not reason:
            error = _("Write why this number is right before you approve it.")
        elif len(reason) > MAX_REASON_LENGTH:
            error = _("Your reason must be %(limit)d characters or fewer. It has %(count)d.") % {
                "limit": MAX_REASON_LENGTH,
                "count": len(reason),
            }
        if error:
            self.message_user(request, error, messages.ERROR)
            return None
        return _approve_shown(request, group), {"reason": reason} if reason else {}

    def odd(self, group):
        """Sentences about what staff should check: the size, a likely double, the domain of the address."""
        found = []
        if group.is_large:
            found.append(gettext("more people than usual for this kind of group"))
        if group.is_raised:
            found.append(gettext("higher number than the approved one"))
        if group.likely_doubles():
            found.append(gettext("similar to another group"))
        address = decrypted(lambda: group.address) if group.address_cipher else ""
        domain = split_address(address)[1] if "@" in address else ""
        if suggest_domain(address or ""):
            found.append(gettext("unusual email domain: %(domain)s") % {"domain": domain})
        elif group.kind in INSTITUTIONS and is_at_provider(domain, ProviderRule.objects.by_domain()):
            found.append(gettext("personal mailbox: %(domain)s") % {"domain": domain})
        return found


def _approve_shown(request, group):
    """Approve the numbers that the page showed; False if they have changed, or the class is counted already."""
    if request.POST.get("seen") != group.all_numbers:
        return False
    try:
        return group.approve(group.people)
    except IntegrityError:
        return False
