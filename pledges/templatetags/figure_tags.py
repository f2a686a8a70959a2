"""Tags of the SVG templates in templates/pledges/figures/: text that fits, and positions in loops. Lengths are in pixels."""

from django import template
from django.utils.html import format_html, format_html_join

from pledges.figures import fonts

register = template.Library()


@register.simple_tag
def text(words, x=0, y=0, size=24, weight=500, room=None, anchor="start", css=""):
    """A line of text at x, aligned by `anchor` (an SVG text-anchor), on the baseline y; made smaller until it fits `room`."""
    if room is not None:
        size = fonts.fitted_size(str(words), size, weight, float(room))
    return format_html(
        '<text x="{}" y="{}" font-size="{}" font-weight="{}" text-anchor="{}" class="{}">{}</text>',
        *(x, y, size, weight, anchor, css, words),
    )


@register.simple_tag
def paragraph(*sentences, y=0, size=24, room):
    """Text in as many lines as it needs, from y downwards; each sentence begins a line."""
    lines = [(size * 1.35, line) for each in sentences for line in fonts.wrapped(each, size, 500, room)]
    spans = format_html_join("", '<tspan x="0" dy="{}">{}</tspan>', lines)
    return format_html('<text y="{}" font-size="{}" class="quiet">{}</text>', y, size, spans)


@register.filter
def times(number, factor):
    """The product of a position in a loop and a length, as SVG writes numbers."""
    return f"{number * float(factor):g}"


@register.filter
def scaled(line, factors):
    """Path data of straight lines ("0 0L1 2") with all x and y multiplied by the two factors ("1.5 2")."""
    across, down = map(float, factors.split())
    points = (map(float, point.split()) for point in line.split("L"))
    return "L".join(f"{x * across:.1f} {y * down:.1f}" for x, y in points)
