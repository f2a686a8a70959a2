"""What the checks read in a text: its blocks and its links."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from campaign import richtext
from pledges.mail.content import ADDRESS

BLOCKS = {"p", "h2", "h3", "li", "blockquote", "dt", "dd"}


@dataclass
class TextBlock:
    """One paragraph, heading or list item. `text` is plain, `links` are [href, hreflang, text]."""

    tag: str
    text: str = ""
    links: list = field(default_factory=list)

    @property
    def is_heading(self):
        """Whether it is a heading of any level."""
        return self.tag in ("h2", "h3")


class _Parser(HTMLParser):
    """Reads sanitised HTML. What stands outside all blocks is a paragraph."""

    def __init__(self):
        super().__init__()
        self.blocks, self.link = [TextBlock("p")], None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in BLOCKS:
            self.blocks.append(TextBlock(tag))
        elif tag == "br":
            self.blocks[-1].text += "\n"
        elif tag == "a":
            self.link = [attributes.get("href") or "", attributes.get("hreflang") or "", ""]
            self.blocks[-1].links.append(self.link)

    def handle_endtag(self, tag):
        if tag == "a":
            self.link = None
        elif tag in BLOCKS:
            # What follows without a tag of its own is a paragraph.
            self.blocks.append(TextBlock("p"))

    def handle_data(self, data):
        self.blocks[-1].text += data
        if self.link:
            self.link[2] += data


def blocks(value, is_rich):
    """The blocks of a text that have words, and its headings. A plain text has one for each paragraph.

    The links of a plain text are the addresses in it, which have no words of their own.
    """
    if not is_rich:
        paragraphs = [text for text in re.split(r"\n\s*\n", value) if text.strip()]
        return [TextBlock("p", text, [(url, "", "") for url in ADDRESS.findall(text)]) for text in paragraphs]
    parser = _Parser()
    parser.feed(richtext.clean(value))
    parser.close()
    return [block for block in parser.blocks if block.text.strip() or block.is_heading]
