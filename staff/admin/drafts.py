"""Drafts in the change forms of content: save, preview, submit, return, schedule, publish, take down.

The form of a published row shows its draft, which is stored in a copy of the row (staff/drafts/models.py).
"""

import copy
from dataclasses import dataclass, field
from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import flatten, quote, unquote
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404, JsonResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone, translation
from django.utils.formats import time_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.admin.base import MomentInput, NamedForm, QuerySetFilter, change_url
from staff.admin.content import ContentAdmin, ContentForm
from staff.admin.versions import compared, editable_fields
from staff.audit.models import Entry
from staff.drafts.models import Draft, local, showing

PUBLISH = "staff.publish_draft"
# Buttons of a draft, and what a form sends that saves itself (static/js/drafts.js); any other button publishes.
ACTIONS = ("_check", "_autosave", "_draft", "_preview", "_submit", "_schedule")


class ScheduleForm(forms.Form):
    """The time at which a draft is published by itself."""

    prefix = "draft"

    at = forms.SplitDateTimeField(
        label=gettext_lazy("Publish on"),
        widget=MomentInput,
        error_messages={
            "required": gettext_lazy("Choose the day and the time at which it is published, then press “Schedule”."),
        },
    )

    def clean_at(self):
        at = self.cleaned_data["at"]
        if at <= timezone.now():
            raise ValidationError(
                _("This time is in the past. Choose a time to come, or press “Publish” to publish it now."), code="past"
            )
        return at


@dataclass
class Drafting:
    """What a form knows about the draft of its row. `errors` are shown above it."""

    user: User
    draft: Draft | None
    # With the time that is stored, or that was typed.
    schedule: ScheduleForm | None = None
    # The name of the button, "_publish" for any but ACTIONS, "" while the form is only shown.
    action: str = ""
    at: datetime | None = None
    errors: list = field(default_factory=list)
    is_conflict: bool = False

    @property
    def keeps(self):
        """Whether the form is stored as it is typed, and validated later."""
        return self.action in ("_check", "_autosave", "_draft", "_preview", "_submit")

    @property
    def waits(self):
        """Whether the draft waits for review."""
        return self.draft is not None and self.draft.state == Draft.State.SUBMITTED

    @property
    def may_publish(self):
        """Whether the account may publish, and approve or return what waits for review."""
        return self.user.has_perm(PUBLISH)

    @property
    def saves_itself(self):
        """Whether the form may save the draft while somebody types: not one that waits for others."""
        return self.draft is None or self.draft.state in (Draft.State.DRAFT, Draft.State.RETURNED)

    @property
    def refusal(self):
        """Why this account may not publish, or None."""
        words = _("Your account does not publish. Press “Submit for review”: a second person publishes it.")
        return None if self.may_publish else words


