"""The content of e-mail messages, as plain text and HTML, in the supporter's language. This module imports no model.

The words are those of staff (`MessageText`); kinds.py declares the rest of each kind.
"""

import json
import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from pledges import sharing
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.mail.kinds import LAST_DAYS, SPECS
from staff.mail import automatic

# A whole address, without the punctuation of its sentence.
ADDRESS = re.compile(
    r"(https?://(?:[^\s<>“”„«»\"()]|\([^\s<>“”„«»\"()]*\))*(?:[^\s<>“”„«»\"().,;:!?'’…\]]|\([^\s<>“”„«»\"()]*\)))",
    re.IGNORECASE,
)
STARTER = Path(__file__).parent.parent / "starter" / "message-texts.json"


@dataclass(frozen=True)
class MailWords:
    """The editable words of a message in one language. An empty line separates paragraphs."""

    subject: str
    text: str
    button: str
    # The button of a pending pledge in messages that have one button per pledge, or the other of two answers.
    second_button: str = ""
    after: str = ""


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
        return [part.strip() for part in re.split(r"\n\s*\n", self.text.strip())]


COLUMNS = [column.name for column in fields(MailWords)]


def columns_of(spec):
    """The fields of `MailWords` that a kind uses."""
    return [column for column in COLUMNS if spec.second_purpose or column != "second_button"]


@cache
def starter():
    """The built-in words: {kind: {"subject_sq": text, …}}."""
    rows = json.loads(STARTER.read_text(encoding="utf-8"))
    return {row.pop("kind"): row for row in rows}


def mail(content, language, address, end_url=None):
    """The EmailMultiAlternatives of these parts in the active language; a POST to `end_url` ends messages of its kind.

    `content` has, for the templates: `subject`, `site` (the URL of the site, of which each occurrence becomes a link), and as far
    as there are any `headline`, `paragraphs`, `buttons`, `after`, `further_links`, `closing`, and `block`, the link "never write
    to this address again" or the one that ends messages of this kind. Links are (words, url). With `has_links` addresses in
    `paragraphs` become links, where staff wrote all of them.
    """
    context = {"content": content, "language": language}
    text = render_to_string("pledges/email/message.txt", context)
    html = render_to_string("pledges/email/message.html", context)
    made = automatic(content["subject"], text, html, address)
    if end_url:
        # RFC 8058: the mail program shows a button, which sends a POST.
        made.extra_headers["List-Unsubscribe"] = f"<{end_url}>"
        made.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return made


def compose(kind, words, pledges, language, address):
    """The EmailMultiAlternatives of a kind, addressed to `address`.

    `pledges` is a list of the pledge it is about, or of all pledges of the address if the kind is `per_address`, or [None] if
    the pledge is erased.
    """
    with translation.override(language):
        content = _fill(SPECS[kind], words, pledges)
        has_end = content["block"] and (SPECS[kind].is_bulk or SPECS[kind].end_purpose)
        made = mail(content, language, address, content["block"][1] if has_end else None)
        if reply_to := SPECS[kind].reply_to(pledges[0]):
            made.reply_to = [reply_to]
        return made


def compose_news(words, end_url, language, address):
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


def _fill(spec, words, pledges):
    first = pledges[0]
    home = f"{settings.SITE_URL}/{translation.get_language()}/"
    values = {"site": home, "friend": sharing.neutral_ways().address}
    values["name"] = first.name if "name" in spec.placeholders and _has_confirmed(first) else ""
    if spec.required_placeholders:
        until = LAST_DAYS[spec.link_purpose](first)
        values["day"] = formats.date_format(timezone.localtime(until), "DATE_FORMAT")
    if spec.buttons:
        buttons = spec.buttons(words, first)
    elif spec.per_address:
        buttons = [_pledge_button(words, pledge) for pledge in pledges]
    else:
        buttons = [(words.button, links.url(spec.link_purpose, first) if spec.link_purpose else home)]
        if spec.second_purpose:
            buttons.append((words.second_button, links.url(spec.second_purpose, first)))
    block = None
    if spec.block_purpose:
        block = (_("Was this not you? Stop all emails to this address."), links.url(spec.block_purpose, first))
    elif spec.end_purpose:
        block = (_("Stop all emails about my commitments."), links.url(spec.end_purpose, first))
    return {
        # SQL can change a row without the form's validation, and a line break would end the header.
        "subject": " ".join(words.subject.split()),
        "site": home,
        "headline": spec.headline(first),
        "paragraphs": [*_paragraphs(words.text, values), *spec.details(first)],
        "buttons": buttons,
        "after": _paragraphs(words.after, values),
        "further_links": list(spec.further_links()),
        "closing": list(spec.appended_sentences(wants_news=getattr(first, "updates", False))),
        "block": block,
    }


def _has_confirmed(pledge):
    """Whether the mailbox has confirmed the words of this pledge. One that staff have invalidated may never have been."""
    return pledge.confirmed_at is not None


def _pledge_button(words, pledge):
    """The words and the name of the supporter, or the day and time of signing: they distinguish two pledges of one address."""
    is_pending = pledge.state == pledge.State.PENDING
    signed = formats.date_format(timezone.localtime(pledge.created_at), "DATETIME_FORMAT")
    title = pledge.readable_name if _has_confirmed(pledge) else None
    text = words.second_button if is_pending else words.button
    return f"{text}: {title or signed}", links.url(Purpose.CONFIRM if is_pending else Purpose.MANAGE, pledge)


def _paragraphs(text, values):
    lines = "\n".join(line.strip() for line in text.splitlines())
    return [_replace(paragraph.strip(), values) for paragraph in re.split(r"\n{2,}", lines) if paragraph.strip()]


def _replace(text, values):
    """Replace the placeholders in one pass, so that a name that contains "{site}" is left alone.

    An empty value takes the comma before it along: "Hello, {name}." becomes "Hello.".
    """
    return re.sub(r"(,? ?)\{(\w+)\}", lambda match: _value(*match.groups(), values), text)


def _value(before, name, values):
    value = values.get(name, f"{{{name}}}")
    return f"{before}{value}" if value else ""
