"""Rich text that cannot carry anything from elsewhere: what staff may write, and what is taken out on save.

A picture of the library stands in it as `<figure data-picture="17"></figure>`, without address or words: those are the library's.
"""

import re
from html import unescape
from html.parser import HTMLParser

import nh3

TAGS = {"h2", "h3", "p", "br", "ul", "ol", "li", "strong", "em", "a", "blockquote", "dl", "dt", "dd", "figure"}
ATTRIBUTES = {"a": {"href", "hreflang"}, "figure": {"data-picture"}}
SCHEMES = {"http", "https", "mailto", "tel"}

PICTURE_MARKER = 'data-picture="'
FIGURE = re.compile(rf'<figure {PICTURE_MARKER}([1-9]\d{{0,8}})"></figure>')
# As nh3 writes its tags.
FIGURE_TAG = re.compile(r'<figure(?: data-picture="([^"]*)")?>|</figure>')


def clean(html):
    """The text with nothing but the tags and links above: no script, frame, style, foreign picture or handler survives."""
    html = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noreferrer")
    return FIGURE_TAG.sub(_figure, html).strip()


def is_empty(html):
    """Whether nothing of a text can be read or seen once it is clean."""
    return not (picture_ids(clean(html)) or unescape(nh3.clean(html, tags=set())).strip())


def _figure(tag):
    """A picture's mark, empty and closed; what stood in it follows after. A figure of anything else goes."""
    return f'<figure {PICTURE_MARKER}{tag[1]}"></figure>' if _is_id(tag[1]) else ""


def _is_id(text):
    return re.fullmatch(r"[1-9][0-9]{0,8}", text or "") is not None


def picture_ids(html):
    """Ids of the pictures in a text, in order."""
    return [int(found) for found in FIGURE.findall(html)]


def render_pictures(html, draw):
    """The text with each picture's mark replaced by what `draw(id)` gives, which is safe HTML or nothing."""
    return FIGURE.sub(lambda mark: draw(int(mark[1])), html)


def removed_markup(html):
    """What `clean` takes out, as names in order ("iframe", "style"); an editor is told of it."""
    finder = _Finder()
    finder.feed(html)
    finder.close()
    return sorted(finder.found)


class _Finder(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        # What the browser or nh3 adds by itself is not worth a word.
        known = ATTRIBUTES.get(tag, set()) | {"rel"}
        if tag not in TAGS or (tag == "figure" and not _is_id(dict(attrs).get("data-picture"))):
            self.found.add(tag)
        self.found.update(name for name, _value in attrs if tag in TAGS and name not in known)
        if any(name == "href" and ":" in (value or "") and value.split(":")[0] not in SCHEMES for name, value in attrs):
            self.found.add("href")
