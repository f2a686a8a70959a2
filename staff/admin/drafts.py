"""Drafts in the change forms of content: save, preview, submit, return, schedule and publish. The row stays as it is until then.

A draft is the form as typed. It is published by sending the form again, so there is one way to save a row.
"""

import copy
import uuid

from django.contrib import messages
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.utils import quote, unquote
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Subquery
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from staff.admin import draft_forms
from staff.admin.draft_forms import OWN, ScheduleForm
from staff.admin.draft_pages import DraftPages
from staff.admin.drafting import PUBLISH, Drafting, names_of
from staff.drafts.models import Draft, PublishingSettings
from staff.trials import trial

# Buttons of a draft; any other one publishes.
ACTIONS = ("_draft", "_submit", "_return", "_schedule", "_preview")


class DraftsAdmin(DraftPages):
    """Mixin for ModelAdmin: drafts. Kinds that the public never sees have `has_drafts = False`."""

    has_drafts = True
    comes_back = True

    # Reading

    def _drafting(self, request, object_id, lock=False):
        """The Drafting of this request; one query, and one more where there is a draft."""
        kind = ContentType.objects.get_for_model(self.model, for_concrete_model=False)
        drafts = Draft.objects.of_rows().filter(content_type=kind)
        if object_id is not None:
            key = unquote(object_id)
            drafts = drafts.filter(object_id="" if "\x00" in key else key)
        else:
            drafts = drafts.filter(object_id=None, pk=_uuid(request.GET.get("draft")))
        rows = PublishingSettings.objects.filter(pk=1).annotate(draft=Subquery(drafts.values("pk")[:1]))
        needs_second, found = rows.values_list("needs_second_person", "draft").first() or (False, True)
        draft = None
        if found:
            draft = (drafts.select_for_update(of=("self",)) if lock else drafts).select_related("changed_by").first()
        return Drafting(request.user, draft, needs_second)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if not self.has_drafts:
            return super().changeform_view(request, object_id, form_url, extra_context)
        if request.method != "POST":
            return self._show_form(request, object_id, form_url, extra_context)
        with transaction.atomic():
            request.drafting = self._drafting(request, object_id, lock=True)
            obj = self.get_object(request, unquote(object_id)) if object_id else None
            may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
            button = next((name for name in ACTIONS if name in request.POST), "_publish")

            def save():
                return super(DraftsAdmin, self).changeform_view(request, object_id, form_url, extra_context)

            # A deleted row, and an account without the right, are for the view itself.
            if not may or (object_id and obj is None):
                return save()
            return getattr(self, f"_post{button}")(request, obj, save)

    def _show_form(self, request, object_id, form_url, extra_context):
        drafting = request.drafting = self._drafting(request, object_id)
        draft = drafting.draft
        if draft is not None and getattr(request, "typed", None) is None:
            obj = self.get_object(request, unquote(object_id)) if object_id else None
            if obj is None and object_id:
                self.message_user(request, _("This was deleted. Its draft is in the list of drafts."), messages.WARNING)
                return redirect("admin:staff_draft_changelist")
            if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
                request.typed = self.completed(request, draft, obj)
        return super().changeform_view(request, object_id, form_url, extra_context)

    # Buttons

    def _post_publish(self, request, obj, save):
        drafting = request.drafting
        draft = drafting.draft
        if draft is not None and not self._has_seen(request, obj):
            return self._again(request, obj)
        refusal = None if self.is_always_allowed(request, obj) else self._refusal(request, obj)
        if refusal:
            return self._again(request, obj, refusal)
        if drafting.waits and draft.wanted_at and draft.wanted_at > timezone.now():
            return self._schedule(request, obj, save, draft.wanted_at)
        if draft is not None:
            draft_forms.add_files(request, draft)
        response = save()
        if drafting.is_published and draft is not None:
            draft.delete()
        return response

    def _refusal(self, request, obj):
        """Why this account may not publish this form, or None."""
        drafting = request.drafting
        return drafting.refusal(lambda: self.typed(request, obj))

    def _post_draft(self, request, obj, save):
        return self._keep(request, obj, Draft.State.DRAFT, draft_forms.SAVED, _("The draft has been saved."))

    def _post_submit(self, request, obj, save):
        wanted_at = None
        if not ScheduleForm.is_empty(request.POST):
            wanted_at, error = ScheduleForm(request.POST).time()
            if error:
                return self._again(request, obj, error)
        said = _("The draft has been submitted: a second person reads it and publishes it.")
        state, what = Draft.State.SUBMITTED, draft_forms.SUBMITTED
        return self._keep(request, obj, state, what, said, wanted_at=wanted_at)

    def _post_return(self, request, obj, save):
        drafting, note = request.drafting, request.POST.get(f"{OWN}note", "").strip()
        if not drafting.may_review:
            return self._again(request, obj, _("This draft does not wait for your review."))
        if not self._has_seen(request, obj):
            return self._again(request, obj)
        if not note:
            return self._again(
                request, obj, _("Write in the note what should change, then press “Return with a note”.")
            )
        draft = drafting.draft
        draft.state, draft.note, draft.version = Draft.State.RETURNED, note[:2000], draft.version + 1
        draft.save()
        draft_forms.log(request.user, draft, obj, draft_forms.RETURNED)
        self.message_user(request, _("The draft has been returned with your note."), messages.SUCCESS)
        return redirect(self._list_url())

    def _post_schedule(self, request, obj, save):
        refusal = self._refusal(request, obj)
        at, error = ScheduleForm(request.POST).time()
        if refusal or error:
            return self._again(request, obj, refusal or error)
        return self._schedule(request, obj, save, at)

    def _schedule(self, request, obj, save, at):
        if request.drafting.draft is not None and not self._has_seen(request, obj):
            return self._again(request, obj)
        draft = request.drafting.draft
        if draft is not None:
            draft_forms.add_files(request, draft)
        said, request._messages = request._messages, draft_forms.Collected()
        with trial():
            # It is published with this form, so the form must be valid.
            response = save()
        request._messages = said
        if not request.drafting.is_published:
            return response
        if obj is not None:
            # The trial has written into it.
            obj.refresh_from_db()
        for file in request.FILES.values():
            file.seek(0)
        message = _("It will be published automatically on %(when)s.") % {"when": draft_forms.local(at)}
        return self._keep(
            request,
            obj,
            Draft.State.SCHEDULED,
            draft_forms.SCHEDULED,
            message,
            publish_at=at,
            scheduled_by=request.user,
        )

    def _post_preview(self, request, obj, save):
        draft = Draft(state=Draft.State.TYPED)
        self._fill(request, draft, obj)
        draft.save()
        if request.drafting.draft is not None:
            self._copy_files(request.drafting.draft, draft)
        self._store_files(request, draft)
        return HttpResponseRedirect(reverse("admin:staff_draft_preview", args=[draft.pk]), status=303)

    # Storing

    def _keep(self, request, obj, state, what, message, publish_at=None, wanted_at=None, scheduled_by=None):
        """Store the form as the draft of its row."""
        draft = request.drafting.draft
        if draft is not None and not self._has_seen(request, obj):
            return self._again(request, obj)
        is_approval = state == Draft.State.SCHEDULED and request.drafting.waits
        draft = draft or Draft()
        writers, data = draft.writers, draft.data
        self._fill(request, draft, obj)
        if is_approval and draft_forms.is_same(draft.data, data):
            # Who approves a draft as it is has not written it.
            draft.writers = writers
        draft.state, draft.version = state, draft.version + (not draft._state.adding)
        draft.publish_at, draft.wanted_at, draft.scheduled_by = publish_at, wanted_at, scheduled_by
        draft.note = "" if state in (Draft.State.SUBMITTED, Draft.State.SCHEDULED) else draft.note
        try:
            with transaction.atomic():
                draft.save()
        except IntegrityError:
            # Another editor saved the first draft of this row at the same moment.
            request.drafting = self._drafting(request, obj and quote(str(obj.pk)), lock=True)
            return self._again(request, obj) if self._has_seen(request, obj) is False else redirect(request.path)
        self._store_files(request, draft)
        draft_forms.log(request.user, draft, obj, what)
        self.message_user(request, message, messages.SUCCESS)
        return redirect(draft.form_url if state == Draft.State.DRAFT else self._list_url())

    # Conflicts and errors

    def _has_seen(self, request, obj):
        """Whether the account saw the present draft. If not, the Drafting gets the differences to what it typed."""
        drafting = request.drafting
        draft = drafting.draft
        seen = (request.POST.get(f"{OWN}version"), request.POST.get(f"{OWN}over"))
        if str(draft.version) in seen:
            return True
        theirs = self.rows_of(request, draft.typed(), obj)
        drafting.conflict = self.compared_rows(theirs, self.rows_of(request, request.POST, obj))
        return False

    def _again(self, request, obj, *errors):
        """The form as typed, with error messages; nothing is saved."""
        request.drafting.errors += errors
        shown = copy.copy(request)
        shown.method, shown.typed = "GET", request.POST
        object_id = None if obj is None else quote(str(obj.pk))
        # The next class in line: the draft itself is not shown.
        return super().changeform_view(shown, object_id, "", None)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if hasattr(request, "drafting"):
            request.drafting.is_published = True

    def construct_change_message(self, request, form, formsets, add=False):
        message = super().construct_change_message(request, form, formsets, add)
        draft = getattr(request, "drafting", None) and request.drafting.draft
        if message and draft and set(draft.writers) - {request.user.pk}:
            message.append({"added": {"name": draft_forms.WRITTEN_BY, "object": names_of(draft.writers)}})
        return message

    # Ways around a draft

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        # What actions change is public at once.
        return (
            super().get_actions(request, action_location)
            if not self.has_drafts or request.user.has_perm(PUBLISH)
            else {}
        )

    def version_refusal(self, request):
        """Why this account may not publish something that is no draft, such as an earlier version, or None."""
        row = PublishingSettings.load()
        return Drafting(request.user, None, row.needs_second_person).refusal(dict) if self.has_drafts else None

    def _list_url(self):
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def is_always_allowed(self, request, obj):
        """Whether this form may be published without a second person, for safety. Kinds with `urgent` allow it."""
        return bool(self.urgent) and request.user.has_perm(PUBLISH)


def _uuid(text):
    try:
        return uuid.UUID(text)
    except (TypeError, ValueError):
        return None
