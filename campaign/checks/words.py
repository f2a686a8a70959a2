"""What is said: words to avoid, stories of abuse, typed help numbers, the order of headings, and shares without a source."""

import re

from django.utils.translation import gettext as _

from campaign.checks.reading import blocks
from campaign.demands.models import Demand
from campaign.help.models import TAG, HelpChannel, tag
from campaign.terms.models import Term
from campaign.texts.models import PageText
from campaign.voices.models import Voice
from pledges.enquiries.alarm import AlarmContent, telling_sentence
from pledges.models import Mailing, Sector
from staff.accents import without_accents
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


def check_words(content):
    """Yield a finding for each discouraged term in each text."""
    texts = [(text, text.language, text.value) for text in content.texts if text.value]
    for text, language, term, words in Term.objects.all().find_in(texts):
        better, why = term.advice(language)
        message = _("%(field)s contains “%(words)s”. Better: “%(better)s”. %(why)s")
        yield Finding(
            text,
            "words",
            _("Better: “%(better)s”. %(why)s") % {"better": better, "why": why},
            passage=words,
            message=message % {"field": text.label, "words": words, "better": better, "why": why},
        )


def check_stories(content):
    """Yield a finding for the first sentence or alarm word in each text of a voice that tells such a story."""
    if content.model is not Voice:
        return
    patterns = AlarmContent.current().patterns
    for text in content.texts:
        compared = without_accents(text.value)
        words = (found.group() for pattern in patterns if (found := pattern.search(compared)))
        passage = telling_sentence(text.value) or next(words, None)
        if passage:
            sentence = _(
                "This may tell what happened to a child or a survivor. If it does, leave it out: it does not belong on our site."
            )
            yield Finding(text, "story", sentence, passage=passage)


def check_help_numbers(content):
    """Yield a finding for each typed number in a text with tags."""
    if not hasattr(content.model, "texts_with_numbers"):
        return
    # Digits with any kind of space between them, as a whole number.
    patterns = {
        channel: re.compile(rf"(?<!\w)(?<!\d[ \u00a0]){r'[ \u00a0]?'.join(channel.tel)}(?!\d)")
        for channel in HelpChannel.objects.with_number()
        if channel.tel.isdecimal()
    }
    for text in content.texts:
        for channel, pattern in patterns.items():
            if match := pattern.search(TAG.sub("", text.value)):
                words = {"field": text.label, "number": channel.number, "tag": tag(channel.key)}
                yield Finding(
                    text,
                    "number",
                    _("Write %(tag)s instead, so that it always follows the help channel.") % words,
                    passage=match[0],
                    message=_(
                        "%(field)s: the number %(number)s is typed. Write %(tag)s instead, so that it always follows the help "
                        "channel."
                    )
                    % words,
                )


def check_headings(content):
    """Yield a finding for each heading out of order or without words."""
    for text in content.texts:
        if not text.is_rich:
            continue
        level = 1
        for block in blocks(text.value, True):
            if not block.is_heading:
                continue
            words = " ".join(block.text.split())
            new = int(block.tag[1])
            if not words:
                yield Finding(text, "heading", _("A heading has no words. Delete it, or write what comes below it."))
            elif new > level + 1:
                sentence = _("This is a subheading, and no heading comes before it. Make it a heading.")
                yield Finding(text, "heading", sentence, passage=words)
            level = new


def check_sources(content):
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
