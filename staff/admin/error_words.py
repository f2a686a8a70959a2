"""What form fields say to invalid input: what to type, with an example, in place of Django's technical words."""

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

LIST = _("Choose one of the entries of the list.")
DATE = _("Enter a date, for example 25/11/2026.")
TIME = _("Enter a time, for example 09:30.")
UNIQUE = _("Another entry has this already. Write something else here, or change that entry.")
TOO_SMALL = {"min_value": _("Enter a number that is not smaller than %(limit_value)s.")}
TOO_LARGE = {"max_value": _("Enter a number that is not larger than %(limit_value)s.")}
# {class of a form field: {code of an error: message}}
MESSAGES = {
    forms.CharField: {
        "max_length": _("This is too long. It has %(show_value)d characters, and there is room for %(limit_value)d."),
    },
    forms.FileField: {"required": _("Choose a file.")},
    forms.SlugField: {
        "invalid": _("Write letters without accents, digits and hyphens, and no spaces, for example “blue-ribbon”."),
    },
    forms.URLField: {"invalid": _("Enter a whole web address, for example https://www.example.org.")},
    forms.EmailField: {"invalid": _("Enter an email address in the correct format, like name@example.com")},
    forms.IntegerField: {"invalid": _("Enter a whole number, for example 10."), **TOO_SMALL, **TOO_LARGE},
    forms.DateField: {"invalid": DATE},
    forms.TimeField: {"invalid": TIME},
    forms.SplitDateTimeField: {"invalid_date": DATE, "invalid_time": TIME},
    forms.ChoiceField: {"invalid_choice": LIST},
    forms.ModelChoiceField: {"invalid_choice": LIST},
    forms.ModelMultipleChoiceField: {"invalid_choice": LIST, "invalid_list": LIST, "invalid_pk_value": LIST},
}


def put_in_words(form_class):
    """Replace the messages of Django in the fields of a ModelForm; those that a field has of its own stay. Idempotent."""
    of_models = models.Field.default_error_messages["unique"]
    columns = {each.name: each for each in form_class._meta.model._meta.fields}
    for name, field in form_class.base_fields.items():
        # The message of the form field would win over that of the column.
        if name in columns and columns[name].error_messages["unique"] is of_models:
            field.error_messages.setdefault("unique", UNIQUE)
        of_django = {}
        for each in reversed(type(field).mro()):
            if each.__module__.startswith("django."):
                of_django |= getattr(each, "default_error_messages", {})
        for kind, messages in MESSAGES.items():
            if isinstance(field, kind):
                for code, words in messages.items():
                    if field.error_messages.get(code) is of_django.get(code):
                        field.error_messages[code] = words
        if isinstance(field, forms.SplitDateTimeField):
            date, time = field.fields
            date.error_messages["invalid"] = field.error_messages["invalid_date"]
            time.error_messages["invalid"] = field.error_messages["invalid_time"]
