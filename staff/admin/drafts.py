"""Drafts in the change forms of content: save, preview, submit, return, schedule, publish, take down.

The form of a published row shows its draft, which is stored in a copy of the row (staff/drafts/models.py).
"""

import copy

from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import quote, unquote
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

from staff.admin.base import change_url
from staff.admin.content import ContentAdmin
from staff.admin.differences import compared, editable_fields
from staff.admin.drafting import ACTIONS, PUBLISH, DraftForm, DraftFormSet, Drafting, ScheduleForm, names_of
from staff.audit.models import Entry
from staff.drafts.models import Draft, local


class StateFilter(admin.SimpleListFilter):
    """List filter by what the public sees, and what waits."""

    title = gettext_lazy("state")
    parameter_name = "status"

    shown = {
        "published": (gettext_lazy("published"), Q(draft=None)),
        "draft": (gettext_lazy("not public"), ~Q(draft=None)),
        **{
            state.value: (state.label, Q(draft__state=state) | Q(draft_copy__draft__state=state))
            for state in (Draft.State.SUBMITTED, Draft.State.SCHEDULED)
        },
        "waiting": (gettext_lazy("draft waiting"), ~Q(draft_copy=None)),
    }

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _condition) in self.shown.items()]

    def queryset(self, request, queryset):
        return queryset.filter(self.shown[self.value()][1]) if self.value() in self.shown else queryset


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

    def state_seen(self, row, fingerprint):
        copy = row.draft_id is None and row.pk and getattr(row, "draft_copy", None)
        return copy.draft.base if copy else fingerprint

    @admin.display(description=gettext_lazy("state"))
    def publication(self, row):
        """What the public sees of it, and what waits."""
        return row.publication

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
        drafting = Drafting(request.user, draft)
        if request.method == "POST":
            self._read_button(request, drafting)
        return drafting

    def _read_button(self, request, drafting):
        post, draft = request.POST, drafting.draft
        drafting.action = next((name for name in ACTIONS if name in post), "_publish")
        has_time = any(post.get(f"draft-at_{part}") for part in (0, 1))
        if drafting.action == "_schedule" or drafting.action == "_submit" and has_time:
            form = ScheduleForm(post)
            if form.is_valid():
                drafting.at = form.cleaned_data["at"]
            else:
                drafting.errors += form.errors["at"]
        typed = (post.get(name, "") for name in ("draft-version", "draft-over"))
        seen = {0, *(int(number) for number in typed if number.isdecimal())}
        # The answer to one's own last save may not have arrived, or may have come after this one was sent. With it come the ids
        # of new inline rows, which would be doubled.
        is_own = draft and draft.changed_by_id == request.user.pk and not self.inlines
        own_last = is_own and draft.version - 1 in seen
        if draft and draft.version not in seen and not own_last:
            drafting.is_conflict = True
            drafting.errors.append(_("Two people wrote this draft"))
        if draft is None and max(seen) and not self.has_versions:
            # Others have versions, which the form compares.
            drafting.errors.append(_("This draft has been published or discarded."))
        if draft and not drafting.saves_itself and self._wants_json(request):
            drafting.errors.append(_("This draft is waiting for others: it does not save itself."))

    @staticmethod
    def _wants_json(request):
        """Whether the form saves itself (static/js/drafts.js)."""
        return request.headers.get("accept") == "application/json"

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        with transaction.atomic():
            if request.method == "POST":
                # Before the draft is read, which the first save of another form may be writing.
                self._lock(request, object_id)
            request.drafting = drafting = self._drafting(request, object_id)
            if "_return" in request.POST:
                return self._return(request, object_id)
            if drafting.action == "_preview" and not drafting.saves_itself:
                return redirect("admin:staff_draft_preview", drafting.draft.pk)
            response = super().changeform_view(request, object_id, form_url, extra_context)
        if not self._wants_json(request) or request.method != "POST":
            return response
        if drafting.row is None:
            # Those of a field are a list.
            errors = getattr(response, "context_data", {}).get("errors", ())
            said = " ".join(" ".join(each) if isinstance(each, list) else each for each in errors)
            return JsonResponse({"error": said}, status=422)
        saved = _("Saved as draft %(time)s") % {"time": time_format(timezone.localtime(), "H:i")}
        fields = {"draft-version": str(drafting.draft.version), **drafting.fields}
        return JsonResponse({"saved": saved, "url": drafting.draft.form_url, "fields": fields})

    def _lock(self, request, object_id):
        """Make others who save the row wait; without versions the row alone, so that new ones do not touch each other."""
        self.lock_table()
        if not self.has_versions and object_id and (row := self.get_object(request, unquote(object_id))):
            self.model._base_manager.select_for_update(no_key=True).get(pk=row.pk)

    def form_attributes(self, request):
        return {"drafting": getattr(request, "drafting", None)}

    def publishes(self, form):
        return not form.keeps and super().publishes(form)

    def get_formsets_with_inlines(self, request, obj=None):
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            yield type(formset.__name__, (DraftFormSet, formset), {"drafting": _drafting_of(request)}), inline

    def get_formset_kwargs(self, request, obj, inline, prefix):
        rows = inline.model.objects.everything().filter(draft=_drafting_of(request).draft).order_by(*inline.ordering)
        return super().get_formset_kwargs(request, obj, inline, prefix) | {"queryset": rows}

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
            case _ if not (self._wants_json(request) and draft.state == Draft.State.RETURNED):
                draft.state = Draft.State.DRAFT
        draft.save()
        obj.keep(draft)
        drafting.draft = draft

    def save_formset(self, request, form, formset, change):
        formset.keep()

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        drafting = request.drafting
        drafting.row = form.instance
        drafting.fields["seen"] = drafting.draft.base or self.fingerprint(form.instance)
        if drafting.action == "_publish":
            drafting.row = self.publish(drafting.draft, request.user)

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
        """Write to the history what was done with a draft. `what` is a key of `entry_words.CHOICES`."""
        Entry.log(user, Entry.Action.CHANGE, about=self.model._base_manager.get(pk=draft.object_id), step=what)

    def message_user(self, request, *args, **kwargs):
        """A form that saves itself says nothing on the next page."""
        if not self._wants_json(request):
            super().message_user(request, *args, **kwargs)

    def log_addition(self, request, obj, message):
        # publish() has written it.
        return None if hasattr(request, "drafting") else super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        return None if hasattr(request, "drafting") else super().log_change(request, obj, message)

    def response_add(self, request, obj, post_url_continue=None):
        return self.response_change(request, obj)

    def response_published(self, request, row):
        """The response after publishing."""
        link = format_html('<a href="{}">{}</a>', change_url(row), row)
        self.message_user(request, format_html(_("“{name}” has been published."), name=link), messages.SUCCESS)
        return self.response_post_save_change(request, row)

    def response_change(self, request, obj):
        drafting, draft = request.drafting, request.drafting.draft
        if drafting.action == "_publish":
            return self.response_published(request, drafting.row)
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
        if not self._wants_json(request):
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
            "changed_by": draft and draft.changed_by and names_of([draft.changed_by_id]),
            "publishes": drafting.may_publish,
            "live_url": self.page_of(obj.stored) if is_live and draft is not None else None,
            "buttons": self.draft_buttons(request, drafting, obj) if may else [],
            "reviews": may and drafting.waits and drafting.may_publish,
            "schedule": self._schedule_form(request, drafting) if may else None,
            "saves_itself": may and drafting.saves_itself,
            "take_down_url": (
                reverse(admin_urlname(self.opts, "take_down"), args=[quote(obj.pk)])
                if is_live and may and self.can_be_taken_down and drafting.may_publish
                else None
            ),
        }
        if draft is not None:
            if drafting.is_conflict:
                shown["conflict"] = compared([draft.row], [form.instance], self.rich_text)
            elif is_live:
                parts = [row for inline in self.inlines for row in inline.model._base_manager.filter(draft=draft)]
                shown["differences"] = compared(self.current_rows(obj.stored), [draft.row, *parts], self.rich_text)
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

    def _schedule_form(self, request, drafting):
        """The form with the time of publication, as typed or as stored."""
        if any(request.POST.get(f"draft-at_{part}") for part in (0, 1)):
            return ScheduleForm(request.POST)
        at = drafting.draft and drafting.draft.publish_at
        return ScheduleForm(initial={"at": at and timezone.localtime(at)})

    # Preview

    def page_of(self, obj):
        """The URL path of the public page that shows the row, in the active language, or None."""
        if self.shown_at:
            return reverse(self.shown_at)
        try:
            return obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else None
        except NoReverseMatch:
            return None

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


def _drafting_of(request):
    """The Drafting of a request, also of one that only reads the form of a row."""
    return getattr(request, "drafting", None) or Drafting(request.user, None)


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
                field.name if is_own else str(field.verbose_name)
                for field in editable_fields(key[0])
                if getattr(old[key], field.attname) != getattr(row, field.attname)
            ]
            if names:
                found.append({"changed": about | {"fields": list(dict.fromkeys(names))}})
    return found
