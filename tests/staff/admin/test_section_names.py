"""The names of the sections of the admin: each means one thing, in both languages."""

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.utils import translation
from django.utils.text import capfirst

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
