"""Template filters of the pledge pages. They format, they do not query."""

from django import template
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import mark_safe

from pledges.models import numbers

register = template.Library()
register.filter(numbers.number)
register.filter(numbers.decimal)


@register.filter
def option_detail(form, value):
    """What a choice of `form` carries beside its label: `form.option_details[value]`, or None.

    A detail is a dictionary with any of `color` (a sector's class, "s1"), `hint` (always shown), `html` (safe words shown
    only while the choice is chosen) and `hides_name` (the offer to show one's name goes with it).
    """
    return getattr(form, "option_details", {}).get(str(value))


@register.filter
def share(part, whole):
    """Percent of a bar's length, from 2 to 98 (its ends are round), as CSS and SVG write numbers."""
    return f"{2 + 96 * part / whole:.1f}" if whole else "0"


@register.filter
def linked(html, url):
    """The same HTML with this address of ours made a link wherever it stands."""
    link = format_html('<a href="{}" style="color:#2a3bb7">{}</a>', url, url)
    return mark_safe(conditional_escape(html).replace(escape(url), link))
