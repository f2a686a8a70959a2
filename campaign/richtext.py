"""Sanitising of rich text: allowed markup, and pictures of the library.

A picture is stored as `<figure data-picture="17"></figure>`. Its URL and description come from the library when it is rendered.
"""

import re
from html import unescape

import nh3

ALLOWED_TAGS = {"h2", "h3", "p", "br", "ul", "ol", "li", "strong", "em", "a", "blockquote", "dl", "dt", "dd", "figure"}
ALLOWED_ATTRIBUTES = {"a": {"href", "hreflang"}, "figure": {"data-picture"}}
ALLOWED_SCHEMES = {"http", "https", "mailto", "tel"}

# Start of the attribute that marks a picture; the models also search texts for it.
PICTURE_MARKER = 'data-picture="'
FIGURE = re.compile(rf'<figure {PICTURE_MARKER}([1-9]\d{{0,8}})"></figure>')
# Anything that a browser could read as a figure tag; an attribute value may contain ">".
FIGURE_TAG = re.compile(r"""</?figure\b(?:"[^"]*"|'[^']*'|[^"'>])*>?""", re.IGNORECASE)
PICTURE_ID = re.compile(rf'{PICTURE_MARKER}([1-9][0-9]{{0,8}})"')


def clean(html):
    """Return the HTML with the allowed tags, attributes and URL schemes only."""
    html = nh3.clean(
        html, tags=ALLOWED_TAGS, attributes=ALLOWED_ATTRIBUTES, url_schemes=ALLOWED_SCHEMES, link_rel="noreferrer"
    )
    return FIGURE_TAG.sub(_empty_figure, html).strip()


def is_empty(html):
    """Whether the sanitised HTML has neither text nor pictures."""
    return not (picture_ids(clean(html)) or unescape(nh3.clean(html, tags=set())).strip())


def _empty_figure(tag):
    """Replace an opening figure tag by an empty figure, so that its content follows it; drop all other figure tags.

    Only the number of the picture is taken from the tag, so its other attributes never reach a page.
    """
    picture = PICTURE_ID.search(tag[0])
    return f'<figure {PICTURE_MARKER}{int(picture[1])}"></figure>' if picture else ""


def picture_ids(html):
    """Return the ids of the pictures in sanitised HTML, in order."""
    return [int(pk) for pk in FIGURE.findall(html)]


def render_pictures(html, render):
    """Replace each picture in sanitised HTML by the result of `render(id)`, which is safe HTML or empty."""
    return FIGURE.sub(lambda figure: render(int(figure[1])), html)
