"""The classes and sections of the admin: few classes above each, and names that mean one thing in both languages."""

import ast
import re

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import options, sites
from django.contrib.admin.views.main import ChangeList
from django.forms import forms, formsets, models
from django.utils import translation
from django.utils.text import capfirst

from tests.weare1.test_layers import LAYERS, files, module

OURS = ("staff.", "pledges.", "campaign.", "weare1.")
LANGUAGES = [code for code, _name in settings.LANGUAGES]


def test_each_name_of_a_section_or_of_its_entries_means_one_thing():
    for language in LANGUAGES:
        with translation.override(language):
            sections = [capfirst(model._meta.verbose_name_plural) for model in admin.site.model_admins()]
            sections += [apps.get_app_config(app).verbose_name for app in ("campaign", "pledges", "staff")]
            entries = [str(model._meta.verbose_name) for model in admin.site.model_admins()]
            for names in (sections, entries):
                assert sorted(names) == sorted(set(names)), language
            # A model with one row has one name.
            listed = [model._meta for model in admin.site.model_admins() if not hasattr(model, "load")]
            assert [each.label for each in listed if each.verbose_name == each.verbose_name_plural] == [], language


def test_an_admin_class_has_at_most_five_of_our_classes_above_it():
    deep = {
        type(rows).__name__: above
        for rows in admin.site.model_admins().values()
        if len(above := [each.__name__ for each in type(rows).__mro__[1:] if each.__module__.startswith(OURS)]) > 5
    }
    assert deep == {}


def test_no_code_uses_or_overrides_a_private_name_of_djangos_admin_or_forms():
    found = [each for place in (options, sites, forms, formsets, models) for each in vars(place).values()]
    classes = [each for each in [*found, ChangeList] if isinstance(each, type)]
    classes = [each for each in classes if each.__module__.startswith(("django.contrib.admin.", "django.forms."))]
    # The registries are set on the instance. Django documents `_meta`.
    private = {"_registry", "_actions", "_global_actions"} | {
        name for each in classes for name in vars(each) if re.match("_[a-z]", name) and name != "_meta"
    }
    used = {
        (module(file), name)
        for file in files(*LAYERS)
        for node in ast.walk(ast.parse(file.read_text()))
        if (name := getattr(node, "attr", None) or getattr(node, "name", None)) in private
    }
    assert used == set() and {"_changeform_view", "_create_formsets", "_existing_object"} <= private
