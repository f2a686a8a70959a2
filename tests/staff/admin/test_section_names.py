"""The names of the sections of the admin: each means one thing, in both languages."""

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.utils import translation
from django.utils.text import capfirst

LANGUAGES = [code for code, _name in settings.LANGUAGES]


def is_singleton(model):
    """Whether the model has one row, whose section has one name."""
    return hasattr(model, "load")


def test_no_two_sections_share_a_name():
    for language in LANGUAGES:
        with translation.override(language):
            names = [capfirst(model._meta.verbose_name_plural) for model in admin.site._registry]
            names += [apps.get_app_config(app).verbose_name for app in ("campaign", "pledges", "staff")]
            assert sorted(names) == sorted(set(names)), language


def test_no_two_sections_have_entries_of_one_name():
    for language in LANGUAGES:
        with translation.override(language):
            names = [str(model._meta.verbose_name) for model in admin.site._registry]
            assert sorted(names) == sorted(set(names)), language


def test_one_entry_is_named_otherwise_than_the_section():
    for language in LANGUAGES:
        with translation.override(language):
            same = [
                model._meta.label
                for model in admin.site._registry
                if model._meta.verbose_name == model._meta.verbose_name_plural and not is_singleton(model)
            ]
            assert same == [], language
