"""Rich text: allowed markup, pictures of the library, and the blocks that the checks read.

A picture is stored as `<figure data-picture="17"></figure>`. Its URL and description come from the library when it is rendered.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

import nh3

from pledges.mail.content import ADDRESS

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


BLOCKS = {"p", "h2", "h3", "li", "blockquote", "dt", "dd"}


@dataclass
class TextBlock:
    """One paragraph, heading or list item. `text` is plain, `links` are [href, hreflang, text]."""

    tag: str
    text: str = ""
    links: list = field(default_factory=list)

    @property
    def is_heading(self):
        """Whether it is a heading of any level."""
        return self.tag in ("h2", "h3")


class _Parser(HTMLParser):
    """Reads sanitised HTML. What stands outside all blocks is a paragraph."""

    def __init__(self):
        super().__init__()
        self.blocks, self.link = [TextBlock("p")], None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in BLOCKS:
            self.blocks.append(TextBlock(tag))
        elif tag == "br":
            self.blocks[-1].text += "\n"
        elif tag == "a":
            self.link = [attributes.get("href") or "", attributes.get("hreflang") or "", ""]
            self.blocks[-1].links.append(self.link)

    def handle_endtag(self, tag):
        if tag == "a":
            self.link = None
        elif tag in BLOCKS:
            # What follows without a tag of its own is a paragraph.
            self.blocks.append(TextBlock("p"))

    def handle_data(self, data):
        self.blocks[-1].text += data
        if self.link:
            self.link[2] += data


def blocks(value, is_rich):
    """The blocks of a text that have words, and its headings. A plain text has one for each paragraph.

    The links of a plain text are the addresses in it, which have no words of their own.
    """
    if not is_rich:
        paragraphs = [text for text in re.split(r"\n\s*\n", value) if text.strip()]
        return [TextBlock("p", text, [(url, "", "") for url in ADDRESS.findall(text)]) for text in paragraphs]
    parser = _Parser()
    parser.feed(clean(value))
    parser.close()
    return [block for block in parser.blocks if block.text.strip() or block.is_heading]
