"""Rich text that cannot carry anything from elsewhere: what staff may write, and what is taken out on save."""

from html.parser import HTMLParser

import nh3

TAGS = {"h2", "h3", "p", "br", "ul", "ol", "li", "strong", "em", "a", "blockquote", "dl", "dt", "dd"}
ATTRIBUTES = {"a": {"href", "hreflang"}}
SCHEMES = {"http", "https", "mailto", "tel"}


def clean(html):
    """The text with nothing but the tags and links above: no script, frame, style, picture or handler survives."""
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noreferrer").strip()


def taken_out(html):
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
        if tag not in TAGS:
            self.found.add(tag)
        self.found.update(name for name, _value in attrs if tag in TAGS and name not in known)
        if any(name == "href" and ":" in (value or "") and value.split(":")[0] not in SCHEMES for name, value in attrs):
            self.found.add("href")
