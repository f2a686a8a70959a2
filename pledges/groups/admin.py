"""Admin of group pledges: what is odd about each, and the decisions."""

from django.contrib import admin
from django.db import IntegrityError
from django.utils import formats
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.access import decrypted
from pledges.addresses import is_at_provider, split_address, suggest_domain
from pledges.cases.admin import CaseAdmin, ReasonField, RefuseForm, StepForm, people_words
from pledges.groups.models import GroupPledge
from staff.admin.base import change_url

# Groups whose adult rarely writes from a mailbox that a provider gives to everyone.
INSTITUTIONS = (GroupPledge.Kind.SCHOOL, GroupPledge.Kind.WORKPLACE)


class ApproveForm(StepForm):
    logged = ("reason",)

    def ask(self):
        if self.row.is_large:
            label = _("Why is this number right? Your answer is kept in the record. Do not write any names.")
            words = _("Write why this number is right before you approve it.")
            self.fields["reason"] = ReasonField(words, label=label)


@admin.register(GroupPledge)
class GroupPledgeAdmin(CaseAdmin):
    search_fields = ["institution__unaccent__icontains"]
    list_display = ["title", "people_now", "oddities", "state", "created_at"]
    list_select_related = ["municipality", "county"]
    seen_on = "group"
    step_forms = {"approve": ApproveForm, "refuse": RefuseForm}
    unchanged = _("Nothing was changed: the group has changed in the meantime, or it has already been counted.")
    list_note = _(
        "Group pledges that an adult has entered and confirmed. The people in a group do not count until you approve "
        "it. Open each one, check it, then approve or refuse it."
    )

    @admin.display(description=_("people"))
    def people_now(self, group):
        return f"{group.total_counted} → {group.total}" if group.is_raised else group.total

    def facts(self, request, group):
        yield _("kind"), group.get_kind_display()
        yield _("institution"), group.institution
        yield _("municipality"), f"{group.municipality} ({group.county})"
        yield _("date"), group.held_on
        if group.event:
            yield _("event"), f"{group.event}, {group.event.when}"
        if group.grade is not None:
            yield _("grade"), f"{group.grade} {group.letter}"
        yield _("people"), people_words(group.total, group.people)
        if group.is_raised:
            yield _("counted"), people_words(group.total_counted, group.counted)
        for double in group.likely_doubles():
            words = format_html(
                '<a href="{}">{}</a>, {}, {}<br>{}',
                change_url(double),
                double.title,
                formats.localize(double.held_on),
                double.get_state_display(),
                people_words(double.total, double.people),
            )
            yield _("Similar group"), words

    def run(self, request, row, name, form):
        """As of every case. Each class is approved once."""
        if name != "approve":
            return super().run(request, row, name, form)
        try:
            return row.approve()
        except IntegrityError:
            return False

    def odd(self, group):
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
        elif group.kind in INSTITUTIONS and is_at_provider(domain):
            found.append(gettext("personal mailbox: %(domain)s") % {"domain": domain})
        return found
