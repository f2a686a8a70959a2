"""Admin of statistics; base of the admin of demands, voices and organisations; the public page of a draft for previews."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest
from django.urls import NoReverseMatch, resolve
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from campaign.publishing.models import Statistic
from pledges.serving import snapshot
from staff.admin.base import pairs
from staff.admin.content import MissingLanguageFilter
from staff.admin.drafts import DraftedAdmin, StateFilter

# The frame shows one page: its links lead nowhere, and its sandbox runs no script.
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
LINK = re.compile(r"(<a\b[^>]*?)\shref=(?:\"[^\"]*\"|[^\s>]*)")


class ContentItemAdmin(DraftedAdmin):
    """Base of the admin classes of ContentItem models."""

    list_filter = [StateFilter, MissingLanguageFilter]
    shown_at = "campaign:home"
    placement_fieldset = (_("Order"), {"fields": ["key", "position"]})


@admin.register(Statistic)
class StatisticAdmin(ContentItemAdmin):
    list_display = ["value", "text", "year", "on_home", "both_languages", "publication", "position"]
    fieldsets = [
        (None, {"fields": [*pairs("value", "text", "age", "method", "source"), "year", "url", "on_home"]}),
        ContentItemAdmin.placement_fieldset,
    ]


def render_unpublished(page_of, language):
    """The response with the path `page_of()`, as if the draft were published: a page without the targets of its links.

    None if none shows the draft yet. Nothing is written.
    """
    with translation.override(language), snapshot.unpublished():
        try:
            response = _render(page_of(), language)
        except (Http404, NoReverseMatch):
            return None
    if response and response.headers["Content-Type"].startswith("text/html"):
        response.content = LINK.sub(r"\1", SCRIPT.sub("", response.content.decode()))
    return response


def _render(path, language):
    if path is None:
        return None
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.META |= {
        "HTTP_HOST": urlsplit(settings.SITE_URL).netloc,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SCRIPT_NAME": "",
    }
    request.environ, request.LANGUAGE_CODE = request.META, language
    request.resolver_match = match = resolve(path)
    response = match.func(request, *match.args, **match.kwargs)
    return response if response.status_code == 200 else None
