"""Template filters of the movement's pages. They format, they do not query."""

import json

from django import template
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
def rich(html):
    """Rich text as it may be shown: cleaned once more, whoever wrote it into the database."""
    return mark_safe(richtext.clean(html))  # noqa: S308 - cleaned
