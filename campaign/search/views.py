"""The search. All public pages are in memory, so it needs no query."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from django.shortcuts import render
from django.utils.html import escape, format_html, strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from campaign.pages import listed_pages
from pledges.fixed_pages import fixed_page
from pledges.serving.http import cookieless_form, personal_page
from staff.accents import without_accents

# Characters of the query; the rest is ignored.
MAX_QUERY_LENGTH = 100
MAX_HITS = 30
# Words of a snippet, and how many of them come before what was found.
SNIPPET_WORDS, WORDS_BEFORE = 30, 10
# A word of fewer letters is found as a whole only, a longer one also as the beginning of one (fëmijë, fëmijët).
PREFIX_LENGTH = 3
# The end of a heading without a full stop, and the tags of blocks, which a space separates.
HEADING_END = re.compile("([^.?!:…])</h[1-6]>")
BLOCK = re.compile(r"</?(?:p|h[1-6]|[uod]l|li|d[td]|blockquote|figure|br)\b[^>]*>")


@dataclass(frozen=True)
class Hit:
    """One search result. `snippet` is safe HTML with the matches in <mark>."""

    title: str
    url: str
    snippet: str


def find(words):
    """Return at most MAX_HITS public pages in the active language that contain all words.

    The help page comes first, past events last. Among the others, those come first that have more of the words in their title,
    then in their lead, then more often in their text.
    """
    wanted = [_pattern(word) for word in _words(words)]
    found = []
    for page in listed_pages.every():
        parts = [_for_comparison(part) for part in (page.title, page.text, _plain(page.body))]
        # [[how often each word is there] of each part]
        title, lead, body = counts = [[part.count(word) for word in wanted] for part in parts]
        if wanted and all(map(any, zip(*counts, strict=True))):
            found.append(((page.place, -sum(map(bool, title)), -sum(map(bool, lead)), -sum(lead) - sum(body)), page))
    found.sort(key=lambda each: each[0])
    return [
        Hit(page.title, page.url, _snippet(_plain(page.body) or page.text, wanted)) for _rank, page in found[:MAX_HITS]
    ]


def _words(text):
    """The words of a text without accents, in lower case."""
    # Also of letters that are typed as two characters.
    return re.findall(r"\w+", without_accents(unicodedata.normalize("NFC", text)))


def _pattern(word):
    return f" {word}" if len(word) >= PREFIX_LENGTH else f" {word} "


@lru_cache(maxsize=4096)
def _for_comparison(text):
    """The words of a text, each between two spaces; then its numbers once more, without spaces ("116 111" and "116111")."""
    words = f" {'  '.join(_words(text))} "
    return words + " ".join(f" {re.sub(r'\s', '', number)} " for number in re.findall(r"\d+(?:\s\d+)+", text))


@lru_cache(maxsize=4096)
def _plain(html):
    """Rich text in one line without tags."""
    return " ".join(unescape(strip_tags(BLOCK.sub(" ", HEADING_END.sub(r"\1. ", html)))).split())


def _snippet(text, wanted):
    """The words around the place of a plain text that has most of the wanted ones. An ellipsis marks an end that is cut."""
    # What is between two words has an even index.
    parts = re.split(r"(\w+)", " ".join(text.split()))
    found = {}
    for index in range(1, len(parts), 2):
        word = f" {without_accents(parts[index])} "
        if matches := {each for each in wanted if each in word}:
            found[index] = matches
    length, before = 2 * SNIPPET_WORDS, 2 * WORDS_BEFORE

    def how_many(index):
        return len(set().union(*(found[each] for each in found if index <= each < index + length - before)))

    start = max(0, max(found, key=how_many, default=0) - before)
    shown = [
        format_html("<mark>{}</mark>", part) if index in found else escape(part)
        for index, part in enumerate(parts[start : start + length], start)
    ]
    ends = "… " if start else "", " …" if start + length < len(parts) else ""
    return mark_safe("".join(shown).strip().join(ends))  # noqa: S308 - each part is escaped


@fixed_page(label=_("Search"), menu=30, in_sitemap=False)
@personal_page
@cookieless_form
@require_http_methods(["GET", "HEAD", "POST"])
def search(request):
    """List the pages that contain the words.

    The form is sent by POST, so that the words are not in the URL and the browser history of a shared phone.
    """
    words = (request.POST.get("q") or request.GET.get("q", ""))[:MAX_QUERY_LENGTH].strip()
    return render(request, "campaign/search/search.html", {"words": words, "hits": find(words)})
