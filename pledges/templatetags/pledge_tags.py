"""Template filters and tags of the pledge pages. They run no queries."""

import re

from django import template
from django.utils.html import conditional_escape, escape, format_html_join
from django.utils.safestring import mark_safe

from pledges import numbers
from pledges.content import PledgeContent
from pledges.mail.content import ADDRESS

register = template.Library()
# In the row of what became of a commitment.
DOTS = 20
register.filter(numbers.number)
register.filter(numbers.decimal)


@register.filter
def option_detail(form, value):
    """The details that a choice of `form` shows beside its label: `form.option_details[value]`, or None.

    A dictionary with any of `color` (the sector's CSS class, "s1"), `hint` (always shown), `html` (safe HTML, shown while the
    choice is selected) and `hides_name` (whether selecting it hides the check box for showing one's name).
    """
    return getattr(form, "option_details", {}).get(str(value))


@register.filter
def kept(figures):
    """The kinds of the DOTS dots of CommitmentFigures, as a list of "done", "other" and "silent".

    None if nothing is known of those who have done it, too few were asked, or most are in parts too small to be shown.
    """
    if not figures or not figures.asked or not figures.done or figures.rest > figures.asked / 2:
        return None
    done = max(1, round(DOTS * figures.done / figures.asked))
    # The parts are blurred each, so their sum can be above the number of people who were asked.
    silent = min(DOTS - done, round(DOTS * figures.silent / figures.asked))
    return ["done"] * done + ["other"] * (DOTS - done - silent) + ["silent"] * silent


@register.simple_tag
def is_mail_slow():
    """Whether our emails take longer than usual at present."""
    return PledgeContent.current().is_mail_slow


@register.filter
def bar_percent(part, whole):
    """The length of a bar in percent, from 2 to 98 to leave room for round ends, with a decimal point for CSS and SVG."""
    return f"{2 + 96 * part / whole:.1f}" if whole else "0"


@register.filter
def link_addresses(text, place=""):
    """The text as HTML, with every whole address in it as a link. Names such as “example.org” stay as they are.

    With "mail" as place the links have the style of mails; otherwise following one sends no referrer.
    """
    attribute = mark_safe('style="color:#2a3bb7"' if place == "mail" else 'rel="noreferrer nofollow"')
    *pairs, rest = ADDRESS.split(text)
    links = zip(pairs[::2], pairs[1::2], strict=True)
    html = format_html_join("", '{}<a href="{}" {}>{}</a>', ((words, url, attribute, url) for words, url in links))
    return html + escape(rest)


@register.filter
def link_address(html, url):
    """The text as HTML, with every occurrence of this URL, and of one below it, as a link."""
    whole = rf"{re.escape(escape(url))}(?:[\w-]+/)*"
    return mark_safe(re.sub(whole, r'<a href="\g<0>" style="color:#2a3bb7">\g<0></a>', conditional_escape(html)))
