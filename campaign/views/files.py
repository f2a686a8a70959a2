"""Views of files: link preview images, the picture library, and well-known files such as robots.txt."""

from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign.content import SiteContent
from campaign.models import Article, Page
from campaign.pictures import MIME_TYPES
from pledges.figures.brand import brand
from pledges.figures.cards import draw
from pledges.http import embeddable, in_named_language, mark_public, public_page, read_only

# The key of the site's own link preview image.
SITE_CARD = "card"
# Only for URLs that change with their content.
IMMUTABLE = "public, max-age=31536000, immutable"


@embeddable
@in_named_language
@public_page
def picture(request, language, kind, key):
    """Serve the link preview image (og:image): the title of the site, a page or an article, drawn in one language."""
    content = SiteContent.current()
    if kind == "site":
        title = content.texts[language]["every_card"] if key == SITE_CARD else None
    else:
        row = content.by_slug({"page": Page, "news": Article}[kind], language).get(key)
        title = row and (row.share_title or row.title)
    if title is None:
        raise Http404
    return HttpResponse(draw("card", title, brand()), content_type="image/png")


@embeddable
@read_only
def library_file(request, name):
    """Serve a file of the picture library where nginx does not. Its name changes with its content: cached as immutable."""
    try:
        file = default_storage.open(name)
    except FileNotFoundError:
        raise Http404 from None
    return mark_public(FileResponse(file, content_type=MIME_TYPES[name.rpartition(".")[2]]), IMMUTABLE)


@read_only
def security_txt(request):
    """Serve the security contact (RFC 9116). Its required expiry is always a year from now."""
    expires = (timezone.now() + timedelta(days=365)).strftime("%Y-%m-%dT00:00:00Z")
    lines = ["Contact: https://crca.al", f"Expires: {expires}", "Preferred-Languages: sq, en", ""]
    return mark_public(HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8"))


@public_page
def robots(request):
    """Serve robots.txt. Personal pages are not listed in it: they carry a noindex header."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@public_page
def manifest(request):
    """Serve the web manifest: name, colours and icons for the home screen of a phone."""
    return JsonResponse(
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
