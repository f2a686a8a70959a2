"""Template filters of content pages. They run no queries."""

import json

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from campaign import richtext

register = template.Library()

# The escapes of Django's json_script: no text can close the element.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.filter
def ld_json(data):
    """Render a dictionary as a JSON-LD block, which browsers do not execute."""
    text = json.dumps(data, ensure_ascii=False).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped above


@register.filter
def rich(html, pictures):
    """Sanitise rich text, which may not have come through save(), and insert its pictures ({id: Picture})."""

    def render(pk):
        return render_to_string("campaign/figure.html", {"picture": pictures[pk]}) if pk in pictures else ""

    return mark_safe(richtext.render_pictures(richtext.clean(html), render))  # noqa: S308 - sanitised; pictures come from a template
