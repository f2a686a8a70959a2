"""Signal receivers that warn editors of discouraged terms, and of numbers that are typed instead of named by their tag."""

import re

from django.dispatch import receiver
from django.utils.translation import gettext as _

from campaign.models import HelpChannel, Term
from campaign.numbers import TAG, tag
from staff.admin.content import check_texts


@receiver(check_texts)
def warn(sender, texts, **kwargs):
    """Return one sentence for each discouraged term in the texts."""
    # The list of terms itself contains every term.
    if sender is Term:
        return []
    sentences = []
    for label, language, term, words in Term.objects.all().find_in(texts):
        better, why = term.advice(language)
        sentences.append(
            _("%(field)s contains “%(words)s”. Better: “%(better)s”. %(why)s")
            % {"field": label, "words": words, "better": better, "why": why}
        )
    return sentences


@receiver(check_texts)
def warn_of_numbers(sender, texts, **kwargs):
    """Return one sentence for each number of a help channel that is typed into a text with tags."""
    if not hasattr(sender, "texts_with_numbers"):
        return []
    # Digits with any kind of space between them, as a whole number.
    patterns = {
        channel: re.compile(rf"(?<!\w)(?<!\d[ \u00a0]){r'[ \u00a0]?'.join(channel.tel)}(?!\d)")
        for channel in HelpChannel.objects.with_number()
        if channel.tel.isdecimal()
    }
    return [
        _(
            "%(field)s: the number %(number)s is typed. Write %(tag)s instead, so that it always follows the help channel."
        )
        % {"field": label, "number": channel.number, "tag": tag(channel.key)}
        for label, _language, text in texts
        for channel, pattern in patterns.items()
        if pattern.search(TAG.sub("", text))
    ]