class DraftForm(ContentForm, NamedForm):
    """A form whose row can be a draft: what is only kept may be incomplete."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.keeps = self.drafting is not None and self.drafting.keeps
        if self.drafting and self.drafting.draft and self.instance.draft_id is None:
            # From which the draft was written.
            self.initial["seen"] = self.drafting.draft.base
        self.instance.is_checked = not self.keeps
        if self.keeps:
            for each in self.fields.values():
                each.required = False

    @property
    def merged(self):
        return self.instance.at_once

    def clean(self):
        cleaned = self.completed(self.cleaned_data) if self.keeps else super().clean()
        if self.drafting:
            refusal = None if self.keeps else self.drafting.refusal
            for words in filter(None, [*self.drafting.errors, refusal]):
                self.add_error(None, ValidationError(words, code="draft"))
        return cleaned


class DraftFormSet(forms.BaseInlineFormSet):
    """The rows that are edited with a row. `drafting` is set by DraftedAdmin.

    Published rows have their ids here, with the words of the draft. Rows that the draft adds are extra forms, which have none:
    each save stores them anew.
    """

    drafting = None

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        # What is sent may name a published row that the draft deletes.
        with showing(None if self.is_bound else self.drafting.draft):
            rows = list(self.model.objects.filter(**{self.fk.name: self.instance.pk}))
        added = [row for row in rows if row.draft_id]
        self.initial_extra, self.extra = [forms.model_to_dict(row, exclude=["id"]) for row in added], len(added)
        self.rows = [row for row in rows if row.draft_id is None]
        if self.is_bound:
            # In the order of the forms, with which the page shows them again.
            sent = [self.data.get(f"{self.add_prefix(number)}-id") for number in range(self.total_form_count())]
            self.rows.sort(key=lambda row: sent.index(str(row.pk)) if str(row.pk) in sent else len(sent))

    def get_queryset(self):
        return self.rows

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.instance.is_checked = not self.drafting.keeps
        if self.drafting.keeps:
            for each in form.fields.values():
                each.required = False

    def keep(self):
        """Save the rows in the draft; what a published row misses there is deleted when the draft is published."""
        self.save(commit=False)
        stored = self.model.objects.everything().filter(draft=self.drafting.draft)
        stored.filter(draft_of=None).delete()
        kept = [
            form.instance.keep(self.drafting.draft).pk
            for form in self.forms
            if form not in self.deleted_forms and (form.has_changed() or form.instance.pk)
        ]
        stored.exclude(pk__in=kept).delete()


class StateFilter(QuerySetFilter):
    """List filter by what the public sees, and what waits."""

    title = gettext_lazy("state")
    parameter_name = "status"
    methods = {
        "published": (gettext_lazy("published"), "filter", Q(draft=None)),
        "draft": (gettext_lazy("not public"), "exclude", Q(draft=None)),
        **{
            state.value: (state.label, "filter", Q(draft__state=state) | Q(draft_copy__draft__state=state))
            for state in (Draft.State.SUBMITTED, Draft.State.SCHEDULED)
        },
        "waiting": (gettext_lazy("draft waiting"), "exclude", Q(draft_copy=None)),
    }


class DraftedAdmin(ContentAdmin):
    """The base of the admin classes of content with drafts.

    `shown_at` is the URL name of the page that shows the rows, where they have none of their own.
    """

    form_base = DraftForm
    recovered_words = gettext_lazy("Restored, but not public yet. Check it before you publish it.")
    shown_at = None
    can_be_taken_down = True

    # Rows

    def get_queryset(self, request):
        # Not those that are part of another draft, such as the first text of a new group.
        own = Q(draft=None) | Q(draft__content_type=ContentType.objects.get_for_model(self.model))
        rows = self.model.objects.originals().filter(own).select_related("draft", "draft_copy__draft")
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_object(self, request, object_id, from_field=None):
        row = super().get_object(request, object_id, from_field)
        drafting = getattr(request, "drafting", None)
        if row is not None and drafting is not None:
            row.stored = copy.copy(row)
            if drafting.draft and row.draft_id is None and self.has_change_permission(request, row):
                row.take(drafting.draft.row)
        return row

    def fingerprint(self, row):
        """Of the published row. Who has the form of a row that was a draft, or is one now, is told."""
        row = getattr(row, "stored", row)
        return "draft" if row.draft_id and self.has_versions else super().fingerprint(row)

    def set_today(self, request, queryset, column, what, words):
        """For an action: make today the date in a column, with an entry in the log and a message about the `count` of rows."""
        # Evaluated before the update, after which a list filtered by due rows no longer contains them.
        rows = list(queryset)
        self.save_first_version(*rows)
        count = self.model.objects.change_at_once([row.pk for row in rows], **{column: timezone.localdate()})
        self.log_changes(request, rows, what)
        self.message_user(request, words % {"count": count}, messages.SUCCESS)

    # Forms

    def _drafting(self, request, object_id):
        """The Drafting of this request."""
        kind, key = ContentType.objects.get_for_model(self.model), unquote(object_id or "").replace("\x00", "")
        drafts = Draft.objects.filter(content_type=kind, object_id=key).select_related("changed_by")
        if request.method == "POST":
            drafts = drafts.select_for_update(of=("self",))
        draft = drafts.first() if key else None
        drafting = Drafting(request.user, draft, ScheduleForm(initial={"at": draft and draft.publish_at}))
        if request.method == "POST":
            self._read_button(request, drafting)
        return drafting

    def _read_button(self, request, drafting):
        post, draft = request.POST, drafting.draft
        drafting.action = next((name for name in ACTIONS if name in post), "_publish")
        if drafting.action == "_schedule" or any(post.get(f"draft-at_{part}") for part in (0, 1)):
            drafting.schedule = form = ScheduleForm(post)
            if drafting.action in ("_schedule", "_submit"):
                drafting.errors += form.errors.get("at", [])
                drafting.at = form.cleaned_data.get("at")
        typed = (post.get(name, "") for name in ("draft-version", "draft-over"))
        seen = {0, *(int(number) for number in typed if number.isdecimal())}
        # The answer to one's own last save may not have arrived, or may have come after this one was sent. The form of another
        # tab may lack inline rows, which it would remove.
        is_own = draft and draft.changed_by_id == request.user.pk and not self.inlines
        own_last = is_own and draft.version - 1 in seen
        if draft and draft.version not in seen and not own_last:
            drafting.is_conflict = True
            is_returned = draft.state == Draft.State.RETURNED
            drafting.errors.append(_("This draft was returned") if is_returned else _("Two people wrote this draft"))
        if draft is None and max(seen) and not self.has_versions:
            # Others have versions, which the form compares.
            drafting.errors.append(_("This draft has been published or discarded."))
        if drafting.action == "_autosave" and not drafting.saves_itself:
            drafting.errors.append(_("This draft is waiting for others: it does not save itself."))

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        with transaction.atomic():
            if request.method == "POST":
                # Before the draft is read, which the first save of another form may be writing.
                self.lock_table()
            request.drafting = drafting = self._drafting(request, object_id)
            if "_return" in request.POST:
                return self._return(request, object_id)
            if drafting.action == "_preview" and not drafting.saves_itself:
                return redirect("admin:staff_draft_preview", drafting.draft.pk)
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if drafting.action == "_autosave" and response.status_code == 302:
                # The row is gone.
                return JsonResponse({"error": _("This draft has been published or discarded.")}, status=422)
            return response

    def publishes(self, form):
        return not form.keeps and super().publishes(form)

    def get_formsets_with_inlines(self, request, obj=None):
        # A caller may ask for the form outside of the view, such as a check of all forms.
        drafting = getattr(request, "drafting", None) or Drafting(request.user, None)
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            yield type(formset.__name__, (DraftFormSet, formset), {"drafting": drafting}), inline

    # Saving

    def save_model(self, request, obj, form, change):
        drafting = request.drafting
        draft = drafting.draft or obj.pending or Draft(content_type=ContentType.objects.get_for_model(self.model))
        is_approval = not drafting.keeps and drafting.waits and not form.has_changed()
        if not is_approval:
            draft.writers = sorted({*draft.writers, request.user.pk})
        draft.name = (str(obj) or str(self.opts.verbose_name))[:200]
        draft.base = form.data.get("save_over") or form.data.get("seen") or draft.base
        draft.changed_by, draft.changed_at, draft.version = request.user, timezone.now(), draft.version + 1
        draft.publish_at = drafting.at
        match drafting.action:
            case "_submit":
                draft.state, draft.note = Draft.State.SUBMITTED, ""
            case "_schedule":
                draft.state, draft.note = Draft.State.SCHEDULED, ""
            # A form that saves itself leaves one that was returned as it is.
            case "_draft" | "_preview" | "_publish":
                draft.state = Draft.State.DRAFT
        draft.save()
        obj.keep(draft)
        drafting.draft = draft

    def save_formset(self, request, form, formset, change):
        formset.keep()

    @transaction.atomic
    def publish(self, draft, user):
        """Publish a draft as this account, and write it to the history; returns the published row."""
        row, writers = draft.result(), set(draft.writers) - {user.pk}
        is_new, was_down = row.is_new, row.draft_id is not None
        if not was_down:
            self.save_first_version(row)
        before, pk = self.current_rows(row), row.pk
        row.publish(draft, user)
        is_new = is_new or row.pk != pk
        message = [{"added": {}}] if is_new else _changes(before, self.current_rows(row))
        if was_down and not is_new:
            message = [{"changed": {"fields": ["state"]}}]
        if message:
            action, version = Entry.Action.ADD if is_new else Entry.Action.CHANGE, self.save_version(user, row)
            Entry.log(user, action, about=row, version=version, changes=message, writers=sorted(writers))
        return row

    def log_draft(self, user, draft, what):
        """Write to the history what was done with a draft. `what` is a key of `entries.CHOICES`."""
        Entry.log(user, Entry.Action.CHANGE, about=self.model._base_manager.get(pk=draft.object_id), step=what)

    def message_user(self, request, *args, **kwargs):
        """A form that saves itself says nothing on the next page."""
        if "_autosave" not in request.POST:
            super().message_user(request, *args, **kwargs)

    def construct_change_message(self, request, form, formsets, add=False):
        # publish() writes to the history.
        return []

    def response_add(self, request, obj, post_url_continue=None):
        return self.response_change(request, obj)

    def response_published(self, request, row):
        link = format_html('<a href="{}">{}</a>', change_url(row), row)
        self.message_user(request, format_html(_("“{name}” has been published."), name=link), messages.SUCCESS)
        return self.response_post_save_change(request, row)

    def response_change(self, request, obj):
        drafting, draft = request.drafting, request.drafting.draft
        if drafting.action == "_publish":
            return self.response_published(request, self.publish(draft, request.user))
        if drafting.action == "_autosave":
            saved = _("Saved as draft %(time)s") % {"time": time_format(timezone.localtime(), "H:i")}
            # What the form has to send next time.
            fields = {"draft-version": str(draft.version), "seen": draft.base or self.fingerprint(obj)}
            return JsonResponse({"saved": saved, "url": draft.form_url, "fields": fields})
        what, said = {
            "_draft": ("draft saved", _("The draft has been saved.")),
            "_preview": ("draft saved", ""),
            "_submit": (
                "draft submitted for review",
                _("The draft has been submitted: a second person reads it and publishes it."),
            ),
            "_schedule": (
                "draft scheduled",
                drafting.at and _("It will be published automatically on %(when)s.") % {"when": local(drafting.at)},
            ),
        }[drafting.action]
        self.log_draft(request.user, draft, what)
        if said:
            self.message_user(request, said, messages.SUCCESS)
        if drafting.action == "_preview":
            return redirect("admin:staff_draft_preview", draft.pk)
        return redirect(draft.form_url if drafting.action == "_draft" else admin_urlname(self.opts, "changelist"))

    def _return(self, request, object_id):
        """Send a draft back to its writers, with a note."""
        drafting, note = request.drafting, request.POST.get("draft-note", "").strip()
        refusals = [*drafting.errors]
        if not (drafting.waits and drafting.may_publish and self.has_change_permission(request, drafting.draft.row)):
            refusals = [_("This draft does not wait for your review.")]
        elif not note:
            refusals = [_("Write in the note what should change, then press “Return with a note”.")]
        if refusals:
            self.message_user(request, refusals[0], messages.ERROR)
            return redirect(request.get_full_path())
        draft = drafting.draft
        draft.give_back(note[:2000])
        self.log_draft(request.user, draft, "draft returned")
        self.message_user(request, _("The draft has been returned with your note."), messages.SUCCESS)
        return redirect(admin_urlname(self.opts, "changelist"))

    # What the form shows

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if "_autosave" in request.POST:
            return JsonResponse({"error": " ".join(flatten(context["errors"]))}, status=422)
        if hasattr(request, "drafting"):
            context["drafting"] = self._draft_context(request, request.drafting, obj, context["adminform"].form)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def _draft_context(self, request, drafting, obj, form):
        draft = drafting.draft
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        is_live = obj is not None and obj.pk is not None and obj.draft_id is None
        shown = {
            "may_write": may,
            "draft": draft,
            "is_live": is_live,
            "publishes": drafting.may_publish,
            "live_url": self.page_of(obj.stored) if is_live and draft is not None else None,
            "buttons": self.draft_buttons(request, drafting, obj) if may else [],
            "reviews": may and drafting.waits and drafting.may_publish,
            "schedule": drafting.schedule if may else None,
            "saves_itself": may and drafting.saves_itself,
            "take_down_url": (
                reverse(admin_urlname(self.opts, "take_down"), args=[quote(obj.pk)])
                if is_live and may and self.can_be_taken_down and drafting.may_publish
                else None
            ),
        }
        if draft is not None:
            if drafting.is_conflict:
                shown["conflict"] = compared([draft.result()], [form.instance], self.rich_text)
            elif is_live:
                before = self.current_rows(obj.stored)
                with showing(draft):
                    after = [draft.result(), *self.inline_rows(obj)]
                shown["differences"] = compared(before, after, self.rich_text)
        return shown

    def draft_buttons(self, request, drafting, obj):
        """[(name, label, whether it is the primary one)]"""
        if drafting.waits and drafting.may_publish:
            timed = drafting.draft.publish_at is not None
            buttons = [("_schedule", _("Approve and schedule"), timed), ("_save", _("Approve and publish"), not timed)]
            buttons.sort(key=lambda button: not button[2])
            buttons.append(("_return", _("Return with a note"), False))
        elif drafting.may_publish:
            buttons = [("_save", _("Publish"), True), ("_schedule", _("Schedule"), False)]
        else:
            buttons = [("_submit", _("Submit for review"), True)]
        buttons.append(("_draft", _("Save draft"), False))
        return [*buttons, ("_preview", _("Preview"), False)] if self.has_preview else buttons

    # Preview

    def page_of(self, obj):
        """The URL path of the public page that shows the row, in the active language, or None."""
        if self.shown_at:
            return reverse(self.shown_at)
        try:
            return obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else None
        except NoReverseMatch:
            return None

    def card_of(self, row):
        """The URL path of the picture next to a link to the row, in the active language, or None."""

    @property
    def has_preview(self):
        """Whether a page of the site shows these rows."""
        return self.shown_at is not None or hasattr(self.model, "get_absolute_url")

    def errors_of(self, row):
        """What is still wrong with the draft that this row holds, as error messages."""
        row.is_checked = True
        try:
            row.full_clean()
        except ValidationError as error:
            return error.messages
        return []

    def preview_links(self, draft):
        """[(URL, label)] of pages that show the draft to people without an account."""
        return []

    def view_on_site(self, obj):
        row = getattr(obj, "stored", obj)
        return self.page_of(row) if row.draft_id is None else None

    # Taking down

    def get_urls(self):
        if not self.can_be_taken_down:
            return super().get_urls()
        view = self.admin_site.admin_view(self.take_down_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_take_down"
        return [path("<path:object_id>/take-down/", view, name=name), *super().get_urls()]

    def take_down_view(self, request, object_id):
        """GET: ask. POST: the row becomes a draft: the public no longer sees it, at once and without a second person."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None or obj.draft_id is not None:
            raise Http404
        if not self.has_change_permission(request, obj) or not request.user.has_perm(PUBLISH):
            raise PermissionDenied(f"{self.opts.app_label}.change_{self.opts.model_name}", PUBLISH)
        errors = []
        if request.method == "POST":
            try:
                with transaction.atomic():
                    self.lock_table()
                    # First, while it has the words that the public saw.
                    self.log_changes(request, [obj], "state")
                    obj.take_down(request.user)
                message = _("“%(name)s” has been taken down: the public no longer sees it.") % {"name": obj}
                self.message_user(request, message, messages.SUCCESS)
                return redirect(change_url(obj))
            except ValidationError as error:
                errors = error.messages
        title = _("Take down “%(name)s”?") % {"name": obj}
        return self.page(request, "staff/take_down.html", title, object=obj, errors=errors)

    # Ways around a draft

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        # What actions change is public at once.
        return super().get_actions(request, action_location) if request.user.has_perm(PUBLISH) else {}

    def version_refusal(self, request):
        return Drafting(request.user, None).refusal

    def save_recovered(self, request, rows):
        """A row that was deleted comes back as a draft."""
        row, *parts = rows
        with transaction.atomic():
            draft = row.keep_as_draft(request.user, was_public=True)
            for part in parts:
                part.keep(draft)
        return []


def _changes(before, after):
    """The change message of the history: what differs between two lists of rows, of which the first is the row itself."""
    old, new = ({(type(row), row.pk): row for row in rows} for rows in (before, after))
    found = []
    with translation.override(None):
        for key, row in (old | new).items():
            is_own = row is after[0]
            about = {} if is_own else {"name": str(row._meta.verbose_name), "object": str(row)}
            if key not in old or key not in new:
                found.append({"deleted" if key in old else "added": about})
                continue
            names = [
                column.name if is_own else str(column.verbose_name)
                for column in editable_fields(key[0])
                if getattr(old[key], column.attname) != getattr(row, column.attname)
            ]
            if names:
                found.append({"changed": about | {"fields": list(dict.fromkeys(names))}})
    return found
