"""Admin of the wall of supporters: staff review each name before it is public."""

import hashlib

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from pledges.access import decrypted, look_at_people, sees_people
from pledges.crypto import keys
from pledges.supporters.models import Pledge
from pledges.wall.models import RefusedWord, WallName, review_reasons
from staff.admin.base import ModelAdmin, NoAddOrDelete
from staff.admin.confirmation_page import asks_first
from staff.models import Entry

Wall = Pledge.Wall
SHOWN, REFUSED = Wall.SHOWN, Wall.REFUSED
DECISION_MESSAGES = {
    SHOWN: ngettext_lazy(
        "%(count)d name will be on the wall from midnight on.",
        "%(count)d names will be on the wall from midnight on.",
        "count",
    ),
    REFUSED: ngettext_lazy("%(count)d name refused.", "%(count)d names refused.", "count"),
}


class DecisionFilter(admin.SimpleListFilter):
    """List filter by decision. By default it shows the names that wait for one."""

    title = _("decision")
    parameter_name = "decision"

    def lookups(self, request, model_admin):
        return Pledge.Wall.choices

    def value(self):
        return super().value() or Pledge.Wall.WAITING.value

    def choices(self, changelist):
        # Without the choice "all".
        return list(super().choices(changelist))[1:]

    def queryset(self, request, queryset):
        return queryset.filter(wall=self.value())


@admin.register(WallName)
class WallNameAdmin(NoAddOrDelete, ModelAdmin):
    list_display = ["name", "would_appear", "doubts", "sector", "county", "confirmed_at"]
    list_filter = [DecisionFilter]
    list_select_related = ["sector", "county"]
    list_per_page = list_max_show_all = 50
    ordering = ["confirmed_at", "pk"]
    list_display_links = None
    # Staff decide about a name and cannot change it.
    fieldsets = [(None, {"fields": []})]
    sortable_by = []
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_note = _(
        "Supporters aged 18 or over who have asked for their name to be shown. Nobody else sees a name until you "
        "approve it here. Tick the names that are fine. A name with a warning next to it is skipped unless you tick "
        "it alone."
    )
    actions = ["show", "refuse"]

    def get_queryset(self, request):
        return super().get_queryset(request).eligible_for_wall()

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and sees_people(request)

    has_view_permission = has_change_permission

    # Columns of the list

    @admin.display(description=_("name"))
    def name(self, pledge):
        return decrypted(lambda: pledge.name)

    @admin.display(description=_("appears as"))
    def would_appear(self, pledge):
        # Optimistic locking: a name that changes, or that a colleague decides on, after it was shown here is reviewed again.
        seen = f"{pledge.pk}:{_fingerprint(pledge)}"
        return format_html(
            '{}<input type="hidden" name="seen" value="{}">', decrypted(lambda: pledge.name_on_wall), seen
        )

    @admin.display(description=_("warnings"))
    def doubts(self, pledge):
        return (
            format_html_join("", '<strong class="doubt">{}</strong>', ((doubt,) for doubt in pledge.found_doubts))
            or "–"
        )

    def changelist_view(self, request, extra_context=None):
        title = capfirst(self.opts.verbose_name_plural)
        response = super().changelist_view(request, {"title": title, **(extra_context or {})})
        context = getattr(response, "context_data", None) or {}
        if changelist := context.get("cl"):
            names = list(changelist.result_list)
            refused = RefusedWord.objects.patterns()
            for pledge in names:
                pledge.found_doubts = _doubts(pledge, refused)
            changelist.result_list = names
            return look_at_people(request, [pledge.pk for pledge in names], page="wall") or response
        return response

    # The decisions

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """There is no page of one name."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        return redirect("admin:pledges_wallname_changelist")

    @admin.action(description=_("Show on the wall"), permissions=["change"])
    @asks_first(
        _(
            "Everyone will see these names from midnight on. A name with a warning is left out unless you ticked it alone."
        )
    )
    def show(self, request, queryset):
        self._decide(request, SHOWN, request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME))

    @admin.action(description=_("Refuse: do not show"), permissions=["change"])
    @asks_first(_("These names are not shown. Their pledges still count, and we send no email."))
    def refuse(self, request, queryset):
        self._decide(request, REFUSED, request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME))

    def titles(self, request, pledges):
        """The names as the wall would show them, with their warnings. The look counts and is logged, as on the list."""
        if look_at_people(request, [pledge.pk for pledge in pledges], page="wall"):
            return [str(pledge) for pledge in pledges]
        refused = RefusedWord.objects.patterns()
        return [
            ", ".join(map(str, [decrypted(lambda: pledge.name_on_wall), *_doubts(pledge, refused)]))  # noqa: B023
            for pledge in pledges
        ]

    @transaction.atomic
    def _decide(self, request, decision, chosen):
        """Show or refuse the chosen names, except those changed or decided since, and one of several with doubts."""
        seen = dict(value.split(":", 1) for value in request.POST.getlist("seen") if ":" in value)
        candidates = self.get_queryset(request).filter(pk__in=seen.keys() & set(chosen))
        # Rows are locked in id order to avoid deadlocks.
        locked = list(candidates.order_by("pk").select_for_update(of=("self",)))
        names = [each for each in locked if each.wall == decision or _fingerprint(each) == seen[str(each.pk)]]
        changed = len(set(chosen)) - len(names)
        doubtful = []
        if decision == SHOWN and len(set(chosen)) > 1:
            refused = RefusedWord.objects.patterns()
            doubtful = [pledge for pledge in names if _doubts(pledge, refused)]
            names = [pledge for pledge in names if pledge not in doubtful]
        names = [pledge for pledge in names if pledge.wall != decision]
        if names:
            ids = [pledge.pk for pledge in names]
            Entry.log(request.user, Entry.Action.CHANGE, ids, about=WallName, fields=["wall"], wall=str(decision))
            WallName.objects.filter(pk__in=ids).decide_wall(decision)
            self.message_user(request, DECISION_MESSAGES[decision] % {"count": len(names)}, messages.SUCCESS)
        if doubtful:
            words = ngettext(
                "%(count)d name has a warning next to it: tick it alone to show it.",
                "%(count)d names have a warning next to them: tick each one alone to show it.",
                len(doubtful),
            )
            self.message_user(request, words % {"count": len(doubtful)}, messages.WARNING)
        if changed:
            words = ngettext(
                "%(count)d name has been changed or removed in the meantime: check the list again.",
                "%(count)d names have been changed or removed in the meantime: check the list again.",
                changed,
            )
            self.message_user(request, words % {"count": changed}, messages.WARNING)

    def words_in_history(self, entry, name):
        if entry.details["wall"] == SHOWN:
            words = ngettext("showed %(count)d name on the wall", "showed %(count)d names on the wall", entry.count)
        else:
            words = ngettext("refused %(count)d name for the wall", "refused %(count)d names for the wall", entry.count)
        return words % {"count": entry.count}


def _fingerprint(pledge):
    """A digest of the encrypted name and the decision: it changes with them and reveals nothing about the name."""
    return hashlib.sha256(bytes(pledge.name_cipher) + pledge.wall.encode()).hexdigest()[:16]


def _doubts(pledge, refused):
    try:
        return review_reasons(pledge.name, refused)
    except keys.CannotDecrypt:
        return [_("cannot be decrypted")]


@admin.register(RefusedWord)
class RefusedWordAdmin(ModelAdmin):
    list_display = ["word"]
    search_fields = ["word"]
    list_note = _(
        "A name that contains one of these words cannot be approved together with others: someone has to tick it alone. "
        "These words do not stop anyone from signing."
    )
