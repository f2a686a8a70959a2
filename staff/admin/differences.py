"""What differs between two states of a row, word by word, for people to read; and which state a row is in."""

import hashlib
import json
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from html.parser import HTMLParser

from django.conf import settings
from django.db import models
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from staff.admin.base import language_of

# Texts with more words than this on both sides are shown whole, one after the other: comparing them would take too long.
MOST_WORDS = 4000


def written_fields(model):
    """The fields of a model that people write, not those the database or the code keeps."""
    return [field for field in model._meta.concrete_fields if field.editable and not field.primary_key]


def fingerprint(*rows):
    """A short text that is the same for the same rows with the same words, and no other."""
    state = [
        [type(row)._meta.label, str(row.pk), *(field.value_to_string(row) for field in written_fields(type(row)))]
        for row in rows
    ]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Difference:
    """One field that differs, as safe HTML: both states in one text, and each of them alone."""

    label: str
    language: str | None
    together: SafeString
    before: SafeString
    after: SafeString


def differences(before, after, rich=()):
    """The fields in which `after` differs from `before`, two states of one row; `rich` names those with formatted text."""
    found = []
    for field in written_fields(type(after)):
        old, new = (getattr(row, field.attname) for row in (before, after))
        if old == new or not (old or new or isinstance(field, models.BooleanField)):
            continue
        old_words, new_words = (shown(row, field, rich) for row in (before, after))
        pieces = compare(old_words, new_words)
        if old_words != new_words:
            together = marked(pieces)
        elif field.name.rpartition("_")[0] in rich:
            together = format_html("<i>{}</i>", _("Only the formatting changed, not the words."))
        else:
            continue
        found.append(
            Difference(
                label(field), language_of(field), together, marked(pieces, side="before"), marked(pieces, side="after")
            )
        )
    return found


def contents(row, rich=()):
    """All that a row holds, as (label, language, text)."""
    fields = [(label(field), language_of(field), shown(row, field, rich)) for field in written_fields(type(row))]
    return [(name, language, text) for name, language, text in fields if text]


def label(field):
    """A field's name, with its language where it has one, such as "Title (Albanian)"."""
    name = capfirst(field.verbose_name)
    language = language_of(field)
    return f"{name} ({dict(settings.LANGUAGES)[language]})" if language else str(name)


def shown(row, field, rich=()):
    """A value as a person reads it."""
    value = getattr(row, field.attname)
    if value is None or value == "":
        return ""
    if field.is_relation:
        related = field.related_model._base_manager.filter(pk=value).first()
        return str(related) if related else _("deleted meanwhile")
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.BooleanField):
        return _("Yes") if value else _("No")
    if isinstance(field, models.DateTimeField):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(field, models.DateField):
        return formats.date_format(value, "DATE_FORMAT")
    return readable(value) if field.name.rpartition("_")[0] in rich else str(value)


# Words


def compare(before, after):
    """Two texts as a list of (kind, text), where kind is "same", "gone" or "new": by paragraph first, then by word."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces += [("same", "".join(old[i:j]))]
        else:
            pieces += _by_word("".join(old[i:j]), "".join(new[k:m]))
    return pieces


def _by_word(before, after):
    old, new = (re.findall(r"\S+\s*|\s+", text) for text in (before, after))
    if min(len(old), len(new)) > MOST_WORDS:
        return [("gone", before), ("new", after)]
    pieces = []
    # What stands between words is no difference worth showing.
    matcher = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            words = zip(old[i:j], new[k:m], strict=True)
            pieces.append(("same", "".join(max(pair, key=len) for pair in words)))
        else:
            pieces += [(name, "".join(words)) for name, words in (("gone", old[i:j]), ("new", new[k:m])) if words]
    return pieces


def marked(pieces, side=None):
    """The pieces as safe HTML: what went is struck out and what came is underlined; of one side, only what it held."""
    left_out = {"before": "new", "after": "gone"}.get(side)
    tags = {"same": "span", "gone": "del", "new": "ins"}
    return format_html_join(
        "",
        "<{0}>{1}</{0}>",
        [(tags[kind], _shortened(text) if kind == "same" else text) for kind, text in pieces if kind != left_out],
    )


def _shortened(text):
    """What did not change, without the paragraphs that are not next to a change."""
    lines = text.splitlines(keepends=True)
    return text if len(lines) <= 4 else "".join([*lines[:2], "…\n", *lines[-2:]])


class _Reader(HTMLParser):
    """Collects what a person reads of formatted text."""

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


def readable(html):
    """Formatted text as plain paragraphs, the address of each link behind it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.words).splitlines()]
    # A list's item that holds a paragraph.
    return "\n".join(line for line in lines if line).replace("•\n", "• ")
