"""Numbers of help channels that are typed instead of named by their tag (campaign/help/models.py)."""

import re

from django.utils.translation import gettext as _

from campaign.help.models import TAG, HelpChannel, tag
from staff.admin.checks import Finding


def check(content):
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
