"""Long sentences, and how hard a text is to read (LIX). Formula, source and the choice of the targets: docs/words.md."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaign.checks.reading import blocks, words
from campaign.pages.models import Page
from campaign.texts.models import PageText
from staff.admin.checks import Finding

# LIX by language, and for texts to children and young people.
TARGETS = {"sq": 40, "en": 35}
CHILD_TARGETS = {"sq": 30, "en": 25}
# Words of a sentence.
LONGEST, LONGEST_FOR_CHILDREN = 25, 20
# LIX of a shorter text depends on single words.
MEASURED_FROM = 50  # words
LONG_WORD = 7  # letters
CHILD_PAGES = {"child"}
CHILD_SECTORS = {"youth", "children"}


def lix(read):
    """LIX of a list of sentences: words per sentence, plus the share of words with more than six letters in per cent."""
    found = [word for sentence in read for word in words(sentence)]
    if not found:
        return 0
    return len(found) / len(read) + 100 * sum(len(word) >= LONG_WORD for word in found) / len(found)


def check(content):
    """Yield at most one finding for each text: about LIX above its target, otherwise about sentences that are too long."""
    for_children = _is_for_children(content)
    longest_allowed = LONGEST_FOR_CHILDREN if for_children else LONGEST
    for text in content.texts:
        if text.language is None:
            continue
        read = [each for block in blocks(text.value, text.is_rich) if not block.is_heading for each in block.sentences]
        if not read:
            continue
        longest = max(read, key=lambda sentence: len(words(sentence)))
        count = len(words(longest))
        target = (CHILD_TARGETS if for_children else TARGETS)[text.language]
        value = lix(read) if sum(len(words(sentence)) for sentence in read) >= MEASURED_FROM else 0
        if value > target:
            yield Finding(text, "long", _hard(value, target, count), passage=longest)
        elif count > longest_allowed:
            others = sum(len(words(sentence)) > longest_allowed for sentence in read) - 1
            yield Finding(text, "long", _long(count, longest_allowed, others), passage=longest)


def _hard(value, target, count):
    return _(
        "The text is hard to read: LIX %(lix)d, and the target is %(target)d. Make sentences shorter and choose shorter "
        "words. This is the longest sentence, with %(count)d words."
    ) % {"lix": round(value), "target": target, "count": count}


def _long(count, allowed, others):
    sentence = _("This sentence has %(count)d words. Up to %(allowed)d are easy to read: make two of it.") % {
        "count": count,
        "allowed": allowed,
    }
    if not others:
        return sentence
    more = ngettext("%(count)d more sentence is too long.", "%(count)d more sentences are too long.", others)
    return f"{sentence} {more % {'count': others}}"


def _is_for_children(content):
    """Whether children or young people read it: by the key of a page, its group, or the place of a text."""
    instance = content.form.instance
    if isinstance(instance, PageText):
        return instance.page == PageText.Page.CHILD or instance.key.startswith("help_child")
    if isinstance(instance, Page):
        sector = content.value("sector")
        return content.value("key") in CHILD_PAGES or getattr(sector, "slug", None) in CHILD_SECTORS
    return False
