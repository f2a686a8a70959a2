"""What the forms of the admin say, in both languages: help and examples, and to invalid input words that an editor knows."""

import copy
import re

import pytest
from django import forms
from django.contrib import admin
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory
from django.utils import translation

from pledges.models import Export
from tests.factories import make_picture, make_pledge, make_staff
from tests.pages import LANGUAGES
from tests.weare1.test_examples import examples

pytestmark = pytest.mark.django_db

# Values for every field of a form at once.
INVALID = ["", "abc !?ë <x>", "9" * 600, "-7", "a\nb", "https://", "2026-13-45"]


@pytest.fixture
def request_of_staff():
    """A request of a superuser, for whom an admin class builds its forms."""
    make_picture(), make_pledge()
    request = RequestFactory().get("/admin/")
    request.user, request.session = make_staff(superuser=True), {}
    request._messages = FallbackStorage(request)
    return request


def form_classes(request):
    """(label, form class, instance) of every model and inline: of a new row, and of one that exists."""
    for model, model_admin in admin.site._registry.items():
        row = model.load() if hasattr(model, "load") else model._default_manager.first()
        for obj in (None, row) if row else (None,):
            if obj is None and not model_admin.has_add_permission(request) or model is Export:
                continue
            yield model._meta.label_lower, model_admin.get_form(request, obj, change=obj is not None), obj
            for inline in model_admin.get_inline_instances(request, obj):
                label = f"{model._meta.label_lower}/{inline.model._meta.label_lower}"
                yield label, inline.get_formset(request, obj).form, None


def posted(form, value):
    """The POST data of an unbound form with this value in each field and each part of a field."""
    data = {}
    for name, field in form.fields.items():
        data[name] = value
        if isinstance(field.widget, forms.MultiWidget):
            data |= {f"{name}{suffix}": value for suffix in field.widget.widgets_names}
    return data


def messages(request):
    """{(language, message): [labels of the fields]} of every form with every invalid value."""
    found = {}
    for label, form_class, obj in form_classes(request):
        for language in ("sq", "en"):
            with translation.override(language):
                for value in INVALID:
                    # Validation changes the instance.
                    first, second = ({"instance": copy.copy(obj)} if obj is not None else {} for _ in range(2))
                    form = form_class(posted(form_class(**first), value), **second)
                    for name, errors in form.errors.items():
                        for error in errors:
                            found.setdefault((language, str(error)), set()).add(f"{label}.{name}")
    return found


# Words of programmers, which Django's messages use.
TECHNICAL = re.compile(
    r"\b(slug|array|item \d|json|uuid|primary key|instance|null|regex|integer|string|float|valid choice|this value|vler[ëa]"
    r"|zgjedhje të vlefshme|varg|çelës parësor|nënvij)",
    re.IGNORECASE,
)


@pytest.mark.slow
def test_no_form_speaks_as_a_program(request_of_staff):
    found = messages(request_of_staff)
    assert len({message for _language, message in found}) > 100
    assert {(message, *where) for (_language, message), where in found.items() if TECHNICAL.search(message)} == set()


# The help of the body is in its fieldset.
EXPLAINED = {"body_sq", "body_en", "seen", "save_over", "new_email_as_typed"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_field_has_a_help_text_and_what_staff_type_an_example(request_of_staff, language):
    silent, without, asked = set(), {}, 0
    with translation.override(language):
        for label, form, row in form_classes(request_of_staff):
            # Settings are explained by their labels.
            for name in form.base_fields.keys() - EXPLAINED if not hasattr(row, "load") else ():
                field, asked = form.base_fields[name], asked + 1
                if not str(field.help_text) and not label.startswith("staff."):
                    silent.add((label, name))
                typed = isinstance(field, forms.CharField | forms.IntegerField)
                if typed and not examples(str(field.help_text), language):
                    without[label, name] = str(field.help_text)
    assert (silent, without) == (set(), {})
    assert asked > 100
