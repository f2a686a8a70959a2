"""Template filters of the pledge pages. They format, they do not query."""

from django import template

register = template.Library()


@register.filter
def option_detail(form, value):
    """What a choice of `form` carries beside its label: `form.option_details[value]`, or None.

    A detail is a dictionary with any of `color` (a sector's class, "s1"), `hint` (always shown) and
    `html` (safe words shown only while the choice is chosen).
    """
    return getattr(form, "option_details", {}).get(str(value))
