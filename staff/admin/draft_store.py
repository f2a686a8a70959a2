"""From the form that was typed to the draft that is stored, and back."""

import copy

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from staff.admin import draft_forms
from staff.admin.differences import differences
from staff.admin.draft_forms import typed_data
from staff.drafts.models import DraftFile


class DraftStore:
    """Mixin for ModelAdmin, a part of DraftsAdmin."""

    # What was typed

    def completed(self, request, draft, obj):
        """What was typed, with the live values of fields that the form has gained since."""
        typed = draft.typed()
        names = set(self._names(request, obj)) - set(draft.fields)
        if names and obj is not None:
            form = self.get_form(request, obj, change=True)(instance=obj)
            for name, values in draft_forms.live_values(form, sorted(names - set(draft_forms.SEEN))).items():
                typed.setlist(name, values)
        return typed

    def typed(self, request, obj):
        """What was typed, with dates and times as every language reads them."""
        data = typed_data(request.POST)
        form, formsets = self.form_of(request, request.POST, obj and self.get_object(request, str(obj.pk)))
        return data | draft_forms.iso_dates([form, *(each for formset in formsets for each in formset.forms)])

    def _names(self, request, obj):
        return list(self.get_form(request, obj, change=obj is not None).base_fields)

    # Rows from what was typed

    def form_of(self, request, data, obj):
        """(form, formsets) bound to what was typed. Validation may write into `obj`."""
        asked = copy.copy(request)
        asked.method, asked.POST = "POST", data
        form = self.get_form(asked, obj, change=obj is not None)(data, request.FILES, instance=obj)
        with transaction.atomic():
            form.is_valid()
            formsets, _inlines = self._create_formsets(asked, form.instance, change=obj is not None)
            for formset in formsets:
                formset.is_valid()
        return form, formsets

    def rows_of(self, request, data, obj):
        """The row and its inline rows as they would be stored; a field that is not valid has its live value."""
        fresh = obj and self.get_object(request, str(obj.pk))
        form, formsets = self.form_of(request, data, fresh)
        return [form.instance, *(each.instance for formset in formsets for each in formset.forms if each.has_changed())]

    def compared_rows(self, before, after):
        """Two lists of rows as a list of (name of the inline row or None, differences)."""
        if hasattr(self, "compared"):
            return self.compared(before, after)
        changes = differences(before[0], after[0], getattr(self, "rich_text", ()))
        return [(None, changes)] if changes else []

    # Storing

    def _fill(self, request, draft, obj):
        """Fill a draft with the form."""
        draft.content_type = ContentType.objects.get_for_model(self.model, for_concrete_model=False)
        draft.object_id = None if obj is None else str(obj.pk)
        draft.data, draft.fields = self.typed(request, obj), self._names(request, obj)
        query = QueryDict(request.META.get("QUERY_STRING", ""), mutable=True)
        query.pop("draft", None)
        draft.query = query.urlencode() if obj is None else ""
        draft.name = (str(obj) if obj is not None else _first_words(draft.data) or str(self.opts.verbose_name))[:200]
        draft.writers = sorted({*draft.writers, request.user.pk})
        draft.changed_by, draft.changed_at = request.user, timezone.now()

    @staticmethod
    def _store_files(request, draft):
        for name in [each for each in request.POST if each.endswith("-clear")]:
            draft.files.filter(field=name.removesuffix("-clear")).delete()
        for name, file in request.FILES.items():
            file.seek(0)
            values = {"name": file.name[:255], "kind": file.content_type or "", "content": file.read()}
            DraftFile.objects.update_or_create(draft=draft, field=name, defaults=values)

    @staticmethod
    def _copy_files(draft, other):
        for file in draft.files.all():
            file.pk, file.draft, file._state.adding = None, other, True
            file.save()


def _first_words(data):
    """The first text with letters that was typed, as the name of a row that does not exist yet."""
    texts = (values[0] for name, values in data.items() if name.endswith(("_sq", "_en")) and values)
    return next((text.strip() for text in texts if text.strip()), "")
