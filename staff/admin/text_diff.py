"""Word-by-word diff of two texts as HTML, and formatted text as plain text."""

import html
import re
from difflib import SequenceMatcher

from django.utils.html import format_html_join, strip_tags

# Above this many words on both sides the texts are shown as replaced as a whole: a diff would take seconds.
MAX_WORDS = 4000
# Elements that begin a line. They are those that the site keeps in formatted text (campaign/richtext.py).
BLOCK = re.compile(r"</?(?:p|h[2-4]|blockquote|dt|dd|br|ul|ol|figure|figcaption)\b[^>]*>")


def diff_texts(before, after):
    """Two texts as a list of (kind, text), where kind is "same", "deleted" or "inserted": by paragraph, then by word."""
    chunks = []
    for is_same, old, new in _blocks(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        words = [re.findall(r"\S+\s*|\s+", "".join(lines)) for lines in (old, new)]
        if is_same:
            chunks.append(("same", "".join(old)))
        elif min(map(len, words)) > MAX_WORDS:
            chunks += [("deleted", "".join(old)), ("inserted", "".join(new))]
        else:
            for is_same, old, new in _blocks(*words):
                # Of each word that stays, the variant with more white space, so that words never run together.
                kept = [("same", "".join(max(pair, key=len) for pair in zip(old, new, strict=False)))]
                chunks += kept if is_same else [("deleted", "".join(old)), ("inserted", "".join(new))]
    return [chunk for chunk in chunks if chunk[1]]


def _blocks(old, new):
    """(whether they are the same, part of the old list, part of the new one). White space around the items is not compared."""
    matcher = SequenceMatcher(None, [each.strip() for each in old], [each.strip() for each in new], autojunk=False)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        yield kind == "equal", old[old_start:old_end], new[new_start:new_end]


def diff_html(chunks):
    """The result of `diff_texts` as safe HTML with <del> and <ins>."""
    tags = {"same": "span", "deleted": "del", "inserted": "ins"}
    shown = [(tags[kind], _shortened(text) if kind == "same" else text) for kind, text in chunks]
    return format_html_join("", "<{0}>{1}</{0}>", shown)


def _shortened(text):
    """Unchanged text of more than four lines without the lines in the middle, as context of the changes around it."""
    lines = text.splitlines(keepends=True)
    return text if len(lines) <= 4 else "".join([*lines[:2], "…\n", *lines[-2:]])


def html_to_text(markup):
    """Formatted text as plain lines; a link is followed by its URL, a list item begins with a bullet."""
    markup = BLOCK.sub("\n", re.sub(r"\s+", " ", markup)).replace("<li>", "\n• ")
    markup = re.sub(r"<a\b[^>]*?\bhref=[\"']([^\"']*)[\"'][^>]*>(.*?)</a>", r"\2 ‹\1›", markup, flags=re.DOTALL)
    for name in ("alt", "src"):
        markup = re.sub(rf"<img\b[^>]*?\b{name}=[\"']([^\"']+)[\"'][^>]*>", r"\n[\1]\n", markup)
    lines = [" ".join(line.split()) for line in html.unescape(strip_tags(markup)).splitlines()]
    # A paragraph inside a list item begins on a line of its own: it is joined to the bullet.
    return "\n".join(line for line in lines if line).replace("•\n", "• ")
