"""What an admin class writes into the log, and what the log says and links to about its rows."""

from django.contrib.admin.utils import quote, unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from staff.audit.models import Entry


class Logged:
    """Mixin for ModelAdmin: Entry is the log of what it does, in place of Django's."""

    def title_of(self, row):
        """What the history and the search of the header call a row."""
        return str(row)

    def log_action(self, request, row, action, version=None, **details):
        """Add an entry about a row to the log."""
        return Entry.log(request.user, action, about=row, version=version, **details)

    def log_addition(self, request, obj, message):
        return self.log_action(request, obj, Entry.Action.ADD)

    def log_change(self, request, obj, message):
        # An empty message means that the save changed nothing.
        return self.log_action(request, obj, Entry.Action.CHANGE, changes=message) if message else None

    def log_deletions(self, request, queryset):
        for row in queryset:
            self.log_action(request, row, Entry.Action.DELETE)

    def log_changes(self, request, rows, *fields):
        """Add an entry for each row after an admin action changed these `fields` (verbose names)."""
        for row in rows:
            self.log_action(request, row, Entry.Action.CHANGE, changes=[{"changed": {"fields": fields}}])

    def construct_change_message(self, request, form, formsets, add=False):
        # Django takes the labels of the fields of an inline form. Labels such as "Name (Albanian)" are not in the catalogue, and
        # both columns of a translated field have the same verbose name, which is listed once.
        for formset in formsets or []:
            for form_of_row in formset.forms[:1]:
                for field in formset.model._meta.fields:
                    if field.name in form_of_row.fields:
                        form_of_row.fields[field.name].label = field.verbose_name
        message = super().construct_change_message(request, form, formsets, add)
        for part in message:
            fields = part.get("changed", {}).get("fields")
            if fields and "name" in part["changed"]:
                part["changed"]["fields"] = list(dict.fromkeys(fields))
            elif fields:
                part["changed"]["fields"] = _columns(form, self.opts)
        return message

    # What the log says

    @method_decorator(require_safe)
    def history_view(self, request, object_id, extra_context=None):
        """The entries about one row."""
        if not self.has_view_or_change_permission(request, self.get_object(request, unquote(object_id))):
            raise PermissionDenied
        return redirect(self.history_url(row=unquote(object_id)))

    def history_url(self, **query):
        """The address of the entries about these rows."""
        kind = ContentType.objects.get_for_model(self.model, for_concrete_model=False)
        return reverse("admin:staff_entry_changelist", query={"kind": kind.pk, **query})

    def words_in_history(self, entry, name):
        """What an entry says about these rows, in place of the action with all details; "" for that."""
        return ""

    def links_in_history(self, request, entry, row, version=None, previous=None):
        """[(label, URL)] of an entry: its row, which is None if it is gone, what the save changed, and how to undo it."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if row is None:
            if entry.action == Entry.Action.DELETE and version and self.has_add_permission(request):
                return [(_("Read or restore it"), reverse(f"{name}_recover", args=[version]))]
            return []
        found = [(_("Open"), reverse(f"{name}_change", args=[quote(row.pk)]))]
        if version and entry.action in (Entry.Action.CHANGE, Entry.Action.RESTORE):
            found.append((_("What changed"), reverse(f"{name}_version", args=[quote(row.pk), version])))
            if previous and self.has_change_permission(request, row):
                found.append((_("Undo"), reverse(f"{name}_version", args=[quote(row.pk), previous])))
        return found


def _columns(form, opts):
    """The changed columns of a form. A field without a column, such as an upload, by its label, which is not translated yet."""
    columns = {field.name for field in opts.fields}
    with translation.override(None):
        return [
            name if name in columns else str(form.fields[name].label or name)
            for name in form.changed_data
            if name in columns or name in form.fields
        ]
