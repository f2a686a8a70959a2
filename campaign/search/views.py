"""The search."""

import re
import unicodedata
from dataclasses import dataclass
from html import unescape

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db import connection
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Replace
from django.shortcuts import render
from django.utils.html import escape, strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from campaign.content import SiteContent
from campaign.news.models import Article
from campaign.numbers import tag
from campaign.pages import listed_pages
from campaign.pages.models import Page
from campaign.publishing.models import SEARCH_CONFIG
from pledges.fixed_pages import fixed_page
from pledges.serving.http import cookieless_form, personal_page

# Characters of the query; the rest is ignored.
MAX_QUERY_LENGTH = 100
MAX_HITS = 30
# Private-use characters that delimit matches in a headline. They become <mark> after the text is escaped.
START, STOP = "\ue000", "\ue001"


class PlainText(Func):
    """Rich text without tags. Blocks are separated by a space, inline tags are not; a heading ends with a full stop."""

    output_field = TextField()
    template = (
        "regexp_replace(regexp_replace(regexp_replace(%(expressions)s, '([^.?!:…])</h[1-6]>', '\\1. ', 'g'), "
        "'</?(p|h[1-6]|ul|ol|li|blockquote|figure|figcaption|br|hr)\\y[^>]*>', ' ', 'g'), '<[^>]*>', '', 'g')"
    )


# A slash between words, as in campaign/publishing/models.py.
WITHOUT_SLASHES = r"regexp_replace({}, '(\w)/(?=\w)', '\1 ', 'g')"
# The same search over pages without a search column: their titles and texts are array parameters.
LISTED_PAGES_SQL = f"""
    SELECT position, ts_rank(vector, query), ts_headline('{SEARCH_CONFIG}', body, query, %s), body
    FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS page (title, body, position)
    CROSS JOIN LATERAL (
        SELECT setweight(to_tsvector('{SEARCH_CONFIG}', {WITHOUT_SLASHES.format("title")}), 'A')
            || setweight(to_tsvector('{SEARCH_CONFIG}', {WITHOUT_SLASHES.format("body")}), 'B') AS vector
    ) AS weighted
    CROSS JOIN to_tsquery('{SEARCH_CONFIG}', %s) AS query
    WHERE vector @@ query
"""


@dataclass(frozen=True)
class Hit:
    """One search result. `snippet` is safe HTML with the matches in <mark>."""

    title: str
    url: str
    snippet: str


def find(words, language, content):
    """Return at most MAX_HITS public pages that contain all words, also as prefixes.

    The help page comes first, then the others by rank, then past events. `content` is the SiteContent, whose texts, help
    channels and organisations are searched as well.
    """
    query = _prefix_query(words)
    if not query:
        return []
    found = [hit for model in (Page, Article) for hit in _search_rows(model, query, language, content.numbers)]
    found += _search_listed(query, [page for page in listed_pages.every() if page.text])
    found.sort(key=lambda ranked: (ranked[0], -ranked[1]))
    return [hit for _place, _rank, hit in found[:MAX_HITS]]


def _search_rows(model, query, language, numbers):
    """[(place, rank, Hit)] of published rows."""
    column, plain_text = f"search_{language}", PlainText(f"body_{language}")
    for key, channel in numbers.channels.items():
        plain_text = Replace(plain_text, Value(tag(key)), Value(channel.number), output_field=TextField())
    search = SearchQuery(query, config=SEARCH_CONFIG, search_type="raw")
    rows = (
        model.objects.filter(**{column: search})
        .annotate(
            rank=SearchRank(F(column), search),
            plain_text=plain_text,
            headline=SearchHeadline(
                plain_text,
                search,
                config=SEARCH_CONFIG,
                start_sel=START,
                stop_sel=STOP,
                max_words=30,
                min_words=15,
                # With fragments, words on both sides of the match are shown.
                max_fragments=1,
            ),
        )
        .order_by("-rank")[:MAX_HITS]
    )
    return [
        (
            listed_pages.USUAL,
            row.rank,
            Hit(numbers.fill(row.title), row.get_absolute_url(), highlight(row.headline, row.plain_text)),
        )
        for row in rows
    ]


def _prefix_query(words):
    """A tsquery that requires all words; words of three letters or more also match as prefixes (fëmijë, fëmijët)."""
    words = unicodedata.normalize("NFC", words[:MAX_QUERY_LENGTH]).replace("\x00", "")
    words = re.sub(r"[\\/]", " ", words).split()
    quoted = (f"'{word.replace("'", "''")}'" for word in words)
    # The length includes the two quotes.
    return " & ".join(f"{word}:*" if len(word) >= 5 else word for word in quoted)


def _search_listed(query, pages):
    """[(place, rank, Hit)] of the matching ones among these ListedPages."""
    options = f"StartSel={START}, StopSel={STOP}, MaxWords=30, MinWords=15, MaxFragments=1"
    with connection.cursor() as cursor:
        titles, texts = [page.title for page in pages], [page.text for page in pages]
        cursor.execute(LISTED_PAGES_SQL, [options, titles, texts, query])
        rows = cursor.fetchall()
    hits = []
    for position, rank, headline, text in rows:
        page = pages[position - 1]
        hits.append((page.place, rank, Hit(page.title, page.url, highlight(headline, text))))
    return hits


def highlight(headline, plain_text):
    """Return a headline of PostgreSQL as safe HTML with the matches in <mark>.

    An ellipsis marks an end of the headline that is not also an end of the plain text.
    """
    text, full_text = _one_line(headline), _one_line(plain_text)
    without_delimiters = text.replace(START, "").replace(STOP, "")
    before = "" if full_text.startswith(without_delimiters) else "… "
    after = "" if full_text.endswith(without_delimiters) else " …"
    text = f"{before}{escape(text)}{after}"
    return mark_safe(text.replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308 - the rest is escaped


def _one_line(text):
    return " ".join(unescape(strip_tags(text)).split())


@fixed_page(label=_("Search"), menu=30, in_sitemap=False)
@personal_page
@cookieless_form
@require_http_methods(["GET", "HEAD", "POST"])
def search(request):
    """List the pages that contain the words.

    The form is sent by POST, so that the words are not in the URL and the browser history of a shared phone.
    """
    words = (request.POST.get("q") or request.GET.get("q", ""))[:MAX_QUERY_LENGTH].strip()
    language = request.LANGUAGE_CODE
    context = {"words": words, "hits": find(words, language, SiteContent.current())}
    return render(request, "campaign/search/search.html", context)
