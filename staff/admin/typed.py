"""Forms that show what somebody typed before, not saved, in place of the stored values."""

from django.forms.utils import ErrorDict


def typed_in(request):
    """The QueryDict that the form of this request shows (`request.typed`), or None."""
    return getattr(request, "typed", None) if request.method == "GET" else None


class TypedForms:
    """Mixin for ModelAdmin: a GET whose request has `typed`, a QueryDict, shows these values, those of inline forms too.

    They come from a form with the same fields and are not validated, so the form shows no errors.
    """

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        typed = typed_in(request)
        return form if typed is None else type(form.__name__, (_TypedForm, form), {"typed": typed})

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        typed = typed_in(request)
        return kwargs if typed is None else kwargs | {"data": typed}


class TypedInlines:
    """Mixin for the inlines of a TypedForms."""

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        return formset if typed_in(request) is None else type(formset.__name__, (_TypedFormSet, formset), {})


class _TypedForm:
    """Mixin for a form: bound to `typed`, without errors."""

    def __init__(self, **kwargs):
        super().__init__(self.typed, **kwargs)
        self._errors = ErrorDict()


class _TypedFormSet:
    """Mixin for a formset: bound, without errors."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._errors, self._non_form_errors = [], self.error_class()
        for form in self.forms:
            form._errors = ErrorDict()
