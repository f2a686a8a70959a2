"""Admin of the wall of supporters: staff review each name before it is public."""

import hashlib

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from pledges import shown_names
from pledges.access import decrypted, log_access_to_people, reason_url, sees_people
from pledges.crypto import keys
from pledges.supporters.models import Pledge
from pledges.wall.models import RefusedWord, WallName
from staff.admin import reauthentication
from staff.admin.base import ModelAdmin, NoAddOrDelete
from staff.admin.confirmation_page import asks_first, chosen_rows
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
DECISIONS = (SHOWN, REFUSED)


def undo_url(entry):
    """The URL at which a decision is undone, by its entry of the log."""
    return reverse("admin:pledges_wallname_undo", args=[entry.pk])


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
    """The list of names to review, and the page of one name with two buttons."""

    list_display = ["name", "would_appear", "doubts", "sector", "county", "confirmed_at"]
    list_filter = [DecisionFilter]
    list_select_related = ["sector", "county"]
    list_per_page = list_max_show_all = 50
    ordering = ["confirmed_at", "pk"]
    sortable_by = []
    # The page has two buttons and no form fields.
    fieldsets = [(None, {"fields": []})]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_note = _(
        "Supporters aged 18 or over who have asked for their name to be shown. Nobody else sees a name until you "
        "approve it here. Tick the names that are fine. A name with a warning next to it is skipped even if you "
        "tick it: open it and decide there."
    )
    actions = ["show", "refuse"]

    def get_queryset(self, request):
        return super().get_queryset(request).eligible_for_wall()

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and sees_people(request)

    def has_view_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    # Columns of the list

    @admin.display(description=_("name"))
    def name(self, pledge):
        return decrypted(lambda: pledge.name)

    @admin.display(description=_("appears as"))
    def would_appear(self, pledge):
        # Optimistic locking: a name that changes after it was shown here is not published without review.
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
            if not reauthentication.admits(request, [pledge.pk for pledge in names]):
                return redirect(reason_url(request))
            log_access_to_people(request, [pledge.pk for pledge in names], page="wall")
        return response

    # The page of one name, and the decisions

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One name with two buttons. Here, unlike in the list, a name with doubts can be shown as well."""
        pledge = self.get_object(request, object_id)
        if not self.has_change_permission(request, pledge):
            raise PermissionDenied
        if pledge is None:
            # Django's own view redirects with a message.
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method == "POST":
            if "show" in request.POST:
                self._decide(request, SHOWN, [object_id], allow_doubts=True)
            elif "refuse" in request.POST:
                self._decide(request, REFUSED, [object_id])
            return redirect("admin:pledges_wallname_changelist")
        if not reauthentication.admits(request, [pledge.pk]):
            return redirect(reason_url(request))
        log_access_to_people(request, [pledge.pk], page="wall")
        return self.page(
            request,
            "admin/pledges/wallname/name.html",
            _("Name for the wall"),
            pledge=pledge,
            name=self.name(pledge),
            appears_as=self.would_appear(pledge),
            doubts=_doubts(pledge, RefusedWord.objects.patterns()),
        )

    @admin.action(description=_("Show on the wall"), permissions=["change"])
    @asks_first(
        _(
            "Everyone will see these names from midnight on. Names with a warning are left out: open each of them and "
            "decide there."
        )
    )
    def show(self, request, queryset):
        self._decide(request, SHOWN, request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME))

    @admin.action(description=_("Refuse: do not show"), permissions=["change"])
    @asks_first(_("These names are not shown. Their pledges still count, and we send no email."))
    def refuse(self, request, queryset):
        self._decide(request, REFUSED, request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME))

    def titles(self, request, pledges):
        """The names as the wall would show them. The look is logged, as on the list."""
        log_access_to_people(request, [pledge.pk for pledge in pledges], page="wall")
        return [decrypted(lambda: pledge.name_on_wall) for pledge in pledges]  # noqa: B023

    @transaction.atomic
    def _decide(self, request, decision, chosen, allow_doubts=False):
        """Show or refuse the chosen names, except names with doubts and those changed since the page was shown."""
        seen = dict(value.split(":", 1) for value in request.POST.getlist("seen") if ":" in value)
        candidates = self.get_queryset(request).filter(pk__in=seen.keys() & set(chosen))
        # Rows are locked in id order to avoid deadlocks.
        locked = list(candidates.order_by("pk").select_for_update(of=("self",)))
        names = [pledge for pledge in locked if _fingerprint(pledge) == seen[str(pledge.pk)]]
        changed = len(set(chosen)) - len(names)
        doubtful = []
        if decision == SHOWN and not allow_doubts:
            refused = RefusedWord.objects.patterns()
            doubtful = [pledge for pledge in names if _doubts(pledge, refused)]
            names = [pledge for pledge in names if pledge not in doubtful]
        names = [pledge for pledge in names if pledge.wall != decision]
        if names:
            entries = self.record(request, names, decision)
            words = DECISION_MESSAGES[decision] % {"count": len(names)}
            self.message_user(request, self.with_undo(request, words, entries), messages.SUCCESS)
        if doubtful:
            words = ngettext(
                "%(count)d name has a warning next to it: open it and decide there.",
                "%(count)d names have a warning next to them: open each one and decide there.",
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

    # Undoing a decision: at once by the button of its message, or later by its entry of the log

    def get_urls(self):
        view = self.admin_site.admin_view(self.undo_view)
        return [path("undo/<int:entry_id>/", view, name="pledges_wallname_undo"), *super().get_urls()]

    @transaction.atomic
    def record(self, request, pledges, decision, **details):
        """Store a decision about these pledges, and an entry of the log for each of their states before it.

        Returns the entries.
        """
        entries = []
        for before in Wall.values:
            if ids := [pledge.pk for pledge in pledges if pledge.wall == before]:
                values = {"fields": ["wall"], "wall": str(decision), "before": before, **details}
                [entry] = Entry.log(request.user, Entry.Action.CHANGE, ids, about=WallName, **values)
                WallName.objects.filter(pk__in=ids).decide_wall(decision)
                entries.append(entry)
        return entries

    @staticmethod
    def with_undo(request, sentence, entries):
        """The sentence of a message, with a button that undoes these entries of the log."""
        for entry in entries:
            sentence = format_html(
                '{} <form method="post" action="{}" class="undo"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
                '<button type="submit">{}</button></form>',
                sentence,
                undo_url(entry),
                get_token(request),
                gettext("Undo"),
            )
        return sentence

    def words_in_history(self, entry, name):
        if "undo" in entry.details:
            words = ngettext(
                "undid a decision about %(count)d name for the wall",
                "undid a decision about %(count)d names for the wall",
                entry.count,
            )
        elif entry.details["wall"] == Wall.SHOWN:
            words = ngettext("showed %(count)d name on the wall", "showed %(count)d names on the wall", entry.count)
        else:
            words = ngettext("refused %(count)d name for the wall", "refused %(count)d names for the wall", entry.count)
        return words % {"count": entry.count}

    def links_in_history(self, request, entry, row, *versions):
        can_be_undone = "before" in entry.details and entry.details["wall"] in DECISIONS
        return [(gettext("See or undo it"), undo_url(entry))] if can_be_undone else []

    def undo_view(self, request, entry_id):
        """GET: what undoing this decision changes. POST: undo it."""
        if not self.has_change_permission(request):
            raise PermissionDenied("pledges.change_wallname", "pledges.see_people")
        entry = Entry.objects.filter(
            pk=entry_id,
            action=Entry.Action.CHANGE,
            details__has_key="before",
            details__wall__in=DECISIONS,
        ).first()
        if entry is None:
            raise Http404
        if request.method == "POST":
            self._undo(request, entry)
            return redirect("admin:pledges_wallname_changelist")
        unchanged = self._as_left_by(request, entry)
        words = {
            "when": formats.date_format(timezone.localtime(entry.at), "DATETIME_FORMAT"),
            "wall": Wall(entry.details["wall"]).label,
            "before": Wall(entry.details["before"]).label,
        }
        context = {
            "explanation": [
                gettext(
                    "On %(when)s these names were given the state “%(wall)s”. They get their state before: “%(before)s”."
                )
                % words,
                gettext(
                    "Names that have changed since, or were decided again, stay as they are. We sent no email about the decision."
                ),
            ],
            **chosen_rows(self, request, unchanged),
            "facts": [
                (gettext("Names of the decision"), entry.count),
                (gettext("Still as it left them"), unchanged.count()),
            ],
            "cancel_url": reverse("admin:pledges_wallname_changelist"),
        }
        return self.page(request, "staff/ask.html", gettext("Undo a decision about the wall"), **context)

    def _as_left_by(self, request, entry):
        """The names of an entry that are as its decision left them: the last entry about each with a decision is this one."""
        later = Entry.objects.filter(
            pk__gt=entry.pk,
            action=Entry.Action.CHANGE,
            subject_ids__overlap=entry.subject_ids,
            details__has_key="wall",
        )
        decided_again = {pk for ids in later.values_list("subject_ids", flat=True) for pk in ids}
        left = set(entry.subject_ids) - decided_again
        return self.get_queryset(request).filter(pk__in=left, wall=entry.details["wall"]).order_by("pk")

    @transaction.atomic
    def _undo(self, request, entry):
        before = Wall(entry.details["before"])
        # Locked in id order to avoid deadlocks, before the later entries are read.
        named = self.get_queryset(request).filter(pk__in=entry.subject_ids).order_by("pk")
        list(named.values("pk").select_for_update(of=("self",)))
        pledges = list(self._as_left_by(request, entry))
        ids = {pledge.pk for pledge in pledges}
        if ids:
            self.record(request, pledges, before, undo=entry.pk)
            words = ngettext(
                "Undone: %(count)d name is again “%(state)s”.",
                "Undone: %(count)d names are again “%(state)s”.",
                len(ids),
            )
            self.message_user(request, words % {"count": len(ids), "state": before.label}, messages.SUCCESS)
        left = set(entry.subject_ids) - ids
        again = self.get_queryset(request).filter(pk__in=left).count()
        reasons = [
            (
                again,
                ngettext(
                    "%(count)d name was not undone: it was decided again or undone in the meantime, or has changed.",
                    "%(count)d names were not undone: they were decided again or undone in the meantime, or have changed.",
                    again,
                ),
            ),
            (
                len(left) - again,
                ngettext(
                    "%(count)d name was not undone: the person has withdrawn it, or it may no longer be shown.",
                    "%(count)d names were not undone: the people have withdrawn them, or they may no longer be shown.",
                    len(left) - again,
                ),
            ),
        ]
        for count, reason in reasons:
            if count:
                self.message_user(request, reason % {"count": count}, messages.WARNING)


def _fingerprint(pledge):
    """A digest of the encrypted name: it changes with the name and reveals nothing about it."""
    return hashlib.sha256(pledge.name_cipher).hexdigest()[:16]


def _doubts(pledge, refused):
    try:
        return shown_names.review_reasons(pledge.name, refused)
    except keys.CannotDecrypt:
        return [_("cannot be decrypted")]


@admin.register(RefusedWord)
class RefusedWordAdmin(ModelAdmin):
    """Words that make a name on the wall doubtful."""

    list_display = ["word"]
    search_fields = ["word"]
    list_note = _(
        "A name that contains one of these words cannot be approved together with others: someone has to open it. "
        "These words do not stop anyone from signing."
    )
