"""Full-text search over content pages, news and the pages fixed in the code, in one language at a time."""

import math
import re
import unicodedata
from dataclasses import dataclass
from html import unescape

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db import connection
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Replace
from django.urls import reverse
from django.utils.html import escape, strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from campaign.models import Article, Page
from campaign.models.publishing import SEARCH_CONFIG
from campaign.numbers import tag
from pledges.content import PledgeContent

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


# The same search over pages that are not rows: their titles and texts are array parameters.
FIXED_PAGES_SQL = f"""
    SELECT position, ts_rank(vector, query), ts_headline('{SEARCH_CONFIG}', body, query, %s), body
    FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS page (title, body, position)
    CROSS JOIN LATERAL (
        SELECT setweight(to_tsvector('{SEARCH_CONFIG}', title), 'A')
            || setweight(to_tsvector('{SEARCH_CONFIG}', body), 'B') AS vector
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
    """Return at most MAX_HITS public pages that contain all words, also as prefixes; the help page first, then by rank.

    `content` is the SiteContent, whose texts and help channels are searched as well.
    """
    query = _prefix_query(words)
    if not query:
        return []
    ranked_hits = [hit for model in (Page, Article) for hit in _search_rows(model, query, language, content.numbers)]
    ranked_hits += _search_fixed_pages(query, _fixed_pages(language, content))
    ranked_hits.sort(key=lambda ranked: -ranked[0])
    return [hit for _rank, hit in ranked_hits[:MAX_HITS]]


def _search_rows(model, query, language, numbers):
    """[(rank, Hit)] of published rows."""
    column, plain_text = f"search_{language}", PlainText(f"body_{language}")
    for key, channel in numbers.channels.items():
        plain_text = Replace(plain_text, Value(tag(key)), Value(channel.number), output_field=TextField())
    search = SearchQuery(query, config=SEARCH_CONFIG, search_type="raw")
    rows = (
        model.objects.published()
        .filter(**{column: search})
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
        (row.rank, Hit(numbers.fill(row.title), row.get_absolute_url(), highlight(row.headline, row.plain_text)))
        for row in rows
    ]


def _prefix_query(words):
    """A tsquery that requires all words; words of three letters or more also match as prefixes (fëmijë, fëmijët)."""
    words = unicodedata.normalize("NFC", words).replace("\x00", "")[:MAX_QUERY_LENGTH]
    words = re.sub(r"[\\/]", " ", words).split()
    quoted = (f"'{word.replace("'", "''")}'" for word in words)
    # The length includes the two quotes.
    return " & ".join(f"{word}:*" if len(word) >= 5 else word for word in quoted)


def _fixed_pages(language, content):
    """[(title, URL path, text)] of the pages fixed in the code; the help page is the first."""
    texts = content.texts[language]
    channels = [
        (channel.number, channel.tel, getattr(channel, f"name_{language}"), getattr(channel, f"text_{language}"))
        for channel in content.channels
    ]
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
        (
            gettext("Child protection units"),
            reverse("campaign:units"),
            f"{texts['units_shared']} {texts['units_lead']}",
        ),
        (gettext("Sign the pledge"), reverse("pledges:sign"), texts["pledge_shared"]),
        (
            gettext("Pledge as a group"),
            reverse("pledges:group"),
            gettext(
                "A class, a school, a meeting, a club or a workplace can pledge together. We count "
                "how many people took part, without any names."
            ),
        ),
        (gettext("Supporters so far"), reverse("pledges:totals"), texts["totals_shared"]),
        (
            gettext("Manage my pledge"),
            reverse("pledges:my_pledge"),
            gettext(
                "Enter the email address you signed with. If there is a pledge, we will email you a link to change "
                "or withdraw it."
            ),
        ),
        (
            gettext("Who is with us"),
            reverse("pledges:wall"),
            gettext("Supporters who have chosen to show their names."),
        ),
        (
            gettext("Add the blue ribbon to your photo"),
            reverse("pledges:ribbon"),
            gettext("Add the movement’s blue ribbon to your photo. Your photo stays on your device."),
        ),
        (
            gettext("Materials"),
            reverse("campaign:materials"),
            gettext("Posters, leaflets, letters, pictures and logos to print and share."),
        ),
        *(
            (
                gettext("We are %(county)s") % {"county": county.definite_name},
                reverse("pledges:county", args=[county.slug]),
                f"{county.name}. {county.full_name}.",
            )
            for county in PledgeContent.current().counties_with_page
        ),
        *(
            (
                history.demand.title,
                history.demand.get_absolute_url(),
                " ".join([history.demand.text, *(step.sentence for step in history.current)]),
            )
            for history in content.demands
        ),
        (
            gettext("How we count"),
            reverse("pledges:method"),
            gettext("Who we count and when, which figures we hide, and how to cite them."),
        ),
        (
            gettext("Open data"),
            reverse("pledges:open_data"),
            gettext("A counter for your own site, and figures that anyone can use."),
        ),
    ]


def _search_fixed_pages(query, pages):
    """[(rank, Hit)] of the matching pages among (title, URL path, text)."""
    titles, _urls, bodies = map(list, zip(*pages, strict=True))
    options = f"StartSel={START}, StopSel={STOP}, MaxWords=30, MinWords=15, MaxFragments=1"
    with connection.cursor() as cursor:
        cursor.execute(FIXED_PAGES_SQL, [options, titles, bodies, query])
        rows = cursor.fetchall()
    hits = []
    for position, rank, headline, body in rows:
        title, url, _body = pages[position - 1]
        # The help page is always the first hit: the visitor may be in need of help.
        hits.append((math.inf if position == 1 else rank, Hit(title, url, highlight(headline, body))))
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
