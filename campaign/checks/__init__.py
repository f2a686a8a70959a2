"""Checks of content before it is published, one in each module: functions from a Content to an iterable of Finding."""

from django.dispatch import receiver

from campaign.checks import headings, help_numbers, links, pictures, sources, stories, words
from staff.admin.checks import check_content

CHECKS = [
    words.check,
    stories.check,
    help_numbers.check,
    pictures.check,
    headings.check,
    links.check,
    sources.check,
]


@receiver(check_content)
def check(sender, content, **kwargs):
    """The findings of all checks."""
    return [finding for each in CHECKS for finding in each(content)]
