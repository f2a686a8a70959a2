"""The form of a draft: what is kept of what was typed, and the same form sent again by its account."""

from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, QueryDict
from django.urls import resolve
from django.utils import formats, timezone
from django.utils.html import strip_tags
from django.utils.translation import get_language, gettext_lazy, gettext_noop
from django.utils.translation import gettext as _

from staff.admin import entry_words
from staff.audit.models import Entry
from staff.drafts.models import Draft

# Prefixes of field names: BUTTON of buttons, OWN of fields that belong to the draft and not to the row.
BUTTON, OWN = "_", "draft-"
# What the log says. Translated when it is read.
SAVED, SUBMITTED, RETURNED, SCHEDULED, DISCARDED, WRITTEN_BY = (
    gettext_noop("draft saved"),
    gettext_noop("draft submitted for review"),
    gettext_noop("draft returned"),
    gettext_noop("draft scheduled"),
    gettext_noop("draft discarded"),
    gettext_noop("draft by"),
)
entry_words.CHOICES["step"] |= {what: gettext_lazy(what) for what in (SAVED, SUBMITTED, RETURNED, SCHEDULED, DISCARDED)}


class Collected(list):
    """Stands in for the message storage: [(level, message)]."""

    def add(self, level, message, extra_tags=""):
        """Keep a message."""
        self.append((level, message))


class ScheduleForm(forms.Form):
    """The time at which a draft is published by itself."""

    at = forms.SplitDateTimeField(
        label=gettext_lazy("Publish on"),
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": gettext_lazy("Date")},
            time_attrs={"type": "time", "aria-label": gettext_lazy("Time")},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
        error_messages={
            "required": gettext_lazy("Choose the day and the time at which it is published, then press “Schedule”."),
            "invalid_date": gettext_lazy("Enter the day, for example %(date)s."),
            "invalid_time": gettext_lazy("Enter the time, for example 09:30."),
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, prefix=OWN.removesuffix("-"), **kwargs)

    def clean_at(self):
        """A time to come."""
        at = self.cleaned_data["at"]
        if at <= timezone.now():
            raise ValidationError(
                _("This time is in the past. Choose a time to come, or press “Publish” to publish it now."), code="past"
            )
        return at

    def time(self):
        """(the time, None), or (None, an error message)."""
        if self.is_valid():
            return self.cleaned_data["at"], None
        [message, *_more] = self.errors["at"]
        return None, message % {"date": timezone.localdate()} if "%(date)s" in message else message

    @classmethod
    def of(cls, at):
        """The form, with this time or empty."""
        return cls(initial={"at": at and timezone.localtime(at)})

    @classmethod
    def is_empty(cls, post):
        """Whether neither day nor time was entered."""
        return not any(post.get(f"{OWN}at_{part}") for part in (0, 1))


def typed_data(post):
    """{name: [value, …]} of what a form sent, without token and buttons."""
    return {
        # PostgreSQL stores no NUL character.
        name: [value.replace("\r\n", "\n").replace("\x00", "") for value in values]
        for name, values in post.lists()
        if not name.startswith((BUTTON, OWN)) and name != "csrfmiddlewaretoken"
    }


# What the form sends about the version that its writer saw, and not about the content.
SEEN = ("seen", "save_over")


def iso_dates(bound_forms):
    """{name: [value]} of the dates and times in these forms that are valid, as YYYY-MM-DD and HH:MM:SS.

    They are typed in the format of one language, and an editor or the worker may read them in the other.
    """
    found = {}
    for form in bound_forms:
        for name, field in form.fields.items():
            prefixed = form.add_prefix(name)
            parts = enumerate(field.fields) if isinstance(field, forms.SplitDateTimeField) else [(None, field)]
            for number, part in parts:
                key = prefixed if number is None else f"{prefixed}_{number}"
                if isinstance(part, (forms.DateField, forms.TimeField)) and form.data.get(key):
                    try:
                        found[key] = [part.to_python(form.data[key]).isoformat()]
                    except ValidationError:
                        continue
    return found


def is_same(data, other):
    """Whether two forms have the same content."""
    return {n: v for n, v in data.items() if n not in SEEN} == {n: v for n, v in other.items() if n not in SEEN}


def live_values(form, names):
    """{name: [value, …]} that the unbound form would send for these fields."""
    found = {}
    for name in names:
        bound = form[name]
        widget = bound.field.widget
        context = widget.get_context(bound.html_name, bound.value(), {})["widget"]
        for part in context.get("subwidgets", [context]):
            value = part["value"]
            if isinstance(widget, forms.CheckboxInput):
                found |= {part["name"]: ["on"]} if bound.value() else {}
            elif isinstance(value, list):
                found[context["name"]] = [str(each) for each in value]
            else:
                found[part["name"]] = ["" if value is None else str(value)]
    return found


def request_of(draft, user, data, *buttons):
    """The request with which this account sends the form of a draft. `data` is a QueryDict."""
    request = HttpRequest()
    request.method = "POST"
    address = urlsplit(draft.form_url)
    request.path = request.path_info = address.path
    request.resolver_match = resolve(address.path)
    request.META |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "SCRIPT_NAME": "", "QUERY_STRING": address.query}
    request.GET = QueryDict(address.query)
    request.user, request.session, request._messages = user, {}, Collected()
    request.network = request.site_prefix = None
    request.LANGUAGE_CODE = get_language()
    # Sent by the site itself.
    request._dont_enforce_csrf_checks = True
    request.POST = data.copy()
    for name, value in [(f"{OWN}version", str(draft.version)), *((button, "1") for button in buttons)]:
        request.POST[name] = value
    add_files(request, draft)
    return request


def add_files(request, draft):
    """Add the files of the draft to those that were chosen now."""
    for file in draft.files.all():
        if file.field not in request.FILES and f"{file.field}-clear" not in request.POST:
            request.FILES[file.field] = SimpleUploadedFile(file.name, bytes(file.content), file.kind)
            request.FILES[file.field].is_kept = True


def errors_of(form, formsets):
    """The error messages of a form and of its inline forms, each with the label of its field."""
    found = []
    for each in [form, *(inline for formset in formsets for inline in formset.forms)]:
        for name, messages in each.errors.items():
            label = "" if name == NON_FIELD_ERRORS else f"{each.fields[name].label}: "
            found += [f"{label}{strip_tags(str(message))}" for message in messages]
    for formset in formsets:
        found += map(str, formset.non_form_errors())
    return found


def log(user, draft, obj, what):
    """Add what was done with a draft to the log. `what` is an untranslated key, which the history translates."""
    if obj is None:
        # Without the name of the draft, which is its first words: nothing can be erased from the log.
        obj = Draft(pk=draft.pk, name=str(draft.model._meta.verbose_name))
    Entry.log(user, Entry.Action.CHANGE, about=obj, step=what)


def local(moment):
    """A time for people to read."""
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")
