"""The content of e-mail messages, as plain text and HTML, in the supporter's language. This module imports no model.

Staff edit the words (`MessageText`). The code fixes the targets of buttons and what each kind of message must contain (`SPECS`).
Subject and sender are neutral, because phones are shared.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.mail import details, rendering
from pledges.mail.rendering import MailContent
from pledges.mail.rules import BLOCK_PURPOSES, LAST_DAYS, MANAGING, OTHER_SPECS

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


COLUMNS = [column.name for column in fields(MailWords)]


@dataclass(frozen=True)
class MessageSpec:
    """The rules of one kind of message, which staff cannot change."""

    # A sentence for the admin: when the message is sent.
    occasion: str
    # The purpose of the link on its button. None: the button leads to the home page.
    link_purpose: Purpose | None = None
    # Whether its recipient caused it by a button behind one of our links. Such a message has limits of its own.
    is_link_caused: bool = False
    # Whether it goes to a blocked mailbox too.
    ignores_blocks: bool = False
    # Whether no recipient waits for it. It is sent last, and by the mailer of BULK_MAIL_URL if there is one.
    is_bulk: bool = False
    # Whether the limits of messages per mailbox apply.
    is_limited: bool = True
    # The purpose of the link on its second button, if it has two that are about the same pledge.
    second_purpose: Purpose | None = None
    # The purpose of the link that ends all messages of this kind, for the last line and for the button of mail programs.
    end_purpose: Purpose | None = None
    # Whether the message still applies to the pledge. It is checked right before sending.
    applies: Callable = lambda pledge: True
    # Whether the message has one button for each pledge of the address; for each confirmed one if it has no second button.
    per_address: bool = False
    # A function that returns sentences about the pledge. They follow the words of staff.
    details: Callable = lambda pledge: []
    # A function of words and pledge: its buttons, (words, url), where the button above is not enough.
    buttons: Callable | None = None
    # A function that returns a sentence to begin with, in large type, or "".
    headline: Callable = lambda pledge: ""
    # A function that returns further links, the same for every supporter: (words, URL) pairs.
    further_links: Callable = list

    @property
    def placeholders(self):
        """The placeholders that the text may contain: {name} of the supporter, {day} on which the link expires, {site}.

        No name goes to a mailbox that has not confirmed it: a stranger may have typed anything.
        """
        return [*(["name"] if self.link_purpose in MANAGING else []), *self.required_placeholders, "site"]

    @property
    def required_placeholders(self):
        """The placeholders that the text must contain."""
        return ["day"] if self.link_purpose in LAST_DAYS else []

    def button_placeholders(self, column):
        """The placeholders that a button must contain. They distinguish two pledges of one address: the name, or {signed}."""
        if not self.per_address:
            return []
        return ["signed"] if column == "second_button" else ["name"]

    @property
    def columns(self):
        """The fields of `MailWords` that this kind uses."""
        return [column for column in COLUMNS if self.second_purpose or column != "second_button"]

    @property
    def block_purpose(self):
        """The purpose of its link "never write to this address again", or None."""
        return BLOCK_PURPOSES.get(self.link_purpose)

    def appended_sentences(self, wants_news=True):
        """Yield sentences that the code appends to the words of staff."""
        if self.link_purpose == Purpose.CONFIRM and wants_news:
            yield _("You have also asked for news about the movement by email.")
        if (purpose := Purpose.MANAGE if self.per_address else self.link_purpose) in MANAGING:
            yield str(MANAGING[purpose])


def _is_pending(pledge):
    return pledge.state == pledge.State.PENDING


def _can_be_confirmed(pledge):
    return _is_pending(pledge) and pledge.has_place


def _is_confirmed(pledge):
    return pledge.state == pledge.State.CONFIRMED


def _has_confirmed(pledge):
    """Whether the mailbox has confirmed the words of this pledge. One that staff have invalidated may never have been."""
    return pledge.confirmed_at is not None


# To add a kind of message: a `MessageKind`, an entry here, its words in starter/message-texts.json.
SPECS = {
    "confirm": MessageSpec(
        gettext_lazy("Sent as soon as someone has signed."), Purpose.CONFIRM, applies=_can_be_confirmed
    ),
    "reminder": MessageSpec(
        gettext_lazy("Sent once, three days after signing, to people who have not confirmed."),
        Purpose.CONFIRM,
        applies=_can_be_confirmed,
        is_bulk=True,
    ),
    "counted": MessageSpec(
        gettext_lazy("Sent when someone has confirmed their pledge."),
        Purpose.MANAGE,
        applies=_is_confirmed,
        is_link_caused=True,
        # A mailbox confirms each pledge once.
        is_limited=False,
        headline=details.own_number,
        further_links=details.ways_to_share,
    ),
    "already": MessageSpec(
        gettext_lazy("Sent when someone we already count signs again with the same address and name."),
        Purpose.MANAGE,
        applies=_is_confirmed,
    ),
    "similar": MessageSpec(
        gettext_lazy(
            "Sent instead of the confirmation if someone signs with an address that has a confirmed pledge in a similar name."
        ),
        Purpose.CORRECT_NAME,
        second_purpose=Purpose.CONFIRM,
        applies=_can_be_confirmed,
    ),
    "full": MessageSpec(
        gettext_lazy("Sent when a third person signs with an address that two people have already confirmed."),
        per_address=True,
    ),
    "links": MessageSpec(
        gettext_lazy("Sent when someone asks for their link."), second_purpose=Purpose.CONFIRM, per_address=True
    ),
    "fresh": MessageSpec(
        gettext_lazy("Sent when someone uses a link that is more than a day old to ask for a new one."),
        Purpose.MANAGE,
        applies=lambda pledge: not _is_pending(pledge),
        is_link_caused=True,
    ),
    "new_address": MessageSpec(
        gettext_lazy("Sent to the new address when a supporter changes it."),
        Purpose.NEW_ADDRESS,
        applies=lambda pledge: pledge.new_address_cipher is not None,
    ),
    "moving": MessageSpec(
        gettext_lazy("Sent to the present address when someone asks to change it, with a link that stops the change."),
        Purpose.STOP_NEW_ADDRESS,
        # Also to a blocked mailbox, and apart from the limits of a mailbox: someone with the link could use these up first. Three
        # changes a day for each pledge, which are counted by this message (`count_new_addresses`).
        ignores_blocks=True,
        is_link_caused=True,
        is_limited=False,
        applies=lambda pledge: pledge.new_address_cipher is not None,
    ),
    "moved": MessageSpec(gettext_lazy("Sent to the old address when a supporter has changed it."), is_link_caused=True),
    "corrected": MessageSpec(
        gettext_lazy("Sent when a member of staff corrects a pledge at the supporter’s request."),
        Purpose.MANAGE,
        applies=lambda pledge: not _is_pending(pledge),
        details=details.present_answers,
    ),
    "withdrawn": MessageSpec(
        gettext_lazy("The last message, when a pledge is withdrawn or erased."), is_link_caused=True
    ),
    **{kind: MessageSpec(**rules) for kind, rules in OTHER_SPECS.items()},
}


@cache
def starter():
    """The built-in words: {kind: {"subject_sq": text, …}}."""
    rows = json.loads(STARTER.read_text(encoding="utf-8"))
    return {row.pop("kind"): row for row in rows}


def built_in(kind, language):
    """The built-in `MailWords`."""
    return MailWords(**{column: starter()[kind].get(f"{column}_{language}", "") for column in COLUMNS})


def compose(kind, words, pledges, language, address):
    """The EmailMultiAlternatives of a kind, addressed to `address`.

    `pledges` is a list of the pledge it is about, or of all pledges of the address if the kind is `per_address`, or [None] if
    the pledge is erased.
    """
    with translation.override(language):
        content = _fill(SPECS[kind], words, pledges)
        has_end = SPECS[kind].is_bulk or SPECS[kind].end_purpose
        return rendering.mail(content, language, address, content.block[1] if has_end else None)


def _fill(spec, words, pledges):
    first = pledges[0]
    home = f"{settings.SITE_URL}/{translation.get_language()}/"
    values = {"site": home, "name": first.name if "name" in spec.placeholders and _has_confirmed(first) else ""}
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
    return MailContent(
        # SQL can change a row without the form's validation, and a line break would end the header.
        subject=" ".join(words.subject.split()),
        site=home,
        headline=spec.headline(first),
        paragraphs=[*_paragraphs(words.text, values), *spec.details(first)],
        buttons=buttons,
        after=_paragraphs(words.after, values),
        further_links=list(spec.further_links()),
        closing=list(spec.appended_sentences(wants_news=getattr(first, "updates", False))),
        block=block,
    )


def _pledge_button(words, pledge):
    signed = formats.date_format(timezone.localtime(pledge.created_at), "DATETIME_FORMAT")
    if _is_pending(pledge):
        return _replace(words.second_button, {"signed": signed}), links.url(Purpose.CONFIRM, pledge)
    if _has_confirmed(pledge) and (name := pledge.readable_name):
        text = _replace(words.button, {"name": name})
    else:
        text = _("Open the pledge signed on %(signed)s") % {"signed": signed}
    return text, links.url(Purpose.MANAGE, pledge)


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
