"""What the form of a row shows of its draft, and the page that takes a row down."""

import copy

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from staff.admin import draft_forms
from staff.admin.base import change_url
from staff.admin.draft_preview import DraftPreview
from staff.admin.drafting import PUBLISH
from staff.drafts.models import Draft


class DraftPages(DraftPreview):
    """Mixin for ModelAdmin, a part of DraftsAdmin.

    `taken_down` are the values with which the public no longer sees a row.
    """

    taken_down = {}
    # (name, value, label) of the button that publishes without a second person, of kinds that must not wait for one.
    urgent = None
    # Fields of the form that its buttons fill.
    unplaced_fields = ()

    # The form

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        drafting = getattr(request, "drafting", None)
        if drafting is not None:
            context["drafting"] = self._draft_context(request, drafting, obj, context["adminform"].form)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def _draft_context(self, request, drafting, obj, form):
        draft, may = (
            drafting.draft,
            self.has_change_permission(request, obj) if obj else self.has_add_permission(request),
        )
        is_live = obj is not None and obj.pk is not None
        shown = {
            "may_write": may,
            "draft": draft,
            "changed_by": draft
            and draft.changed_by
            and (draft.changed_by.get_full_name() or draft.changed_by.get_username()),
            "errors": drafting.errors,
            "conflict": drafting.conflict,
            "publishes": drafting.may_publish_now,
            "is_writer": drafting.is_writer,
            "unplaced": [form[name] for name in form.errors if name in self.unplaced_fields],
            "live_url": self.page_of(obj) if is_live and draft is not None else None,
            "needs_second": drafting.needs_second,
            "buttons": self.draft_buttons(request, drafting, obj) if may else [],
            "urgent": self.urgent if may and drafting.may_publish and not drafting.may_publish_now else None,
            "reviews": may and drafting.may_review,
            "schedule": self.schedule_form(request, drafting, obj) if may and not drafting.may_review else None,
            "is_down": is_live and bool(self.taken_down) and not self.is_up(obj),
            "take_down_url": self._take_down_url(request, obj) if is_live and may else None,
        }
        if draft is not None and is_live and draft.object_id:
            stored = self.get_object(request, str(obj.pk))
            before = self.current_rows(stored) if hasattr(self, "current_rows") else [copy.copy(stored)]
            shown["differences"] = self.compared_rows(before, self.rows_of(request, draft.typed(), stored))
        return shown

    def draft_buttons(self, request, drafting, obj):
        """[(name, label, whether it is the primary one, whether it opens a new tab)]"""
        if drafting.may_review:
            label = _("Approve and schedule") if drafting.draft.wanted_at else _("Approve and publish")
            buttons = [("_save", label, True, False), ("_return", _("Return with a note"), False, False)]
        elif drafting.may_publish_now:
            buttons = [("_save", _("Publish"), True, False)]
        else:
            buttons = [("_submit", _("Submit for review"), True, False)]
        buttons.append(("_draft", _("Save draft"), False, False))
        if self.has_preview:
            buttons.append(("_preview", _("Preview"), False, True))
        if drafting.may_publish_now and not drafting.may_review:
            buttons.append(("_schedule", _("Schedule"), False, False))
        return buttons

    def schedule_form(self, request, drafting, obj):
        """The form with the time of publication, as typed or as stored."""
        typed = getattr(request, "typed", None)
        sent = request.POST if request.method == "POST" else typed
        if sent is not None and not draft_forms.ScheduleForm.is_empty(sent):
            return draft_forms.ScheduleForm(sent)
        draft = drafting.draft
        return draft_forms.ScheduleForm.of(draft and (draft.publish_at or draft.wanted_at))

    # Taking down

    def get_urls(self):
        if not self.taken_down:
            return super().get_urls()
        view = self.admin_site.admin_view(self.take_down_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_take_down"
        return [path("<path:object_id>/take-down/", view, name=name), *super().get_urls()]

    def is_up(self, obj):
        """Whether the public may see the row."""
        return any(getattr(obj, name) != value for name, value in self.taken_down.items())

    def _take_down_url(self, request, obj):
        if not self.taken_down or not request.user.has_perm(PUBLISH) or not self.is_up(obj):
            return None
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_take_down", args=[quote(obj.pk)])

    def take_down_view(self, request, object_id):
        """GET: ask. POST: the public no longer sees the row, at once and without a second person."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_change_permission(request, obj) or not request.user.has_perm(PUBLISH):
            raise PermissionDenied(f"{self.opts.app_label}.change_{self.opts.model_name}", PUBLISH)
        errors = []
        if request.method == "POST":
            errors = self._take_down(request, obj)
            if not errors:
                message = _("“%(name)s” has been taken down: the public no longer sees it.") % {"name": obj}
                self.message_user(request, message, messages.SUCCESS)
                return redirect(change_url(obj))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Take down “%(name)s”?") % {"name": obj},
            "opts": self.opts,
            "object": obj,
            "errors": errors,
        }
        return TemplateResponse(request, "staff/take_down.html", context)

    def _take_down(self, request, obj):
        """Returns error messages, empty on success."""
        with transaction.atomic():
            self.lock_table()
            self.save_first_version(obj)
            for name, value in self.taken_down.items():
                setattr(obj, name, value)
            try:
                obj.clean()
            except ValidationError as error:
                return error.messages
            obj.save(update_fields=list(self.taken_down))
            labels = [str(self.opts.get_field(name).verbose_name) for name in self.taken_down]
            self.log_changes(request, [obj], *labels)
        return []

    # Rows that go

    def delete_model(self, request, obj):
        self._keep_drafts(request, [obj])
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        self._keep_drafts(request, queryset)
        super().delete_queryset(request, queryset)

    def _keep_drafts(self, request, rows):
        """Drafts of rows that are deleted become drafts of new rows, so that nothing typed is lost."""
        kind = ContentType.objects.get_for_model(self.model, for_concrete_model=False)
        rows = {str(row.pk): row for row in rows}
        for draft in Draft.objects.of_rows().filter(content_type=kind, object_id__in=rows):
            # The form of a new row has fields that the form of this one had not, such as the address.
            form = self.get_form(request, None, change=False)(instance=rows[draft.object_id])
            names = [
                name for name in form.fields if name not in (*draft.data, *draft.fields) or form.fields[name].disabled
            ]
            draft.data |= draft_forms.live_values(form, names)
            for name in list(draft.data):
                if name in draft_forms.SEEN or name.endswith(("-id", "-INITIAL_FORMS")):
                    del draft.data[name]
            for name in list(draft.data):
                if name.endswith("-TOTAL_FORMS"):
                    draft.data[name.replace("TOTAL", "INITIAL")] = ["0"]
            if draft.state == Draft.State.SCHEDULED:
                draft.state, draft.publish_at = Draft.State.RETURNED, None
            draft.object_id = None
            draft.note = _("This was deleted. If you publish the draft, it is added again.")
            draft.version += 1
            draft.save()
