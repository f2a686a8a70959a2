"""Form widgets that JavaScript enhances: rich text editor and picture library dialog. Their words are in djangojs.po."""

import json

from django import forms
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import Script
from django.templatetags.static import static
from django.urls import reverse_lazy

from campaign.pictures.files import MAX_BYTES, TOO_MANY_BYTES
from campaign.pictures.models import Picture

LIBRARY_URL = reverse_lazy("admin:campaign_picture_library")
PAGES_URL = reverse_lazy("admin:campaign_externallink_pages")
library_js = Script("js/library.js", defer=True)


def library_config(**more):
    """What library.js reads, as JSON: addresses, limits, and the words that the form of a picture has too."""
    fields = {name: Picture._meta.get_field(name) for name in ("file", "alt_sq", "is_decorative")}
    config = {
        "library": LIBRARY_URL,
        "maxBytes": MAX_BYTES,
        "tooLarge": TOO_MANY_BYTES,
        "languages": dict(settings.LANGUAGES),
        "words": {name: {"label": field.verbose_name, "help": field.help_text} for name, field in fields.items()},
    }
    return json.dumps(config | more, cls=DjangoJSONEncoder)


class PictureSelect(forms.Select):
    """A select of all pictures by description; with JavaScript, a dialog with thumbnails and search."""

    class Media:
        css = {"all": ["css/editor.css"]}
        js = [library_js]

    def get_context(self, name, value, attrs):
        return super().get_context(name, value, {**(attrs or {}), "data-library": library_config()})


class RichText(forms.Textarea):
    """A textarea with HTML; with JavaScript, an editor built from the modules of django-prose-editor.

    The widget of that package needs an inline import map, which the content security policy forbids without a nonce. This
    widget passes the URL of the module to editor.js instead.
    """

    class Media:
        css = {"all": ["css/editor.css"]}
        js = [library_js, Script("js/editor.js", type="module")]

    def get_context(self, name, value, attrs):
        config = library_config(module=static("django_prose_editor/editor.js"), pages=PAGES_URL)
        return super().get_context(name, value, {**(attrs or {}), "data-editor": config})
