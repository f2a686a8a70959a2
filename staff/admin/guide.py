"""The staff guide, docs/editing.md and docs/editing.sq.md, rendered for a page of the admin."""

import re
from functools import cache
from xml.etree.ElementTree import Element

import markdown
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from markdown.extensions import Extension
from markdown.extensions.toc import TocExtension, slugify_unicode
from markdown.treeprocessors import Treeprocessor
from PIL import Image

FILES = {"en": "editing.md", "sq": "editing.sq.md"}


class Pictures(Treeprocessor):
    """Turns image paths into static URLs and adds the size of each image, which avoids layout shift while it loads."""

    def run(self, root: Element):
        for image in root.iter("img"):
            name = image.get("src")
            with Image.open(finders.find(name)) as file:
                width, height = file.size
            image.attrib |= {"src": static(name), "width": str(width), "height": str(height), "loading": "lazy"}


class GuideExtension(Extension):
    """Registers `Pictures`."""

    def extendMarkdown(self, md):
        md.treeprocessors.register(Pictures(md), "pictures", 0)


@cache
def guide(language):
    """(title, HTML) of the guide in a language. Cached until restart, because the file changes with releases only."""
    title, _, text = (settings.BASE_DIR / "docs" / FILES[language]).read_text().partition("\n")
    # The next line links to the other language. The admin has a language switch for that.
    _, _, text = text.strip().partition("\n")
    # The tasks by role, above the first role. GitHub lists the headings itself.
    text = text.replace("\n## ", "\n[TOC]\n\n## ", 1)
    # Headings get the same anchors as on GitHub, so that links within the guide work in both places.
    html = markdown.markdown(text, extensions=[TocExtension(slugify=slugify_unicode), GuideExtension()])
    return title.removeprefix("# "), mark_safe(html)  # noqa: S308 - a file of this repository, not user input


@cache
def headings(language):
    """[(heading, anchor)] of the tasks in the guide in a language, without rendering it. Cached as `guide` is."""
    found = re.findall(r"^### (.+)$", (settings.BASE_DIR / "docs" / FILES[language]).read_text(), re.MULTILINE)
    return [(heading, slugify_unicode(heading, "-")) for heading in found]
