"""What the preview of a draft shows."""

from django.core.exceptions import ValidationError
from django.db import DatabaseError, OperationalError, models, transaction
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from staff.admin import draft_forms
from staff.admin.base import language_of
from staff.admin.draft_store import DraftStore


class CannotShow(Exception):
    """The draft cannot be shown: `messages` say why."""

    def __init__(self, found):
        super().__init__()
        self.messages = found


class DraftPreview(DraftStore):
    """Mixin for ModelAdmin, a part of DraftsAdmin.

    `shown_at` is the URL name of the page that shows the rows, where they have none of their own.
    """

    shown_at = None

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

    def errors_of(self, request, draft):
        """What is wrong with a draft, as error messages."""
        asked, obj = self._asked(draft, request.user)
        return draft_forms.errors_of(*self.form_of(asked, asked.POST, obj))

    def typed_row(self, draft):
        """The unsaved row with what was typed."""
        asked, obj = self._asked(draft, draft.changed_by)
        form, _formsets = self.form_of(asked, asked.POST, obj)
        return form.instance

    def _asked(self, draft, user):
        request = draft_forms.request_of(draft, user, draft.typed(), "_save")
        obj = self.get_object(request, draft.object_id) if draft.object_id else None
        if obj is not None:
            request.POST = self.completed(request, draft, obj)
        return request, obj

    def preview_links(self, draft):
        """[(URL, label)] of pages that show the draft to people without an account."""
        return []

    def apply_draft(self, draft, user):
        """Write the draft for its preview, in a transaction that is rolled back; returns (row, what is still wrong).

        Raises CannotShow.
        """
        request, obj = self._asked(draft, user)
        if draft.object_id and obj is None:
            raise CannotShow([_("This was deleted.")])
        form, formsets = self.form_of(request, request.POST, obj)
        wrong = draft_forms.errors_of(form, formsets)
        row = form.instance
        for name in form.errors:
            # An invalid field has its live value: an empty one is shown as missing instead.
            if name in form.fields and not request.POST.get(name) and hasattr(row, name):
                self._empty(row, name)
        _mark_what_is_missing(row, draft)
        self.prepare_preview(row)
        try:
            with transaction.atomic():
                if not wrong:
                    self.save_model(request, row, form, change=obj is not None)
                else:
                    row.save()
                for formset in formsets:
                    if formset.is_valid():
                        formset.save()
        except OperationalError:
            # A lock that another editor holds.
            raise
        except (DatabaseError, ValidationError) as error:
            raise CannotShow(wrong or [_("Fill in the fields that are empty first.")]) from error
        return row, wrong

    @staticmethod
    def _empty(row, name):
        field = row._meta.get_field(name)
        if isinstance(field, (models.CharField, models.TextField)):
            setattr(row, name, "")

    def prepare_preview(self, row):
        """Make the row public, where it is not yet."""


def _mark_what_is_missing(row, draft):
    """Say in each language what a text lacks there, and give a row without an address one for the preview."""
    required = getattr(row, "required_translations", ())
    for column in row._meta.concrete_fields:
        language = language_of(column)
        if language is None or not column.editable or str(getattr(row, column.attname)).strip():
            continue
        name = column.name.removesuffix(f"_{language}")
        if isinstance(column, models.SlugField):
            setattr(row, column.attname, f"draft-{draft.pk.hex}")
        elif isinstance(column, models.FileField):
            continue
        elif name in required or any(str(getattr(row, each.attname)).strip() for each in _others(row, name, column)):
            with translation.override(language):
                words = f"[{_('missing:')} {capfirst(column.verbose_name)}]"
            setattr(row, column.attname, words[: column.max_length] if column.max_length else words)


def _others(row, name, column):
    """The columns of the same text in the other languages."""
    return [
        each
        for each in row._meta.concrete_fields
        if each is not column and language_of(each) and each.name.removesuffix(f"_{language_of(each)}") == name
    ]
