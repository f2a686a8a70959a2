"""Search over pages, news and help channels, in one language at a time."""

import unicodedata
from dataclasses import dataclass
from html import unescape

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import F
from django.utils.html import escape, strip_tags
from django.utils.safestring import mark_safe

from campaign.models import Article, Page
from campaign.models.publishing import SEARCH_CONFIG

# As many letters as anyone types to find something.
LONGEST = 100
MOST = 30
# Signs that no text of ours holds and no markup means: they become <mark> after all else is escaped.
START, STOP = "\ue000", "\ue001"


@dataclass(frozen=True)
class Hit:
    """One result: title, address, and a snippet with the hit marked, as safe HTML."""

    title: str
    url: str
    snippet: str


def find(words, language):
    """What the public may read that holds all these words, best first, at most MOST."""
    words = unicodedata.normalize("NFC", words).replace("\x00", "")[:LONGEST].strip()
    if not words:
        return []
    query = SearchQuery(words, config=SEARCH_CONFIG, search_type="websearch")
    hits = []
    for model in (Page, Article):
        column = f"search_{language}"
        found = (
            model.objects.published()
            .filter(**{column: query})
            .annotate(
                rank=SearchRank(F(column), query),
                snippet=SearchHeadline(
                    f"body_{language}",
                    query,
                    config=SEARCH_CONFIG,
                    start_sel=START,
                    stop_sel=STOP,
                    max_words=30,
                    min_words=15,
                ),
            )
            .order_by("-rank")[:MOST]
        )
        hits += [(row.rank, row) for row in found]
    hits.sort(key=lambda pair: -pair[0])
    return [Hit(row.title, row.get_absolute_url(), marked(row.snippet)) for _rank, row in hits[:MOST]]


def marked(snippet):
    """A headline of PostgreSQL as safe HTML: no tag of the text survives, the hits stand in <mark>."""
    text = escape(" ".join(unescape(strip_tags(snippet)).split()))
    return mark_safe(text.replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308 - all else is escaped
