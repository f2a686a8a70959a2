"""The languages of the site. settings.LANGUAGES lists them; everything else derives from it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls.converters import StringConverter
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info, override
from translated_fields import TranslatedField

LANGUAGE_CODES = tuple(code for code, _name in settings.LANGUAGES)


class LanguageConverter(StringConverter):
    regex = "|".join(LANGUAGE_CODES)


def other_language(language):
    [other] = [code for code in LANGUAGE_CODES if code != language]
    return other


def in_each_language(path):
    """{language: path() in this language}, such as the URL paths of a page."""
    paths = {}
    for language in LANGUAGE_CODES:
        with override(language):
            paths[language] = path()
    return paths


def with_slug(rows, slug):
    """The row with this `slug` in the active language, or else in the other one; None without one."""
    for language in sorted(LANGUAGE_CODES, key=lambda code: code != get_language()):
        with override(language):
            if found := next((row for row in rows if row.slug == slug), None):
                return found
    return None


def own_name(language):
    """Return the name of a language in that language, such as "Shqip"."""
    return capfirst(get_language_info(language)["name_local"])


def in_both_languages(label, help_text, field=models.CharField, **options):
    """A text in two columns, one for each language."""
    return TranslatedField(field(label, help_text=help_text, **options))


def filled(*names):
    """The condition that these texts are filled in both languages."""
    return Q(*(~Q(**{f"{name}_{language}": ""}) for name in names for language in LANGUAGE_CODES))
