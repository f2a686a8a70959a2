"""The staff guide, docs/editing.md and docs/editing.sq.md, rendered for a page of the admin."""

import re
from functools import cache

import markdown
from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from markdown.extensions.toc import TocExtension, slugify_unicode

FILES = {"en": "editing.md", "sq": "editing.sq.md"}


@cache
def guide(language):
    """(title, HTML) of the guide in a language. Cached until restart, because the file changes with releases only."""
    title, _, text = (settings.BASE_DIR / "docs" / FILES[language]).read_text().partition("\n")
    # The next line links to the other language. The admin has a language switch for that.
    _, _, text = text.strip().partition("\n")
    # The tasks by role, above the first role. GitHub lists the headings itself.
    text = text.replace("\n## ", "\n[TOC]\n\n## ", 1)
    # Headings get the same anchors as on GitHub, so that links within the guide work in both places.
    html = markdown.markdown(text, extensions=[TocExtension(slugify=slugify_unicode)])
    html = re.sub(r'(<img [^>]*src=")([^"]+)', lambda match: match[1] + static(match[2]), html)
    return title.removeprefix("# "), mark_safe(html)  # noqa: S308 - a file of this repository, not user input
