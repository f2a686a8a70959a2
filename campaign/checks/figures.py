"""Figures without a source: of pages and news, where neither the source is filled in nor a link is near."""

import re

from django.utils.translation import gettext as _

from campaign.checks.reading import blocks
from campaign.models import HelpChannel
from campaign.numbers import TAG
from staff.admin.checks import Finding

# Digits, with dots, commas or spaces between groups of three, and decimals.
NUMBER = r"\d{1,3}(?:[., \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "janar|shkurt|mars|prill|maj|qershor|korrik|gusht|shtator|tetor|nëntor|dhjetor"
)
# What is no figure: dates, years, articles of laws, telephone numbers, times, versions.
NO_FIGURES = re.compile(
    rf"\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{1,2}}\.?\s+(?:{MONTHS})\w*(?:\s+\d{{4}})?|(?:{MONTHS})\w*\s+\d{{1,2}}(?:,\s+\d{{4}})?"
    r"|(?:law|act|article|articles|section|paragraph|ligji\w*|neni\w*|nenet|nr\.|no\.|vkm|faqe|page)\s*(?:nr\.|no\.)?\s*\d+(?:/\d+)?"
    r"|\d+/\d{4}|(?<![\d.,])(?:19|20)\d\d(?:\s*[–-]\s*(?:19|20)?\d\d)?(?![\d.,]?\d)|\+\d[\d \u00a0]+|\b\d{1,2}[:.]\d\d\b(?!\s*%)"
    r"|\d+\s+pi(?:ksel|xel)\w*",
    re.IGNORECASE,
)
SHARE = r"(?:%|per ?cent|për qind|përqind)"
MANY = r"(?:thousand|million|billion|mijë|milionë?|miliardë?)"
# A share, a large number, or one in so many. Smaller whole numbers count things that the reader sees.
FIGURE = re.compile(
    rf"(?:{NUMBER})\s*{SHARE}|(?:{NUMBER})\s+{MANY}|\b1\s+(?:in|out of|në|nga|ndër)\s+(?:çdo\s+)?\d+\b"
    rf"|(?<![\w.,])(?:\d{{1,3}}(?:[., \u00a0\u202f]\d{{3}})+|\d{{3,}}|\d+[.,]\d+)(?![\w])",
    re.IGNORECASE,
)


def check(content):
    """Yield one finding for each text of a page or an article that has a figure and no source."""
    if not hasattr(content.model, "source") or str(content.value("source") or "").strip():
        return
    calls = {value for channel in HelpChannel.objects.with_number() for value in (channel.number, channel.tel)}
    for text in content.texts:
        if not text.is_rich:
            continue
        read = blocks(text.value, True)
        for index, block in enumerate(read):
            # The link that says where a figure is from may be in the paragraph after it.
            if any(near.links for near in read[index : index + 2]):
                continue
            if figure := _figure(block.text, calls):
                yield Finding(
                    text,
                    "figure",
                    _("Say where this figure is from: fill in the source, or link to it in the same paragraph."),
                    passage=figure,
                )
                break


def _figure(words, calls):
    """The first figure with up to three words on each side, as written, or "". `calls` are the numbers of help channels."""
    words = " ".join(TAG.sub("", words).split())
    # Each is replaced by a text of its length, so that the place of a figure stays.
    masked = words
    for number in calls:
        masked = masked.replace(number, "_" * len(number))
    match = FIGURE.search(NO_FIGURES.sub(lambda other: "_" * len(other[0]), masked))
    if match is None:
        return ""
    before, after = words[: match.start()].split(" "), words[match.end() :].split(" ")
    return " ".join([*before[-4:-1], before[-1] + match[0] + after[0], *after[1:4]]).strip()
