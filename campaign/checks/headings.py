"""The order of headings, which screen readers list."""

from django.utils.translation import gettext as _

from campaign.checks.reading import blocks
from staff.admin.checks import Finding


def check(content):
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
