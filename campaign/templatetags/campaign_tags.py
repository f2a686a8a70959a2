"""Template filters and tags of content pages. Those of pages run no queries."""

import json
import re

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext

from campaign import richtext
from campaign.content import SiteContent
from campaign.demands.models import handover_of_place
from campaign.handouts.models import Handout
from campaign.pages.models import Page

register = template.Library()

# A paragraph of rich text that is one link.
LONE_LINK = re.compile(r"(?<=<p><a )(?=[^>]*>(?:(?!</a>).)*</a></p>)", re.DOTALL)
# The escapes of Django's json_script: no text can close the element.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}

# Where `unbroken` keeps words together.
# A number that a link calls, as long as it fits on a narrow screen.
CALL = r'(?P<link><a href="tel:[^>]*>)(?P<call>\+?\d[\d ]{2,20})(?=</a>)'
# Tags, elements without lines of text, and a word that is the whole text of an element, such as the label of a field.
NO_LINES = r"<(?P<element>script|style|svg|text|select|textarea)\b.*?</(?P=element)>|<[^>]*>|(?<=>)[^\s<]+(?=<)"
# "116 111". Longer numbers may be wider than a narrow screen.
NUMBER = r"(?<!\d )(?<!\+)\b(?P<first>\d{2,4}) (?P<second>\d{2,4})\b(?! \d)"
# "20 November": day and month.
MONTHS = (
    "janar|shkurt|mars|prill|maj|qershor|korrik|gusht|shtator|tetor|nëntor|dhjetor|"
    "January|February|March|April|May|June|July|August|September|October|November|December"
)
DATE = rf"(?<=\d) (?=(?:{MONTHS})(?:i|it|in|u|un|ut)?\b)"
# "18–19 November": a line may not end after the dash.
RANGE = r"(?<=\d)–(?=\d)"
# "E besoj." and "I listen.": one letter and one word. "Ne jemi 1", the name of the movement. "Law no. 18".
NAME = r"(?<=\bNe) (?=jemi 1\b)|(?<=\bNe jemi) (?=1\b)|(?<=\bWe) (?=are 1\b(?!,))|(?<=\bWe are) (?=1\b(?!,))"
SENTENCE = rf"(?<=\b[EI]) (?=\w+[.!?])|{NAME}|(?<=\bn[ro]\.) (?=\d)"
# "ALO-s", "email-in" and "e-mail", but no part of an address.
ENDINGS = "i|in|it|et|eve|ve|ja|n|në|s|së|t|u|un|ut|a|at|ave"
WORD = rf"(?<![\w@./-])(?P<before>[^\W\d_]+-)(?P<after>(?:{ENDINGS})|(?<=\be-)[^\W\d_]+)(?![\w-]|[@./]\w)"
PATTERN = re.compile(rf"{CALL}|{NO_LINES}|{NUMBER}|{WORD}|(?P<range>{RANGE})|(?P<space>{DATE}|{SENTENCE})", re.DOTALL)
NO_BREAK_SPACE, WORD_JOINER = "\u00a0", "\u2060"


@register.filter
def ld_json(data):
    """Render a dictionary as a JSON-LD block, which browsers do not execute."""
    text = json.dumps(data, ensure_ascii=False).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped above


@register.inclusion_tag("campaign/handouts/handouts.html", takes_context=True)
def group_handouts(context):
    """What an approved group can print. For the page behind the link of its adult."""
    return {"token": context["request"].resolver_match.kwargs["token"]}


@register.inclusion_tag("campaign/handouts/class_handouts.html")
def class_handouts():
    """Items of a list: what every class or office can print. The lesson outline is among them once it is reviewed."""
    lesson = SiteContent.current().handouts[Handout.Key.LESSON]
    return {"language": get_language(), "has_lesson": lesson.is_shown}


@register.simple_tag
def page_of_sector(sector):
    """The page of a sector for staff, published or not, or None. It runs a query."""
    return Page.objects.originals().filter(sector=sector).first()


@register.simple_tag
def handed_over(county):
    """The hand-over to show on the page of a county, or None."""
    return handover_of_place(county.pk)


@register.filter
def quoted(words):
    """The words in the quotation marks of the active language."""
    return gettext("“%(words)s”") % {"words": words}


@register.filter
def rich(html, pictures):
    """Sanitise rich text, which may not have come through save(), and insert its pictures ({id: Picture})."""
    return pictured(richtext.clean(html), pictures)


@register.filter
def pictured(html, pictures):
    """Insert the pictures ({id: Picture}) into rich text that is sanitised, such as that of a Section.

    A link that is a paragraph of its own becomes as high as a finger needs.
    """

    def render(figure):
        picture = pictures.get(int(figure[1]))
        return render_to_string("campaign/pages/figure.html", {"picture": picture}) if picture else ""

    html = richtext.FIGURE.sub(render, LONE_LINK.sub('class="more" ', html))
    return mark_safe(html)  # noqa: S308 - sanitised; pictures come from a template


@register.filter(is_safe=True)
def unbroken(html):
    """The HTML with no-break spaces and word joiners in these places. Elements would disturb flex layouts."""
    return PATTERN.sub(_joined, html)


def _joined(found):
    part = found.groupdict()
    if part["call"]:
        return part["link"] + part["call"].replace(" ", NO_BREAK_SPACE)
    if part["first"]:
        return part["first"] + NO_BREAK_SPACE + part["second"]
    if part["before"]:
        return part["before"] + WORD_JOINER + part["after"]
    if part["range"]:
        return "–" + WORD_JOINER
    return NO_BREAK_SPACE if part["space"] else found[0]
