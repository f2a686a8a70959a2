"""What supporters can follow by email. Apps register it with their share of the content (`snapshot.Part.followable`)."""

from django.utils import translation
from django.utils.translation import gettext as _

from pledges.languages import LANGUAGE_CODES
from pledges.serving import snapshot


def demands():
    """{key: title} of the demands that can be followed, in the active language and in their order."""
    parts = snapshot.current().content.parts.values()
    return {key: str(title) for part in parts for key, title in part.followable().items()}


def titles(key):
    """{language: the title of a demand}, or {} if it is not on the site now."""
    found = {}
    for language in LANGUAGE_CODES:
        with translation.override(language):
            found[language] = demands().get(key)
    return found if all(found.values()) else {}


def demand_title(key):
    """The title of a demand, or words in its place if it is not on the site now."""
    return demands().get(key) or _("a demand that is not on our site now")
