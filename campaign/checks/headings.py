"""The order of headings, which screen readers list, and paragraphs that only look like one."""

from django.utils.translation import gettext as _

from campaign.checks.reading import blocks
from staff.admin.checks import Finding

# Words. A longer paragraph in bold is emphasis.
LONGEST_HEADING = 12


def check(content):
    """Yield a finding for each heading out of order or without words, and for each short paragraph all in bold."""
    for text in content.texts:
        if not text.is_rich:
            continue
        level = 1
        for block in blocks(text.value, True):
            words = " ".join(block.text.split())
            if block.is_heading:
                new = int(block.tag[1])
                if not words:
                    yield Finding(
                        text, "heading", _("A heading has no words. Delete it, or write what comes below it.")
                    )
                elif new > level + 1:
                    yield Finding(
                        text,
                        "heading",
                        _("This is a subheading, and no heading comes before it. Make it a heading."),
                        passage=words,
                    )
                level = new
            elif block.tag == "p" and words and " ".join(block.bold.split()) == words and _is_short(words):
                yield Finding(
                    text,
                    "heading",
                    _(
                        "This paragraph is all in bold. If it is a heading, choose “Heading” in the editor, so that "
                        "screen readers list it."
                    ),
                    passage=words,
                )


def _is_short(words):
    return len(words.split()) <= LONGEST_HEADING and not words.endswith((".", "!", ","))
