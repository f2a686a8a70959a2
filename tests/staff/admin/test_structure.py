"""The classes and sections of the admin: few classes above each, and names that mean one thing in both languages."""

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.utils import translation
from django.utils.text import capfirst

from staff.admin.content import ContentAdmin

OURS = ("staff.", "pledges.", "campaign.", "weare1.")
LANGUAGES = [code for code, _name in settings.LANGUAGES]


def test_each_name_of_a_section_or_of_its_entries_means_one_thing():
    for language in LANGUAGES:
        with translation.override(language):
            sections = [capfirst(model._meta.verbose_name_plural) for model in admin.site._registry]
            sections += [apps.get_app_config(app).verbose_name for app in ("campaign", "pledges", "staff")]
            entries = [str(model._meta.verbose_name) for model in admin.site._registry]
            for names in (sections, entries):
                assert sorted(names) == sorted(set(names)), language
            # A model with one row has one name.
            listed = [model._meta for model in admin.site._registry if not hasattr(model, "load")]
            assert [each.label for each in listed if each.verbose_name == each.verbose_name_plural] == [], language


def test_an_admin_class_of_content_has_at_most_five_of_our_classes_above_it():
    deep = {
        type(rows).__name__: above
        for rows in admin.site._registry.values()
        if isinstance(rows, ContentAdmin)
        and len(above := [each.__name__ for each in type(rows).__mro__[1:] if each.__module__.startswith(OURS)]) > 5
    }
    assert deep == {}
