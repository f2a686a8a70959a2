"""What staff do with all that is held about an address: copy, restrict and erase. Each step says first what will happen."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges.admin.disclosures import sees_disclosures
from pledges.crypto import keys
from pledges.exports.subject_data import held_data, held_words
from pledges.models import Unreadable, held
from staff.admin import many_people
from staff.admin.base import change_url
from staff.models import AuditEntry

CHANGED_MEANWHILE = _("Nothing was changed: it has changed in the meantime.")
# {button: (title, sentences)} of the page that says what will happen. None of these changes anything before "sure".
STEPS = {
    "erase": (_("Erase"), [_("This cannot be undone, not even by restoring a backup.")]),
    "restrict": (
        _("Restrict"),
        [
            _(
                "What you chose stays as it is and is not used: no email, no name on the wall, no export. It is not erased when "
                "its time is up."
            ),
            _(
                "It still counts, because the total does not identify anyone. Emails that are waiting are not sent. No email "
                "goes out about this."
            ),
            _("You can lift the restriction here at any time."),
        ],
    ),
    "lift": (
        _("Lift the restriction"),
        [_("What you chose is used again as before. No email goes out about this.")],
    ),
}


def uuids(found):
    """Those whose id the record can name. Accounts and notes that an email came back have numbers."""
    return [each for each in found if isinstance(each.row.pk, UUID)]


class HeldActions:
    """ModelAdmin mixin: the buttons about what the address of a request holds, on the page of a `DataRequest`."""

    def found_of(self, request, row):
        """What the address of a request holds, without this request. Empty once its address is erased or cannot be read."""
        try:
            found = held.held_about(row.address) if row.address_cipher is not None else []
        except keys.CannotDecrypt as error:
            Unreadable.record(error)
            return []
        return [each for each in found if each.row != row]

    def may_see(self, request, each):
        return not each.part.is_disclosure or sees_disclosures(request.user)

    def chosen_ids(self, request, seen):
        """The ids that are ticked: those of the form or, at first, all but blocks, and nothing that may be of a second person."""
        if request.method == "POST":
            return request.POST.getlist("row")
        shared = sum(each.part.key == "pledges" for each in seen) > 1
        left_out = {"blocked", *(["pledges", "emails", "forms"] if shared else [])}
        return [each.key for each in seen if each.part.key not in left_out]

    def url_of(self, request, each):
        """The admin page of a row, where it is corrected, or "" if there is none or this member of staff may not open it."""
        its_admin = self.admin_site._registry.get(type(each.row))
        may_open = its_admin and its_admin.has_view_permission(request)
        is_there = may_open and its_admin.get_queryset(request).filter(pk=each.row.pk).exists()
        return change_url(each.row) if is_there else ""

    def act(self, request, row):
        """Carry out a button about what is held; None if it is one of the answer."""
        step = next((name for name in (*STEPS, "json", "copy") if name in request.POST), None)
        if step is None:
            return None
        found = self.found_of(request, row)
        chosen = [each for each in found if self.may_see(request, each) and each.key in request.POST.getlist("row")]
        error = None
        if not row.identity:
            error = _("First choose how we know who is asking.")
        elif not chosen:
            error = _("Choose what it is about.")
        if error:
            self.message_user(request, error, messages.ERROR)
            return redirect(change_url(row))
        if step in STEPS and "sure" not in request.POST:
            return self._ask(request, row, chosen, step)
        try:
            if step not in STEPS:
                return self._export(request, row, chosen, step)
            self._carry_out_step(request, row, [each.key for each in chosen], step)
        except keys.CannotDecrypt as error:
            Unreadable.record(error)
            words = _("One of these cannot be decrypted. Nothing has been changed. Tell the person who runs the site.")
            self.message_user(request, words, messages.ERROR)
        return redirect(change_url(row))

    def _export(self, request, row, chosen, step):
        """The file or the page to print. A POST is not repeated after the second factor: they press the button again."""
        if response := many_people.ask_for_factor(request, request.path):
            return response
        AuditEntry.log(
            request.user,
            AuditEntry.Action.EXPORT,
            [each.row.pk for each in uuids(chosen)],
            request=str(row.pk),
            format=step,
        )
        with translation.override(row.language):
            if step == "copy":
                context = {
                    "parts": held_words(chosen),
                    "row": row,
                    "language": row.language,
                    "today": timezone.localdate(),
                }
                return TemplateResponse(request, "admin/pledges/datarequest/copy.html", context).render()
            response = JsonResponse(held_data(chosen), json_dumps_params={"ensure_ascii": False, "indent": 2})
        response.headers["Content-Disposition"] = f'attachment; filename="data-{row}.json"'
        return response

    def _ask(self, request, row, chosen, step):
        title, sentences = STEPS[step]
        if step == "erase":
            outcomes = [(each, each.part.outcome) for each in chosen]
        else:
            outcomes = [(each, "" if each.part.is_restrictable else _("It cannot be restricted.")) for each in chosen]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "sentences": sentences,
            "outcomes": outcomes,
            "step": step,
            "cancel_url": change_url(row),
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/pledges/datarequest/sure.html", context)

    @transaction.atomic
    def _carry_out_step(self, request, row, ids, step):
        if step == "erase":
            changed, action = held.erase(row.address, ids, sees_disclosures(request.user)), AuditEntry.Action.ERASE
        else:
            changed, action = held.restrict(row.address, ids, lift=step == "lift"), AuditEntry.Action.CHANGE
        if not changed:
            self.message_user(request, CHANGED_MEANWHILE, messages.WARNING)
            return
        parts = sorted({each.part.key for each in changed})
        ids = [each.row.pk for each in uuids(changed)]
        AuditEntry.log(request.user, action, [row.pk, *ids], page=self.page, step=step, parts=parts)
        done = {
            "erase": ngettext("%(count)d entry erased.", "%(count)d entries erased.", len(changed)),
            "restrict": ngettext("%(count)d entry restricted.", "%(count)d entries restricted.", len(changed)),
            "lift": ngettext("%(count)d entry is used again.", "%(count)d entries are used again.", len(changed)),
        }[step]
        self.message_user(request, done % {"count": len(changed)}, messages.SUCCESS)
