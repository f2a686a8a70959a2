"""Optimistic locking in the admin: saving over a newer version is refused unless the editor has seen it."""

from django import forms
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from staff.admin.differences import differences
from staff.admin.history import VersionHistory


class UntrackedField(forms.CharField):
    """A hidden field that does not count as a change of the row."""

    def __init__(self):
        super().__init__(required=False, widget=forms.HiddenInput, max_length=40)

    def has_changed(self, initial, data):
        return False


class OptimisticLockForm(forms.ModelForm):
    """A form that is invalid when the row changed since the form was opened.

    `seen` is the fingerprint of the row when the form was opened. `save_over` is the fingerprint of the newer version that the
    editor has read and wants to replace; after yet another save it no longer matches and the form is refused again.
    """

    # In place of the fingerprint of a row that was deleted while the form was open.
    DELETED = "deleted"

    seen = UntrackedField()
    save_over = UntrackedField()
    # Set by OptimisticLocking.get_form().
    model_admin = None
    has_conflict = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fingerprint = "" if self.instance.pk is None else self.model_admin.fingerprint(self.instance)
        # A draft was written from an earlier state of the row.
        self.initial["seen"] = self.model_admin.state_seen(self.instance, self.fingerprint)
        # Validation writes the submitted values into `instance`, so the stored ones are copied first.
        stored = getattr(self.instance, "stored", self.instance)
        self.stored_instance = type(self.instance)(
            **{
                field.attname: getattr(stored, field.attname)
                for field in self.instance._meta.concrete_fields
                if not field.generated
            }
        )

    @property
    def current_state(self):
        """The value of `save_over` that replaces what is in the database now."""
        return self.fingerprint or self.DELETED

    def clean(self):
        cleaned = super().clean()
        seen = self.data.get("seen")
        if getattr(self, "keeps", False):
            # Who publishes the draft compares it.
            return cleaned
        if seen and seen != self.fingerprint and self.data.get("save_over") != self.current_state:
            self.has_conflict = True
            self.add_error(None, forms.ValidationError(self.model_admin.conflict_message(self), code="conflict"))
        return cleaned


def normalise_newlines(data):
    """A copy of a QueryDict with LF for CRLF. Browsers send CRLF, and every text of two lines would count as changed."""
    data = data.copy()
    for name, values in data.lists():
        data.setlist(name, [value.replace("\r\n", "\n") for value in values])
    return data


class OptimisticLocking(VersionHistory):
    """Mixin for ModelAdmin: saves of one model are serialised by a table lock, and each is checked for a conflict."""

    def get_form(self, request, obj=None, change=False, **kwargs):
        kwargs["form"] = type("Form", (OptimisticLockForm, kwargs.get("form", self.form)), {"model_admin": self})
        return super().get_form(request, obj, change, **kwargs)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        request.POST = normalise_newlines(request.POST)
        with transaction.atomic():
            self.lock_table()
            if object_id is not None and self._was_deleted_meanwhile(request, object_id):
                # The form becomes an add form, so that the input is not lost.
                object_id = None
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _was_deleted_meanwhile(self, request, object_id):
        """Whether an editor who may add rows submits the form of a row that no longer exists."""
        if not request.POST.get("seen") or not self.has_add_permission(request):
            return False
        return self.get_object(request, unquote(object_id)) is None

    def state_seen(self, row, fingerprint):
        """The fingerprint of the state that the form begins with."""
        return fingerprint

    def conflict_message(self, form):
        """Who saved or deleted the row while the form was open, and what the editor can do."""
        if not form.fingerprint:
            return _(
                "This was deleted while you were writing. Nothing you typed is lost. Tick the box below to save it "
                "again."
            )
        saved = self.last_saved(form.instance)
        if saved is None:
            return _(
                "This was changed while you were writing. Nothing you typed is lost. Compare the two versions "
                "below. Then tick the box to replace theirs with yours, or copy what you want to keep into yours."
            )
        who, when = saved
        return _(
            "%(who)s saved this on %(when)s, while you were writing. Nothing you typed is lost. Compare the two "
            "versions below. Then tick the box to replace theirs with yours, or copy what you want to keep into "
            "yours."
        ) % {"who": who, "when": formats.date_format(timezone.localtime(when), "DATETIME_FORMAT")}

    def render_change_form(self, request, context, *args, **kwargs):
        form = context["adminform"].form
        if getattr(form, "has_conflict", False):
            rows = self._conflicting_rows(form, context["inline_admin_formsets"])
            context["conflict"] = {"rows": rows, "current_state": form.current_state}
        return super().render_change_form(request, context, *args, **kwargs)

    def _conflicting_rows(self, form, inline_admin_formsets):
        """(name of the inline row or None, differences between the stored and the submitted state) of each row that differs."""
        rows = []
        if form.fingerprint:
            rows.append((None, differences(form.stored_instance, form.instance, self.rich_text)))
        for inline in inline_admin_formsets:
            for inline_form in inline.formset.initial_forms:
                submitted = inline_form.instance
                stored = type(submitted)._base_manager.filter(pk=submitted.pk).first()
                if stored is not None:
                    rows.append((str(stored), differences(stored, submitted, self.rich_text)))
        return [(name, changes) for name, changes in rows if changes]
