"""The movement's pages."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from campaign.models import HelpChannel
from pledges import totals
from pledges.charts import mosaic
from pledges.http import mark_public, public_page, read_only
from pledges.models import PledgingSettings
from pledges.vows import vows


@read_only
def root(request):
    """To the Albanian home, unless English is preferred: the only address that varies by Accept-Language."""
    wanted = [code.split("-")[0] for code, _q in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]
    language = next((code for code in wanted if code in ("sq", "en")), "sq")
    with translation.override(language):
        response = HttpResponseRedirect(reverse("campaign:home"))
    response.headers["Vary"] = "Accept-Language"
    return mark_public(response)


@public_page
def home(request):
    """What the movement is, how many have pledged, and the way to pledge."""
    read = totals.read()
    goal = PledgingSettings.load().goal_above(read.total)
    context = {
        "totals": read,
        "goal": goal,
        "one": mosaic(read.sectors, goal),
        "vows": vows(),
    }
    return render(request, "campaign/home.html", context)


@public_page
def help_page(request):
    """Whom to call or write to, now: the lightest page of the site."""
    channels = list(HelpChannel.objects.shown())
    context = {
        "calls": [channel for channel in channels if channel.in_strip],
        "others": [channel for channel in channels if not channel.in_strip],
        "abroad": [channel for channel in channels if channel.from_abroad],
        "verified_on": min((channel.verified_on for channel in channels if channel.verified_on), default=None),
    }
    return render(request, "campaign/help.html", context)


@public_page
def privacy(request):
    """The privacy notice, a text of its own in each language."""
    return render(request, "campaign/privacy.html", {"notice": f"campaign/privacy/{request.LANGUAGE_CODE}.html"})


def bad_request(request, exception):
    """400: what was sent was too much or malformed; nothing of it was kept."""
    return render(request, "400.html", status=400)


@read_only
def robots(request):
    """What search engines may read: all but staff's and personal pages, which are marked noindex themselves."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
        "",
    ]
    return mark_public(HttpResponse("\n".join(lines), content_type="text/plain"))


@read_only
def manifest(request):
    """The web manifest: name, colours and icons for a phone's home screen."""
    return mark_public(
        JsonResponse(
            {
                "name": _("We are 1"),
                "short_name": "#NEJEMI1",
                "start_url": "/",
                "display": "browser",
                "background_color": "#fffdfa",
                "theme_color": "#1b1f3b",
                "icons": [
                    {"src": static(f"icons/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
                    for size in (192, 512)
                ],
            },
            content_type="application/manifest+json",
        )
    )
