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
def handed_over(people, county):
    """The hand-over to show on the page of a county with this published number of people, or None."""
    return handover_of_place(people, county.pk)


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

    def render(pk):
        return render_to_string("campaign/pages/figure.html", {"picture": pictures[pk]}) if pk in pictures else ""

    html = LONE_LINK.sub('class="more" ', html)
    return mark_safe(richtext.render_pictures(html, render))  # noqa: S308 - sanitised; pictures come from a template
