"""Shares without a source: nothing names one, no link is near, and the source of a page or of news is not filled in."""

import re

from django.utils.translation import gettext as _

from campaign.checks.reading import blocks
from campaign.demands.models import Demand
from campaign.texts.models import PageText
from pledges.models import Mailing, Sector
from staff.admin.checks import Finding

# “20%”, “12,5 për qind”, “1 in 5”: these are always statistics.
SHARE = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:%|per ?cent|për qind|përqind)|\b1\s+(?:in|out of|në|nga|ndër)\s+(?:çdo\s+)?\d+\b",
    re.IGNORECASE,
)
# What has no field for the source: the words themselves say it.
WITHOUT_SOURCE = (Demand, Mailing, PageText, Sector)
# “according to INSTAT”, “Burimi: …”, “(UNICEF, 2024)”.
NAMES_SOURCE = re.compile(
    r"\b(?:according to|sources?:|sipas|burim(?:i|et):)|\([^()]*[^\W\d_]{2}[^()]*(?:19|20)\d\d[^()]*\)", re.IGNORECASE
)


def check(content):
    """Yield a finding for each paragraph that has a share and no source."""
    has_field = hasattr(content.model, "source")
    if content.value("source") or not (has_field or content.model in WITHOUT_SOURCE):
        return
    said = (
        _("Say where this figure is from: fill in the source, or link to it in the same paragraph.")
        if has_field
        else _("Say where this figure is from, for example “(INSTAT, 2024)”, or leave it out.")
    )
    found = [(text, *each) for text in content.texts if text.language for each in _read(text)]
    sourced = " ".join(block.text for _text, block, has_source in found if has_source)
    for text, block, has_source in found:
        # A lead sums up the text below, where its figure may have a link.
        if not has_source and (share := SHARE.search(block.text)) and share[0] not in sourced:
            yield Finding(text, "figure", said, passage=share[0])


def _read(text):
    """[(block, whether it says where its figures are from)] of a text."""
    read = blocks(text.value, text.is_rich)
    return [
        # The link may be in the paragraph after the figure.
        (block, any(near.links for near in read[at : at + 2]) or NAMES_SOURCE.search(block.text))
        for at, block in enumerate(read)
    ]
