"""Undoing a decision about names for the wall: at once by the button of its message, or later by its entry of the audit log."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pledges.models import Pledge, WallName
from staff.admin.asking import chosen_rows
from staff.models import AuditEntry

Wall = Pledge.Wall
DECISIONS = (Wall.SHOWN, Wall.REFUSED)


class UndoWall:
    """Mixin for the ModelAdmin of the wall: `record()`, `with_undo()`, the view that undoes an entry, and the history."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.undo_view)
        return [path("undo/<int:entry_id>/", view, name="pledges_wallname_undo"), *super().get_urls()]

    @transaction.atomic
    def record(self, request, pledges, decision, **details):
        """Store a decision about these pledges, and an entry of the audit log for each of their states before it.

        A decision and its entry have the same time. Returns the entries.
        """
        entries = []
        for before in Wall.values:
            if ids := [pledge.pk for pledge in pledges if pledge.wall == before]:
                values = {"fields": ["wall"], "wall": str(decision), "before": before, **details}
                [entry] = AuditEntry.log(request.user, AuditEntry.Action.CHANGE, ids, **values)
                entry.refresh_from_db()
                WallName.objects.filter(pk__in=ids).decide_wall(decision, entry.at)
                self.log_changes(request, WallName.objects.filter(pk__in=ids), "name on the wall")
                entries.append(entry)
        return entries

    @staticmethod
    def with_undo(request, sentence, entries):
        """The sentence of a message, with a button that undoes these entries of the audit log."""
        for entry in entries:
            sentence = format_html(
                '{} <form method="post" action="{}" class="undo"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
                '<button type="submit">{}</button></form>',
                sentence,
                undo_url(entry),
                get_token(request),
                _("Undo"),
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

    def links_in_history(self, request, entry, row):
        can_be_undone = "before" in entry.details and entry.details["wall"] in DECISIONS
        return [(_("See or undo it"), undo_url(entry))] if can_be_undone else []

    def undo_view(self, request, entry_id):
        """GET: what undoing this decision changes. POST: undo it."""
        if not self.has_change_permission(request):
            raise PermissionDenied("pledges.change_wallname", "pledges.see_people")
        entry = AuditEntry.objects.filter(
            pk=entry_id,
            action=AuditEntry.Action.CHANGE,
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
            **self.admin_site.each_context(request),
            "title": _("Undo a decision about the wall"),
            "explanation": [
                _("On %(when)s these names were given the state “%(wall)s”. They get their state before: “%(before)s”.")
                % words,
                _(
                    "Names that have changed since, or were decided again, stay as they are. We sent no email about the decision."
                ),
            ],
            **chosen_rows(self, request, unchanged),
            "facts": [(_("Names of the decision"), entry.count), (_("Still as it left them"), unchanged.count())],
            "opts": self.opts,
            "media": self.media,
            "cancel_url": reverse("admin:pledges_wallname_changelist"),
        }
        return TemplateResponse(request, "staff/ask.html", context)

    def _as_left_by(self, request, entry):
        """The names of an entry that are as its decision left them: of its time."""
        return (
            self.get_queryset(request)
            .filter(pk__in=entry.subject_ids, wall=entry.details["wall"], wall_at=entry.at)
            .order_by("pk")
        )

    @transaction.atomic
    def _undo(self, request, entry):
        before = Wall(entry.details["before"])
        # Locked in id order to avoid deadlocks. PostgreSQL compares again the rows that it has waited for.
        pledges = list(self._as_left_by(request, entry).select_for_update(of=("self",)))
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


def undo_url(entry):
    """The URL at which a decision is undone, by its entry of the audit log."""
    return reverse("admin:pledges_wallname_undo", args=[entry.pk])
