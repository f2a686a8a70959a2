"""Figures without a source: nothing names one, no link is near, and the source of a page or of news is not filled in."""

import re

from django.utils.translation import gettext as _

from campaign.checks.reading import blocks
from campaign.demands.models import Demand
from campaign.help.models import HelpChannel
from campaign.numbers import TAG
from campaign.texts.models import PageText
from pledges.models import Mailing, Sector
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

# What has no field for the source: the words themselves say it.
WITHOUT_SOURCE = (Demand, Mailing, PageText, Sector)
# “according to INSTAT”, “Burimi: …”, “(UNICEF, 2024)”.
NAMES_SOURCE = re.compile(
    r"\b(?:according to|sources?:|sipas|burim(?:i|et):)|\([^()]*[^\W\d_]{2}[^()]*(?:19|20)\d\d[^()]*\)", re.IGNORECASE
)


def check(content):
    """Yield one finding for each text that has a figure and no source."""
    has_source = hasattr(content.model, "source")
    if has_source and str(content.value("source") or "").strip():
        return
    if not has_source and content.model not in WITHOUT_SOURCE:
        return
    calls = {value for channel in HelpChannel.objects.with_number() for value in (channel.number, channel.tel)}
    for text in content.texts:
        if has_source and text.is_rich:
            said = _("Say where this figure is from: fill in the source, or link to it in the same paragraph.")
        elif has_source and text.name.startswith("lead_"):
            said = _("Say where this figure is from: fill in the source, or repeat the figure in the text with a link.")
        elif not has_source and text.language and not text.value.startswith(("https://", "http://")):
            said = _("Say where this figure is from, for example “(INSTAT, 2024)”, or leave it out.")
        else:
            continue
        if figure := _without_source(content, text, calls):
            yield Finding(text, "figure", said, passage=figure)


def _without_source(content, text, calls):
    """The first figure of a text without a source, with the words around it, or ""."""
    sourced = []
    if text.name.startswith("lead_"):
        # A lead sums up the text below, where its figure may have a link.
        bodies = [each for each in content.texts if each.is_rich and each.language == text.language]
        sourced = [block.text for body in bodies for block, has_source in _read(body) if has_source]
    for block, has_source in _read(text):
        if has_source:
            continue
        words, match = _match(block.text, calls)
        if match and not any(match[0] in each for each in sourced):
            return _passage(words, match)
    return ""


def _read(text):
    """[(block, whether it says where its figures are from)] of a text."""
    read = blocks(text.value, text.is_rich)
    return [
        # The link may be in the paragraph after the figure.
        (block, any(near.links for near in read[at : at + 2]) or not text.is_rich and NAMES_SOURCE.search(block.text))
        for at, block in enumerate(read)
    ]


def _match(words, calls):
    """(text, match of its first figure or None) of some words. `calls` are the numbers of help channels."""
    words = " ".join(TAG.sub("", words).split())
    # Each is replaced by a text of its length, so that the place of a figure stays.
    masked = words
    for number in calls:
        masked = masked.replace(number, "_" * len(number))
    return words, FIGURE.search(NO_FIGURES.sub(lambda other: "_" * len(other[0]), masked))


def _passage(words, match):
    """A figure with up to three words on each side, as written."""
    before, after = words[: match.start()].split(" "), words[match.end() :].split(" ")
    return " ".join([*before[-4:-1], before[-1] + match[0] + after[0], *after[1:4]]).strip()
