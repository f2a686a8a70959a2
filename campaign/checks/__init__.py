"""Checks of content before it is published: functions from a Content to an iterable of Finding."""

from django.dispatch import receiver

from campaign.checks import links, pictures, texts
from staff.admin.checks import check_content

CHECKS = [
    texts.check_words,
    texts.check_stories,
    texts.check_help_numbers,
    pictures.check,
    texts.check_headings,
    links.check,
    texts.check_sources,
]


@receiver(check_content)
def check(sender, content, **kwargs):
    """The findings of all checks."""
    return [finding for each in CHECKS for finding in each(content)]
