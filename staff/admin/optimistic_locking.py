"""Two editors of one page are told of each other's save; nobody's words are overwritten unawares."""

from django import forms
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from staff.admin.differences import differences
from staff.admin.history import VersionHistory


class OutOfBand(forms.CharField):
    """A field of the form's own business: it is no change of the row."""

    def __init__(self):
        super().__init__(required=False, widget=forms.HiddenInput, max_length=40)

    def has_changed(self, initial, data):
        return False


class SeenForm(forms.ModelForm):
    """Knows which state of the row its writer saw, and refuses to save over another one unless told to.

    `seen` is the fingerprint of what was read when the form was opened. `save_over` is the one of what others have saved since,
    which the writer has now read and means to replace: a third save in between is refused again.
    """

    DELETED = "deleted"

    seen = OutOfBand()
    save_over = OutOfBand()
    # The admin class, and its rows that are edited together with this one.
    model_admin = None
    conflict = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stamp = "" if self.instance.pk is None else self.model_admin.fingerprint(self.instance)
        self.initial["seen"] = self.stamp
        self.before = type(self.instance)(
            **{
                field.attname: getattr(self.instance, field.attname)
                for field in self.instance._meta.concrete_fields
                if not field.generated
            }
        )

    @property
    def state_now(self):
        """What stands in the database, as `save_over` must name it."""
        return self.stamp or self.DELETED

    def clean(self):
        cleaned = super().clean()
        seen = self.data.get("seen")
        if seen and seen != self.stamp and self.data.get("save_over") != self.state_now:
            self.conflict = True
            self.add_error(None, forms.ValidationError(self.model_admin.told_of_other_save(self), code="conflict"))
        return cleaned


def with_plain_lines(data):
    """What a browser sends, with line ends as they are kept: else every text of two lines would seem to be changed."""
    data = data.copy()
    for name, values in data.lists():
        data.setlist(name, [value.replace("\r\n", "\n") for value in values])
    return data


class OptimisticLocking(VersionHistory):
    """Saves of one kind of content happen one after the other, and each knows what the one before it did."""

    def get_form(self, request, obj=None, change=False, **kwargs):
        kwargs["form"] = type("Form", (SeenForm, kwargs.get("form", self.form)), {"model_admin": self})
        return super().get_form(request, obj, change, **kwargs)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        request.POST = with_plain_lines(request.POST)
        with transaction.atomic():
            self.hold()
            if object_id is not None and request.POST.get("seen") and self.has_add_permission(request):
                # Deleted while someone wrote: what they typed comes back in a form that would make it anew.
                rows = self.get_queryset(request)
                if not rows.filter(pk=unquote(object_id)).exists():
                    object_id = None
            return super().changeform_view(request, object_id, form_url, extra_context)

    def told_of_other_save(self, form):
        """Who saved or deleted it meanwhile, and what to do."""
        if not form.stamp:
            return _(
                "This was deleted while you were writing. Nothing you typed is lost: tick the box below to save it anew."
            )
        saved = self.last_saved(form.instance)
        if saved is None:
            return _(
                "This was changed while you were writing. Nothing you typed is lost: compare below, "
                "then tick the box to save yours over it, or take into yours what you want to keep."
            )
        return _(
            "%(who)s saved this on %(when)s, while you were writing. Nothing you typed is lost: compare below, "
            "then tick the box to save yours over it, or take into yours what you want to keep."
        ) % {"who": saved[0], "when": formats.date_format(timezone.localtime(saved[1]), "DATETIME_FORMAT")}

    def render_change_form(self, request, context, *args, **kwargs):
        form = context["adminform"].form
        if getattr(form, "conflict", False):
            rows = [(None, differences(form.before, form.instance, self.rich))] if form.stamp else []
            for formset in context["inline_admin_formsets"]:
                for each in formset.formset.initial_forms:
                    saved = type(each.instance)._base_manager.filter(pk=each.instance.pk).first()
                    if saved is not None:
                        rows.append((str(saved), differences(saved, each.instance, self.rich)))
            context["conflict"] = {"rows": [row for row in rows if row[1]], "state_now": form.state_now}
        return super().render_change_form(request, context, *args, **kwargs)
