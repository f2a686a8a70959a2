"""Structured data for search engines (schema.org), as dictionaries to be rendered as JSON-LD."""

from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import get_language

from pledges.sharing import BRANDS, brand

CONTEXT = "https://schema.org"


def organization():
    return {
        "@context": CONTEXT,
        **_movement(),
        "alternateName": [*(name for name in BRANDS.values() if name != brand()), "Ne jemi 1", "We are 1"],
        "foundingDate": "2020-07-23",
        "foundingLocation": {
            "@type": "Place",
            "name": "Tirana",
            "address": {"@type": "PostalAddress", "addressLocality": "Tirana", "addressCountry": "AL"},
        },
        "areaServed": {"@type": "Country", "name": "Albania"},
        "founder": [{"@type": "Organization", "name": name} for name in ("CRCA/ECPAT Albania", "Barnahus Albania")],
    }


def _movement():
    """The movement as organisation, with what is also required of an author and a publisher."""
    return {
        "@type": "Organization",
        "name": brand(),
        "url": f"{settings.SITE_URL}/{get_language()}/",
        "logo": {
            "@type": "ImageObject",
            "url": settings.SITE_URL + static("icons/icon-512.png"),
            "width": 512,
            "height": 512,
        },
    }


def article(article):
    return {
        "@context": CONTEXT,
        "@type": "NewsArticle",
        "headline": article.title,
        "description": article.lead,
        "datePublished": article.date.isoformat(),
        "dateModified": article.changed_at.isoformat(),
        "inLanguage": get_language(),
        "mainEntityOfPage": settings.SITE_URL + article.get_absolute_url(),
        "image": settings.SITE_URL + article.card_url,
        "author": _movement(),
        "publisher": _movement(),
    }


def event(event):
    town = event.municipality
    address = {"addressLocality": town.name, "addressCountry": "AL"} if town else {}
    begins, ends = (
        (day.isoformat() for day in (event.first_day, event.last_day))
        if event.is_all_day
        else (timezone.localtime(at).isoformat() for at in (event.begins, event.ends))
    )
    return {
        "@context": CONTEXT,
        "@type": "Event",
        "name": event.title,
        "description": event.summary,
        "startDate": begins,
        "endDate": ends,
        "eventStatus": f"{CONTEXT}/EventScheduled",
        "inLanguage": get_language(),
        "url": settings.SITE_URL + event.get_absolute_url(),
        "location": {"@type": "Place", "name": event.place, "address": {"@type": "PostalAddress", **address}},
        "organizer": _movement(),
    }


def breadcrumbs(trail):
    """Return the BreadcrumbList of (name, path) pairs, the levels below the home page."""
    return {
        "@context": CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": settings.SITE_URL + path}
            for position, (name, path) in enumerate(trail, start=1)
        ],
    }
