"""Past dates that a text still announces as future."""

import re
from datetime import date

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from campaign.checks.reading import blocks
from staff.admin.checks import Finding

MONTHS = {
    "sq": "janar shkurt mars prill maj qershor korrik gusht shtator tetor nëntor dhjetor".split(),
    "en": "january february march april may june july august september october november december".split(),
}
NAMES = {name: number for names in MONTHS.values() for number, name in enumerate(names, 1)}
NAME = rf"(?P<name>{'|'.join(NAMES)})(?:it|ut|in|un|i|u)?"
# 23 July 2020, 23 korrik 2020; July 23, 2020; 23.7.2020, 23/07/2020.
DATES = [
    re.compile(rf"\b(?P<day>\d{{1,2}})\.?\s+{NAME}\s+(?P<year>\d{{4}})\b", re.IGNORECASE),
    re.compile(rf"\b{NAME}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})\b", re.IGNORECASE),
    re.compile(r"\b(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4})\b"),
]
# Words that speak of the future. The conditional of Albanian (“do të ishte”) does not.
FUTURE = {
    "en": re.compile(
        r"\b(?:will|won[’']t|shall|going to|upcoming|planned|expected|scheduled|(?:is|are) (?:due|to)|takes? place)\b",
        re.IGNORECASE,
    ),
    "sq": re.compile(
        r"\bdo (?:të(?! (?:ishte|ishin|isha|ishim|kishte|kishin|kisha|kishim|duhej)\b)|ta\b|ti\b|t[’'])"
        r"|\b(?:pritet|priten|planifikuar|planifikohet|parashikohet|mbahet|zhvillohet|së shpejti)\b",
        re.IGNORECASE,
    ),
}


def check(content):
    """Yield a finding for each sentence that calls a past date future.

    An article is compared with its own date, other content with today.
    """
    today = content.value("date") if hasattr(content.model, "publish_at") else None
    today = today or timezone.localdate()
    for text in content.texts:
        if text.language is None:
            continue
        for block in blocks(text.value, text.is_rich):
            for sentence in block.sentences:
                found = dates_in(sentence) if FUTURE[text.language].search(sentence) else []
                # A sentence with a date to come may tell what happened before it.
                if found and max(found) < today:
                    yield Finding(
                        text,
                        "date",
                        _(
                            "This speaks of %(date)s as a day to come, and it has passed. Say what happened, or remove it."
                        )
                        % {"date": formats.date_format(max(found), "DATE_FORMAT")},
                        passage=sentence,
                    )


def dates_in(sentence):
    """The dates in a sentence, in the formats of either language."""
    found = []
    for pattern in DATES:
        for match in pattern.finditer(sentence):
            parts = match.groupdict()
            month = int(parts["month"]) if "month" in parts else NAMES[parts["name"].lower()]
            try:
                found.append(date(int(parts["year"]), month, int(parts["day"])))
            except ValueError:
                # Such as 31.2.2026.
                continue
    return found
