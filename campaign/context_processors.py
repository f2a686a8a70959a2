"""What every page needs: the strip, the way out, the menu, and the same page in the other language."""

from types import SimpleNamespace

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.urls import reverse, translate_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign.models import HelpChannel, SiteSettings
from campaign.starter import FOLDER
from pledges.starter import load

# Seconds: how long a change of the strip may take to show on every page.
KEEP_STRIP = 30
NAMES = {"sq": "Shqip", "en": "English"}


def site(request):
    """Context of every page; in the admin nothing of it is needed."""
    if request.path_info.startswith("/admin/"):
        return {}
    language = get_language()
    exit_url, channels = _strip()
    other = "en" if language == "sq" else "sq"
    return {
        "brand": "#NEJEMI1" if language == "sq" else "#WEARE1",
        "site_url": settings.SITE_URL,
        "exit_url": exit_url,
        "strip_channels": [
            {"tel": channel.tel, "number": channel.number, "short": getattr(channel, f"short_{language}")}
            for channel in channels
        ],
        "switch": {"code": other, "name": NAMES[other], "url": _in_language(request.get_full_path(), other)},
        "alternates": _alternates(request),
        "nav": [_link(request, name, label) for name, label in _menu()],
        "footer_links": [[_link(request, name, label) for name, label in column] for column in _footer()],
    }


def _in_language(path, language):
    """The same page in a language; where no page is, the home of that language."""
    translated = translate_url(path, language)
    return f"/{language}/" if translated == path else translated


def _alternates(request):
    """A public page's address in each language. Personal pages and missing ones have none: nobody should pass those on."""
    match = request.resolver_match
    if match is None or match.kwargs:
        return []
    return [{"code": code, "url": settings.SITE_URL + translate_url(request.path, code)} for code in ("sq", "en")]


def _menu():
    return [
        ("pledges:totals", _("How many we are")),
        ("campaign:help", _("Help")),
        ("pledges:my_pledge", _("My pledge")),
    ]


def _footer():
    return [
        [
            ("campaign:help", _("Help and reporting")),
            ("pledges:sign", _("Sign the pledge")),
            ("pledges:totals", _("How many we are")),
        ],
        [("pledges:my_pledge", _("Send me my link")), ("campaign:privacy", _("Privacy notice"))],
        [("totals_json", _("Open data (JSON)")), ("totals_csv", _("Open data (CSV)"))],
    ]


def _link(request, name, label):
    url = reverse(name)
    return {"url": url, "label": label, "current": url == request.path}


def _strip():
    """The quick exit's target and the channels of the strip; from the starter content while the database is away."""
    strip = cache.get("strip")
    if strip is None:
        try:
            strip = (SiteSettings.load().exit_url, list(HelpChannel.objects.shown().filter(in_strip=True)))
        except DatabaseError:
            rows = [row for row in load("channels", FOLDER) if row["in_strip"]]
            return SiteSettings().exit_url, [SimpleNamespace(**row) for row in rows]
        cache.set("strip", strip, KEEP_STRIP)
    return strip
