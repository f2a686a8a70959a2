"""The search. All public pages are in memory, so it needs no query."""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from django.shortcuts import render
from django.utils.html import escape, format_html, strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from campaign.content import SiteContent
from campaign.pages import listed_pages
from pledges.fixed_pages import fixed_page
from pledges.serving.http import cookieless_form, personal_page
from staff.spelling import without_accents

# Characters of the query; the rest is ignored.
MAX_QUERY_LENGTH = 100
MAX_HITS = 30
# Words of a snippet, and how many of them come before what was found.
SNIPPET_WORDS, WORDS_BEFORE = 30, 10
# A word of fewer letters is found as a whole only, a longer one also as the beginning of one (fëmijë, fëmijët).
PREFIX_LENGTH = 3
# The end of a heading without a full stop, and the tags of blocks, which a space separates.
HEADING_END = re.compile("([^.?!:…])</h[1-6]>")
# A number as people read it out, with spaces.
NUMBER = re.compile(r"\b\d+(?: \d+)*\b")
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
    for page in listed_pages.every() if wanted else ():
        if not (page.text or page.body):
            continue
        plain = _plain(page.body)
        parts = [_for_comparison(part) for part in (page.title, page.text, plain)]
        # [[how often each word is there] of each part]
        title, lead, body = counts = [[part.count(word) for word in wanted] for part in parts]
        if all(map(any, zip(*counts, strict=True))):
            rank = page.place, -sum(map(bool, title)), -sum(map(bool, lead)), -sum(lead) - sum(body)
            found.append((rank, page, plain if any(body) or not page.text else page.text))
    found.sort(key=lambda each: each[0])
    return [Hit(page.title, page.url, _snippet(text, wanted)) for _rank, page, text in found[:MAX_HITS]]


def _words(text):
    """The words of a text without accents, in lower case."""
    return re.findall(r"\w+", without_accents(text))


def _pattern(word):
    return f" {word}" if len(word) >= PREFIX_LENGTH else f" {word} "


@SiteContent.share
def compared(content):
    """{(language, text): the text for comparison}, filled by _for_comparison()."""
    return {}


def _for_comparison(text):
    """The words of a text, each between two spaces."""
    known, key = SiteContent.current().compared, (get_language(), text)
    if key not in known:
        known[key] = f" {'  '.join(_words(_with_meanings(' '.join(text.split()))))} "
    return known[key]


def _with_meanings(text):
    """A text with more words after each number: its digits without spaces, and the help channel that it calls.

    So those who search for 116111 find 116 111, and those who search for the police find 129.
    """
    names = {_digits(channel.number): channel.short or channel.name for channel in SiteContent.current().channels}
    return NUMBER.sub(lambda number: f"{number[0]} {(digits := _digits(number[0]))} {names.get(digits, '')}", text)


def _digits(number):
    return "".join(number.split())


@lru_cache(maxsize=4096)
def _plain(html):
    """Rich text in one line without tags."""
    return " ".join(unescape(strip_tags(BLOCK.sub(" ", HEADING_END.sub(r"\1. ", html)))).split())


def _snippet(text, wanted):
    """The words around the first place of the rarest of the wanted ones. An ellipsis marks an end that is cut."""
    # Words and whole numbers at odd places, and what is between them.
    parts = re.split(rf"({NUMBER.pattern}|\w+)", " ".join(text.split()))
    words = [f" {word} " for word in without_accents(_with_meanings("\n".join(parts[1::2]))).split("\n")]
    places = [[2 * number + 1 for number, word in enumerate(words) if each in word] for each in wanted]
    rarest = min(filter(None, places), key=len, default=[0])
    start, found = max(0, rarest[0] - 2 * WORDS_BEFORE), set().union(*places)
    end = start + 2 * SNIPPET_WORDS
    shown = [
        format_html("<mark>{}</mark>", part) if place in found else escape(part)
        for place, part in enumerate(parts[start:end], start)
    ]
    cut = "… " if start else "", " …" if end < len(parts) else ""
    return mark_safe("".join(shown).strip().join(cut))  # noqa: S308 - each part is escaped


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
