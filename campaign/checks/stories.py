"""Alarm words in a voice (pledges/enquiries/alarm_words.py): it may tell a story of abuse."""

from django.utils.translation import gettext as _

from campaign.voices.models import Voice
from pledges.enquiries.alarm_words import AlarmContent
from staff.accents import without_accents
from staff.admin.checks import Finding


def check(content):
    """Yield a finding for the first alarm word in each text of a voice."""
    if content.model is not Voice:
        return
    patterns = AlarmContent.current().patterns
    for text in content.texts:
        found = next(filter(None, (pattern.search(without_accents(text.value)) for pattern in patterns)), None)
        if found:
            sentence = _(
                "This may tell what happened to a child or to a survivor. Then it is not for our site: leave it out."
            )
            yield Finding(text, "story", sentence, passage=found.group())
