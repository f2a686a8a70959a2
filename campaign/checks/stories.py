"""A voice that may tell a story of abuse, by the rule and the words of messages to the team (pledges/enquiries/alarm.py)."""

from django.utils.translation import gettext as _

from campaign.voices.models import Voice
from pledges.enquiries.alarm import AlarmContent, telling_sentence
from staff.accents import without_accents
from staff.admin.checks import Finding


def check(content):
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
