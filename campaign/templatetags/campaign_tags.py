"""Template filters of the movement's pages. They format, they do not query."""

import json

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from campaign import richtext

register = template.Library()

# As Django's json_script: no text can end the element.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.filter
def ld_json(data):
    """A dictionary as a JSON-LD block: data for search engines, not a script that runs."""
    text = json.dumps(data, ensure_ascii=False).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped above


@register.filter
def rich(html, pictures):
    """Rich text as it may be shown: cleaned once more, whoever wrote it into the database, and with its pictures (by id)."""

    def draw(pk):
        return render_to_string("campaign/figure.html", {"picture": pictures[pk]}) if pk in pictures else ""

    return mark_safe(richtext.render_pictures(richtext.clean(html), draw))  # noqa: S308 - cleaned, and drawn by our own template
