"""Search over all public pages, in one language at a time: those that staff write, news, and those whose place is fixed."""

import math
import re
import unicodedata
from dataclasses import dataclass
from html import unescape

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db import connection
from django.db.models import F, Func, TextField
from django.urls import reverse
from django.utils.html import escape, strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from campaign.models import Article, HelpChannel, Page
from campaign.models.publishing import SEARCH_CONFIG

# As many letters as anyone types to find something.
LONGEST = 100
MOST = 30
# Signs that no text of ours holds and no markup means: they become <mark> after all else is escaped.
START, STOP = "\ue000", "\ue001"


class Plain(Func):
    """Rich text without its tags: blocks end with a space, headings as sentences do, words stay beside their full stop."""

    output_field = TextField()
    template = (
        "regexp_replace(regexp_replace(regexp_replace(%(expressions)s, '([^.?!:…])</h[1-6]>', '\\1. ', 'g'), "
        "'</?(p|h[1-6]|ul|ol|li|blockquote|figure|figcaption|br|hr)\\y[^>]*>', ' ', 'g'), '<[^>]*>', '', 'g')"
    )


# The same search over pages that are no rows: their titles and words come as columns.
FIXED = f"""
    SELECT place, ts_rank(vector, query), ts_headline('{SEARCH_CONFIG}', words, query, %s), words
    FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS page (title, words, place)
    CROSS JOIN LATERAL (
        SELECT setweight(to_tsvector('{SEARCH_CONFIG}', title), 'A')
            || setweight(to_tsvector('{SEARCH_CONFIG}', words), 'B') AS vector
    ) AS weighted
    CROSS JOIN to_tsquery('{SEARCH_CONFIG}', %s) AS query
    WHERE vector @@ query
"""


@dataclass(frozen=True)
class Hit:
    """One result: title, address, and a snippet with the hit marked, as safe HTML."""

    title: str
    url: str
    snippet: str


def find(words, language, texts):
    """What the public may read that holds all these words or longer ones: help first, then the best, at most MOST.

    `texts` are the words in fixed places, by key, in this language.
    """
    query = _begins_with(words)
    if not query:
        return []
    hits = []
    for model in (Page, Article):
        column, plain = f"search_{language}", Plain(f"body_{language}")
        search = SearchQuery(query, config=SEARCH_CONFIG, search_type="raw")
        found = (
            model.objects.published()
            .filter(**{column: search})
            .annotate(
                rank=SearchRank(F(column), search),
                plain=plain,
                snippet=SearchHeadline(
                    plain,
                    search,
                    config=SEARCH_CONFIG,
                    start_sel=START,
                    stop_sel=STOP,
                    max_words=30,
                    min_words=15,
                    # Words on both sides of the hit.
                    max_fragments=1,
                ),
            )
            .order_by("-rank")[:MOST]
        )
        hits += [(row.rank, Hit(row.title, row.get_absolute_url(), marked(row.snippet, row.plain))) for row in found]
    hits += _fixed(query, _fixed_pages(language, texts))
    hits.sort(key=lambda ranked: -ranked[0])
    return [hit for _rank, hit in hits[:MOST]]


def _begins_with(words):
    """Words as a query of PostgreSQL: all of them, each also as the beginning of a longer one (fëmijë, fëmijët)."""
    words = unicodedata.normalize("NFC", words).replace("\x00", "")[:LONGEST]
    words = re.sub(r"[\\/]", " ", words).split()
    quoted = (f"'{word.replace("'", "''")}'" for word in words)
    return " & ".join(f"{word}:*" if len(word) > 4 else word for word in quoted)


def _fixed_pages(language, texts):
    """(title, address, words) of the pages whose place is fixed; the one that helps is the first."""
    channels = HelpChannel.objects.shown().values_list("number", "tel", f"name_{language}", f"text_{language}")
    return [
        (
            gettext("Help now"),
            reverse("campaign:help"),
            " ".join(
                [
                    texts["help_shared"],
                    texts["help_lead"],
                    *(". ".join(dict.fromkeys(filter(None, row))) for row in channels),
                ]
            ),
        ),
        (gettext("Sign the pledge"), reverse("pledges:sign"), texts["pledge_shared"]),
        (gettext("How many we are"), reverse("pledges:totals"), texts["totals_shared"]),
        (
            gettext("Send me my link"),
            reverse("pledges:my_pledge"),
            gettext(
                "Write the address you signed with. If there is a pledge, we send it the link "
                "with which you change or withdraw it."
            ),
        ),
        (gettext("Who is with us"), reverse("pledges:wall"), gettext("Supporters who wish their name to be shown.")),
        (
            gettext("The blue ribbon around your photo"),
            reverse("pledges:ribbon"),
            gettext("Put the movement’s blue ribbon around your photo: in your browser, without sending it anywhere."),
        ),
        (
            gettext("How we count"),
            reverse("pledges:method"),
            gettext("Who is counted and when, what the figures hide, and how to cite them."),
        ),
        (
            gettext("Open data"),
            reverse("pledges:open_data"),
            gettext("The counter for other sites, and the figures for everyone to use."),
        ),
    ]


def _fixed(query, pages):
    """(rank, Hit) of those pages that hold the words."""
    titles, _addresses, words = map(list, zip(*pages, strict=True))
    options = f"StartSel={START}, StopSel={STOP}, MaxWords=30, MinWords=15, MaxFragments=1"
    with connection.cursor() as cursor:
        cursor.execute(FIXED, [options, titles, words, query])
        return [
            # Whoever may need help finds it first.
            (math.inf if place == 1 else rank, Hit(pages[place - 1][0], pages[place - 1][1], marked(snippet, plain)))
            for place, rank, snippet, plain in cursor.fetchall()
        ]


def marked(snippet, plain):
    """A headline of PostgreSQL as safe HTML: no tag of the text survives, the hits stand in <mark>.

    An ellipsis stands where the plain text goes on.
    """
    text, whole = _one_line(snippet), _one_line(plain)
    words = text.replace(START, "").replace(STOP, "")
    before, after = "" if whole.startswith(words) else "… ", "" if whole.endswith(words) else " …"
    text = f"{before}{escape(text)}{after}"
    return mark_safe(text.replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308 - all else is escaped


def _one_line(text):
    return " ".join(unescape(strip_tags(text)).split())
