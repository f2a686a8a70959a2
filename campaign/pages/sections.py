"""Rich text in sections: split at its headings, so that a page can lay them out, list them and link to them."""

from dataclasses import dataclass
from functools import cached_property
from html import unescape
from html.parser import HTMLParser

from django.utils.html import strip_tags
from django.utils.text import slugify

# Ids that the templates of pages use: no anchor may equal them.
RESERVED_IDS = {"content", "contents"}
MAX_ANCHOR_LENGTH = 60
LISTS = ("<ul>", "<ol>")


@dataclass(frozen=True)
class PageSection:
    """A part of a text. `heading` and `html` are sanitised HTML, `heading` without its tag; both may be empty, not together.

    `title` is the heading as plain text. `anchor` is unique on the page and empty without a heading.
    """

    heading: str
    title: str
    anchor: str
    html: str

    @cached_property
    def parts(self):
        """The subsections at the headings of level three. The first one has no heading if text comes before them."""
        return _sections(self.html, "h3")

    @property
    def is_question(self):
        """Whether the heading is a question."""
        return self.title.endswith("?")

    @property
    def questions(self):
        """The subsections if there are any and each heading is a question, otherwise nothing."""
        titled = [part for part in self.parts if part.title]
        return titled if all(part.is_question for part in titled) else []

    @property
    def shape(self):
        """What the text has: "columns" (headings of level three), "stages" (a list), "sentence" (one paragraph) or "text"."""
        if any(part.title for part in self.parts):
            return "columns"
        if any(tag in self.html for tag in LISTS):
            return "stages"
        return "sentence" if self.html.count("<p>") == 1 and "<blockquote" not in self.html else "text"


def sections(html, taken=()):
    """Split sanitised HTML at its headings of level two: a list of Section. No anchor is one of the ids that are `taken`.

    Text before the first heading is a section without heading. A heading without text is dropped, and what follows it belongs to
    the section before. Headings within other elements, such as quotations, do not split.
    """
    return _sections(html, "h2", RESERVED_IDS.union(taken))


def _sections(html, tag, taken=()):
    pairs = []
    for heading, body in split(html, tag):
        if pairs and not plain(heading):
            pairs[-1][1].append(body)
        else:
            pairs.append((heading if plain(heading) else "", [body]))
    # {anchor: the last number that was added to it}
    used = dict.fromkeys(taken, 1)
    found = []
    for heading, bodies in pairs:
        body = "".join(bodies)
        if heading or body.strip():
            title = plain(heading)
            found.append(PageSection(heading, title, _anchor(title, used), body))
    return found


def _anchor(title, used):
    """A slug of the title that is not in `used`, to which it is added; empty without a title."""
    if not title:
        return ""
    slug = slugify(title)[:MAX_ANCHOR_LENGTH].strip("-") or "part"
    anchor = slug
    while anchor in used:
        used[slug] += 1
        anchor = f"{slug}-{used[slug]}"
    used[anchor] = 1
    return anchor


def plain(html):
    """The text of sanitised HTML in one line."""
    return " ".join(unescape(strip_tags(html)).split())


def split(html, tag):
    """[(content of a heading, what follows it)] of sanitised HTML; the first pair has no heading.

    The tag is "h2" or "h3". In the output of `richtext.clean()` every element is closed, except for `<br>`.
    """
    splitter = _Splitter(tag)
    splitter.feed(html)
    splitter.close()
    return [("".join(heading), "".join(body)) for heading, body in splitter.pairs]


class _Splitter(HTMLParser):
    """Copies the markup unchanged into pairs of heading and body, each a list of its pieces."""

    def __init__(self, tag):
        super().__init__(convert_charrefs=False)
        self.tag = tag
        self.depth = 0
        self.pairs = [([], [])]
        # Which of the last pair is copied into: 0 heading, 1 body.
        self.place = 1

    def handle_starttag(self, tag, attrs):
        if tag == self.tag and self.depth == 0:
            self.pairs.append(([], []))
            self.place = 0
        else:
            self._copy(self.get_starttag_text())
        if tag != "br":
            self.depth += 1

    def handle_endtag(self, tag):
        self.depth -= 1
        if tag == self.tag and self.depth == 0:
            self.place = 1
        else:
            self._copy(f"</{tag}>")

    def handle_data(self, data):
        self._copy(data)

    def handle_entityref(self, name):
        self._copy(f"&{name};")

    def handle_charref(self, name):
        self._copy(f"&#{name};")

    def _copy(self, markup):
        self.pairs[-1][self.place].append(markup)
