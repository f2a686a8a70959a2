"""Views of files: the picture library, and well-known files such as robots.txt."""

from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign.content import SiteContent
from campaign.pictures import files as pictures
from campaign.settings.models import contact_url
from pledges.database import UNAVAILABLE
from pledges.languages import LANGUAGE_CODES
from pledges.serving.http import embeddable, mark_public, public_page, read_only

FAVICON = settings.BASE_DIR / "static" / "icons" / "favicon.ico"
MIME_TYPES = pictures.MIME_TYPES | {"pdf": "application/pdf"}
# Only for URLs that change with their content.
IMMUTABLE = "public, max-age=31536000, immutable"


@embeddable
@read_only
def library_file(request, name):
    """Serve an uploaded picture or material where nginx does not. Its name changes with its content: cached as immutable."""
    try:
        file = default_storage.open(name)
    except FileNotFoundError:
        raise Http404 from None
    kind = name.rpartition(".")[2]
    # Browsers do not show PDF under the content security policy of the site.
    response = FileResponse(file, content_type=MIME_TYPES[kind], as_attachment=kind == "pdf")
    return mark_public(response, IMMUTABLE)


@read_only
def favicon(request):
    """Serve the icon at the address where programs look that read no page; nginx does it in production."""
    return mark_public(FileResponse(FAVICON.open("rb"), content_type="image/x-icon"), "public, max-age=86400")


@read_only
def security_txt(request):
    """Serve the security contact (RFC 9116), without an address the form. Its required expiry is always a year from now.

    A process that has never reached the database names the form.
    """
    expires = (timezone.now() + timedelta(days=365)).strftime("%Y-%m-%dT00:00:00Z")
    try:
        address = SiteContent.current().settings.security_contact
    except UNAVAILABLE:
        address = ""
    lines = [
        f"Contact: {contact_url(address) if address else settings.SITE_URL + reverse('pledges:enquiry_site')}",
        f"Expires: {expires}",
        f"Preferred-Languages: {', '.join(LANGUAGE_CODES)}",
        f"Canonical: {settings.SITE_URL}{request.path}",
        "",
    ]
    return mark_public(HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8"))


@public_page
def robots(request):
    """Serve robots.txt. Personal pages are not listed in it: they carry a noindex header."""
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
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
