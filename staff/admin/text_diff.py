"""Word-by-word diff of two texts as HTML, and formatted text as plain text."""

import re
from difflib import SequenceMatcher
from html.parser import HTMLParser

from django.utils.html import format_html_join

# Above this many words on both sides the texts are shown as replaced as a whole: a diff would take seconds.
MAX_WORDS = 4000


def diff_texts(before, after):
    """Two texts as a list of (kind, text), where kind is "same", "deleted" or "inserted": by paragraph, then by word."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    chunks = []
    for kind, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        old_text, new_text = "".join(old[old_start:old_end]), "".join(new[new_start:new_end])
        if kind == "equal":
            chunks.append(("same", old_text))
        else:
            chunks += _diff_words(old_text, new_text)
    return chunks


def _diff_words(before, after):
    old, new = (re.findall(r"\S+\s*|\s+", text) for text in (before, after))
    if min(len(old), len(new)) > MAX_WORDS:
        return [("deleted", before), ("inserted", after)]
    chunks = []
    # White space between words is not compared.
    matcher = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        old_words, new_words = old[old_start:old_end], new[new_start:new_end]
        if kind == "equal":
            # Of each word, the variant with more white space, so that words never run together.
            pairs = zip(old_words, new_words, strict=True)
            chunks.append(("same", "".join(max(pair, key=len) for pair in pairs)))
            continue
        if old_words:
            chunks.append(("deleted", "".join(old_words)))
        if new_words:
            chunks.append(("inserted", "".join(new_words)))
    return chunks


def diff_html(chunks, side=None):
    """The result of `diff_texts` as safe HTML with <del> and <ins>; `side` "before" or "after" shows one text only."""
    left_out = {"before": "inserted", "after": "deleted"}.get(side)
    tags = {"same": "span", "deleted": "del", "inserted": "ins"}
    return format_html_join(
        "",
        "<{0}>{1}</{0}>",
        [(tags[kind], _shortened(text) if kind == "same" else text) for kind, text in chunks if kind != left_out],
    )


def _shortened(text):
    """Unchanged text of more than four lines without the lines in the middle, as context of the changes around it."""
    lines = text.splitlines(keepends=True)
    return text if len(lines) <= 4 else "".join([*lines[:2], "…\n", *lines[-2:]])


class _TextExtractor(HTMLParser):
    """Collects the readable text of formatted text in `words`."""

    BLOCKS = {"p", "h2", "h3", "h4", "li", "blockquote", "dt", "dd", "br", "ul", "ol", "figure", "figcaption"}

    def __init__(self):
        super().__init__()
        self.words, self.links = [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in self.BLOCKS:
            self.words.append("\n• " if tag == "li" else "\n")
        if tag == "a":
            self.links.append(attributes.get("href") or "")
        if tag == "img":
            self.words.append(f"\n[{attributes.get('alt') or attributes.get('src') or ''}]\n")

    def handle_endtag(self, tag):
        if tag == "a" and self.links:
            self.words.append(f" ‹{self.links.pop()}›")
        if tag in self.BLOCKS:
            self.words.append("\n")

    def handle_data(self, data):
        self.words.append(re.sub(r"\s+", " ", data))


def html_to_text(html):
    """Formatted text as plain lines; a link is followed by its URL, a list item begins with a bullet."""
    extractor = _TextExtractor()
    extractor.feed(html)
    extractor.close()
    lines = [" ".join(line.split()) for line in "".join(extractor.words).splitlines()]
    # A paragraph inside a list item begins on a line of its own: it is joined to the bullet.
    return "\n".join(line for line in lines if line).replace("•\n", "• ")
