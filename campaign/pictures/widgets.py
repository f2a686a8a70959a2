"""Form widgets that JavaScript enhances: rich text editor and picture library dialog."""

import json

from django import forms
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import Script
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from campaign.pictures.files import MAX_BYTES, TOO_MANY_BYTES
from campaign.pictures.models import Picture

LIBRARY_URL = reverse_lazy("admin:campaign_picture_library")
PAGES_URL = reverse_lazy("admin:campaign_externallink_pages")
library_js = Script("js/library.js", defer=True)


def library_config():
    """Return the URLs and texts of the library dialog, read by library.js from a data attribute."""
    return {
        "library": str(LIBRARY_URL),
        "maxBytes": MAX_BYTES,
        "languages": dict(settings.LANGUAGES),
        "words": {
            "title": _("Choose a picture"),
            "search": _("Search by what it shows"),
            "found": _("Pictures found:"),
            "none": _("No pictures match your search."),
            "empty": _("There are no pictures yet."),
            "failed": _("The library cannot be opened. Are you still signed in, and are you allowed to see pictures?"),
            "newer": _("Newer"),
            "older": _("Older"),
            "upload": _("Upload a new picture"),
            "file": _("Picture file"),
            "file_help": Picture._meta.get_field("file").help_text,
            "too_large": TOO_MANY_BYTES,
            "alt": Picture._meta.get_field("alt_sq").verbose_name,
            "alt_help": Picture._meta.get_field("alt_sq").help_text,
            "decorative": Picture._meta.get_field("is_decorative").verbose_name,
            "decorative_help": Picture._meta.get_field("is_decorative").help_text,
            "send": _("Upload it and use it here"),
            "sending": _("The picture is being uploaded …"),
            "not_sent": _(
                "The picture was not uploaded. Nothing you typed is lost. Are you still signed in? Try again."
            ),
            "close": _("Close"),
            "choose": _("Choose from the library"),
        },
    }


class PictureSelect(forms.Select):
    """A select of all pictures by description; with JavaScript, a dialog with thumbnails and search."""

    class Media:
        css = {"all": ["css/editor.css"]}
        js = [library_js]

    def get_context(self, name, value, attrs):
        return super().get_context(
            name, value, {**(attrs or {}), "data-library": json.dumps(library_config(), cls=DjangoJSONEncoder)}
        )


class RichText(forms.Textarea):
    """A textarea with HTML; with JavaScript, an editor built from the modules of django-prose-editor.

    The widget of that package needs an inline import map, which the content security policy forbids without a nonce. This
    widget passes the URL of the module to editor.js instead.
    """

    class Media:
        css = {"all": ["css/editor.css"]}
        js = [library_js, Script("js/editor.js", type="module")]

    def get_context(self, name, value, attrs):
        config = library_config()
        config["module"] = static("django_prose_editor/editor.js")
        config["pages"] = str(PAGES_URL)
        config["words"] |= {
            "toolbar": _("Format"),
            "style": _("Kind of paragraph"),
            "paragraph": _("Text"),
            "heading": _("Heading"),
            "subheading": _("Subheading"),
            "bold": _("Bold"),
            "italic": _("Italics"),
            "link": _("Link"),
            "bullets": _("List"),
            "numbers": _("Numbered list"),
            "quote": _("Quote"),
            "picture": _("Picture"),
            "undo": _("Undo"),
            "redo": _("Redo"),
            "find_page": _("Find a page of this site"),
            "find_page_help": _("Part of its title, for example “help”. Choose a page from the list."),
            "pages_found": _("Pages found:"),
            "pages_more": _("The list shows the first ones. Write more of the title to find the others."),
            "no_pages": _("No page has these words in its title."),
            "pages_failed": _("The list cannot be opened. Are you still signed in? You can enter an address below."),
            "address": _("Any other address"),
            "address_help": _("For example: /en/help/, https://crca.al, mailto:name@example.org or tel:116111."),
            "address_wrong": _("Enter an address that begins with /, https://, http://, mailto: or tel:."),
            "save": _("Set the link"),
            "remove": _("Remove the link"),
            "gone": _("This picture is no longer in the library, so the page does not show it."),
        }
        return super().get_context(
            name, value, {**(attrs or {}), "data-editor": json.dumps(config, cls=DjangoJSONEncoder)}
        )
