"""Checks of content before it is published: functions from a Content to an iterable of Finding."""

from django.dispatch import receiver

from campaign.checks import links, pictures, words
from staff.admin.checks import check_content

CHECKS = [
    words.check_words,
    words.check_stories,
    words.check_help_numbers,
    pictures.check,
    words.check_headings,
    links.check,
    words.check_sources,
]


@receiver(check_content)
def check(sender, content, **kwargs):
    """The findings of all checks."""
    return [finding for each in CHECKS for finding in each(content)]
