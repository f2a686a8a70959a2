"""Structured data for search engines (schema.org), as dictionaries to be rendered as JSON-LD."""

from django.conf import settings
from django.utils.translation import get_language

from pledges.figures.brand import BRANDS, brand

CONTEXT = "https://schema.org"


def organization():
    """Return the Organization of the movement."""
    return {
        "@context": CONTEXT,
        "@type": "Organization",
        "name": brand(),
        "alternateName": list(BRANDS.values()),
        "url": f"{settings.SITE_URL}/{get_language()}/",
        "foundingDate": "2020-07-23",
        "foundingLocation": "Tirana",
        "founder": [{"@type": "Organization", "name": name} for name in ("CRCA/ECPAT Albania", "Barnahus Albania")],
    }


def article(article):
    """Return the NewsArticle of an Article."""
    data = {
        "@context": CONTEXT,
        "@type": "NewsArticle",
        "headline": article.title,
        "description": article.lead,
        "datePublished": article.date.isoformat(),
        "dateModified": article.changed_at.isoformat(),
        "inLanguage": get_language(),
        "mainEntityOfPage": settings.SITE_URL + article.get_absolute_url(),
        "publisher": {"@type": "Organization", "name": organization()["name"]},
    }
    if article.picture:
        data["image"] = settings.SITE_URL + article.picture.fallback_url
    return data


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
