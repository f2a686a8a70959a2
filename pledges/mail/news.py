"""The content of news by email, and the short address that ends it. This module imports no model."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from pledges.mail.content import mail

# A whole address, without the punctuation of its sentence.
ADDRESS = re.compile(
    r"(https?://(?:[^\s<>“”„«»\"()]|\([^\s<>“”„«»\"()]*\))*(?:[^\s<>“”„«»\"().,;:!?'’…\]]|\([^\s<>“”„«»\"()]*\)))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class NewsWords:
    """The words of a mailing in one language. `archive_url` is the address of the same words on our site."""

    subject: str
    text: str
    button: str
    link: str
    archive_url: str
    reason: str

    @property
    def paragraphs(self):
        """The paragraphs of the text: empty lines are between them."""
        return [part.strip() for part in re.split(r"\n\s*\n", self.text.strip())]


def compose(words, end_url, language, address):
    """The EmailMultiAlternatives with these words to `address`; `end_url` ends the news of its recipient.

    What staff wrote is sent as it is: no link is rewritten, and no picture tells that it was read.
    """
    with translation.override(language):
        choose_url = settings.SITE_URL + reverse("pledges:my_pledge")
        parts = {
            "subject": " ".join(words.subject.split()),
            "site": f"{settings.SITE_URL}/{language}/",
            "paragraphs": words.paragraphs,
            "buttons": [(words.button, words.link)] if words.link else [],
            "further_links": [
                (_("Read it on our site"), words.archive_url),
                (_("Choose what we email you about"), choose_url),
            ],
            "closing": [words.reason],
            "block": (_("Stop all news by email"), end_url),
            "has_links": True,
        }
        return mail(parts, language, address, end_url)
