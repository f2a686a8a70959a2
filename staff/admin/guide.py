"""The guide to the admin, docs/editing.md and its Albanian twin, as a page of the admin itself."""

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
    """Pictures as the static files they are here, at a size known beforehand: the page must not jump while they come."""

    def run(self, root: Element):
        for picture in root.iter("img"):
            name = picture.get("src")
            with Image.open(finders.find(name)) as file:
                width, height = file.size
            picture.attrib |= {"src": static(name), "width": str(width), "height": str(height), "loading": "lazy"}


class AsPage(Extension):
    def extendMarkdown(self, md):
        md.treeprocessors.register(Pictures(md), "pictures", 0)


@cache
def guide(language):
    """(title, HTML) of the guide in a language; the file is ours, and changes with the code."""
    title, _, text = (settings.BASE_DIR / "docs" / FILES[language]).read_text().partition("\n")
    # Its second line leads to the other language; here that is done by the switch of the admin.
    _, _, text = text.strip().partition("\n")
    # Headings bear the names that GitHub gives them, so that links within the guide work there as here.
    html = markdown.markdown(text, extensions=[TocExtension(slugify=slugify_unicode), AsPage()])
    return title.removeprefix("# "), mark_safe(html)  # noqa: S308 - our own file
