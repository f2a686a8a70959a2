"""What the messages say, in the supporter's language, as text and HTML. Subjects and sender are neutral: people share phones.

The words are staff's (`LetterText`); where their buttons lead and what no message may lack is decided here, by kind.
"""

import json
import logging
import re
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges import links
from pledges.links import Purpose

logger = logging.getLogger(__name__)

# What may stand between curly brackets in the words of a message, and what it becomes.
PLACEHOLDERS = {
    "name": gettext_lazy("the supporter’s name"),
    "day": gettext_lazy("the day until which the link works"),
    "site": gettext_lazy("the address of this site"),
}
# Beginnings of words that tell whoever looks at a shared phone what this is about.
TELLING = re.compile(
    r"\b(?:dhun|përdhun|abuz|abus|seks|sex|fëmij|femij|child|kid|ngacm|harass|viol|rape|viktim|victim|mbijet|surviv|betim|"
    r"zotim|pledg|porn|shfrytëz|exploit|krim|crime)\w*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Words:
    """The words of a message in one language, as staff write them. Paragraphs are parted by empty lines."""

    subject: str
    text: str
    button: str
    # On the button to a pledge that is not confirmed yet, in messages about a whole address.
    second_button: str = ""
    after: str = ""


COLUMNS = [each.name for each in fields(Words)]


@dataclass(frozen=True)
class Frame:
    """What a message of one kind holds whatever its words are."""

    # When it is sent, for those who write its words.
    occasion: str
    # Where its button leads; None is the site itself.
    link: Purpose | None = None
    # Whether what it is about is still so.
    is_so: Callable = lambda pledge: True
    # Whether it has a button for each pledge of the address, instead of one.
    of_address: bool = False
    # Sentences about the pledge below the words of staff.
    details: Callable = lambda pledge: []

    @property
    def placeholders(self):
        """What the text may hold: {name} where it is about one person, {day} where the link ends."""
        return [*(["name"] if self.link else []), *self.needed, "site"]

    @property
    def needed(self):
        """What the text must hold."""
        return ["day"] if self.link in (Purpose.CONFIRM, Purpose.NEW_ADDRESS) else []

    @property
    def on_buttons(self):
        """What each button may and must hold: among two pledges only the name tells which is which."""
        return ["name"] if self.of_address else []

    @property
    def columns(self):
        """The parts of `Words` that it uses."""
        return [column for column in COLUMNS if self.of_address or column != "second_button"]

    @property
    def never_again(self):
        """The purpose of its link "never write to me again", or None."""
        return {Purpose.CONFIRM: Purpose.BLOCK, Purpose.NEW_ADDRESS: Purpose.BLOCK_NEW_ADDRESS}.get(self.link)

    def additions(self, wants_news=True):
        """Sentences that we add below the words of staff."""
        if self.link == Purpose.CONFIRM and wants_news:
            yield _("You have also asked for news of the movement by e-mail.")
        if self.link == Purpose.MANAGE or self.of_address:
            yield _("Whoever has the link can open the pledge: please do not pass this message on.")


def _is_pending(pledge):
    return pledge.state == pledge.State.PENDING


def _is_confirmed(pledge):
    return pledge.state == pledge.State.CONFIRMED


def _as_it_stands(pledge):
    """What staff may have corrected, as it is now."""
    yield _("Group: %(sector)s") % {"sector": pledge.sector.name}
    yield _("County: %(county)s") % {"county": pledge.county.name if pledge.county else _("not given")}
    yield pledge.wall_words
    yield _("We send you news by e-mail.") if pledge.updates else _("We send you no news.")
    if pledge.new_address_cipher:
        yield _("You have also given us another address. Until you confirm it there, this one stays.")


# A new kind of message is a `Message.Kind`, a line here and its words in starter/letters.json.
FRAMES = {
    "confirm": Frame(gettext_lazy("Goes out as soon as someone has signed."), Purpose.CONFIRM, _is_pending),
    "reminder": Frame(
        gettext_lazy("Goes out once, three days after signing, to whoever has not confirmed."),
        Purpose.CONFIRM,
        _is_pending,
    ),
    "counted": Frame(gettext_lazy("Goes out when someone has confirmed."), Purpose.MANAGE, _is_confirmed),
    "already": Frame(
        gettext_lazy("Goes out when someone who is counted already signs again with the same address and name."),
        Purpose.MANAGE,
        _is_confirmed,
    ),
    "full": Frame(
        gettext_lazy("Goes out when a third person signs with an address from which two have pledged."), of_address=True
    ),
    "links": Frame(gettext_lazy("Goes out when someone asks for their link."), of_address=True),
    "new_address": Frame(
        gettext_lazy("Goes to the new address when a supporter changes it."),
        Purpose.NEW_ADDRESS,
        lambda pledge: pledge.new_address_cipher is not None,
    ),
    "corrected": Frame(
        gettext_lazy("Goes out when one of you has corrected a pledge because its supporter asked for it."),
        Purpose.MANAGE,
        lambda pledge: not _is_pending(pledge),
        details=_as_it_stands,
    ),
    "withdrawn": Frame(gettext_lazy("The last message, when a pledge is withdrawn or erased.")),
}


@dataclass
class Letter:
    """The parts of a message. `buttons` are (words, url) pairs; `after` comes below them."""

    subject: str
    paragraphs: list[str]
    # The site's own address, a link wherever it stands in the text.
    site: str
    buttons: list[tuple[str, str]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    # (words, url): never write to me again
    block: tuple[str, str] | None = None


# From a row to a mail


def write(message):
    """The e-mail for a Message, ready to send; None when what it was about is no longer so."""
    frame = FRAMES[message.kind]
    if not frame.is_so(message.pledge):
        return None
    pledges = [message.pledge]
    if frame.of_address:
        pledges = list(type(message.pledge).objects.at_address(message.pledge.address))
    if not pledges:
        return None
    return _mail(frame, words_in_use(message.kind, message.language), pledges, message.language, message.address)


def sample(kind, words, language, address="arta@example.org"):
    """A mail of these words to a made-up person. Its links are like real ones, and end at a page that says so."""
    return _mail(FRAMES[kind], words, _made_up(kind, language), language, address)


def without_links(html):
    """The HTML of a mail whose links lead nowhere, for a preview: in a frame even "#" would load something."""
    return re.sub(r' href="[^"]*"', "", html)


def words_in_use(kind, language):
    """The words of staff; the built-in ones where those are gone, or lack what no message may lack."""
    from pledges.models import LetterText

    text = LetterText.objects.filter(kind=kind).first()
    if text is None:
        return built_in(kind, language)
    words = text.words(language)
    if problems(kind, words):
        logger.error("the text of the message “%s” (%s) cannot be used: the original one is sent", kind, language)
        return built_in(kind, language)
    return words


@cache
def starter():
    """The columns of the built-in text of each kind."""
    rows = json.loads((Path(__file__).parent / "starter/letters.json").read_text(encoding="utf-8"))
    return {row.pop("kind"): row for row in rows}


def built_in(kind, language):
    """The words that came with the site."""
    return Words(**{column: starter()[kind].get(f"{column}_{language}", "") for column in COLUMNS})


def _mail(frame, words, pledges, language, address):
    with translation.override(language):
        letter = _fill(frame, words, pledges)
        context = {"letter": letter, "language": language}
        mail = EmailMultiAlternatives(
            subject=letter.subject,
            body=render_to_string("pledges/email/letter.txt", context),
            to=[address],
            # No machine answers it, and no mailbox gets an out-of-office reply.
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )
        mail.attach_alternative(render_to_string("pledges/email/letter.html", context), "text/html")
        return mail


def _fill(frame, words, pledges):
    first = pledges[0]
    home = f"{settings.SITE_URL}/{translation.get_language()}/"
    values = {"site": home}
    if frame.link:
        values["name"] = first.name
    if frame.needed:
        values["day"] = _day(first.expires_at if frame.link == Purpose.CONFIRM else first.new_address_until)
    if frame.of_address:
        buttons = [_button_of(words, pledge) for pledge in pledges]
    else:
        buttons = [(words.button, links.url(frame.link, first) if frame.link else home)]
    block = None
    if frame.never_again:
        block = (_("Was it not you? Never write to this address again."), links.url(frame.never_again, first))
    return Letter(
        # Whatever came into the row by another way than the form: a line break would end the header.
        subject=" ".join(words.subject.split()),
        paragraphs=[*_paragraphs(words.text, values), *frame.details(first)],
        site=home,
        buttons=buttons,
        after=[*_paragraphs(words.after, values), *frame.additions(wants_news=bool(first and first.updates))],
        block=block,
    )


def _button_of(words, pledge):
    text, purpose = words.button, Purpose.MANAGE
    if _is_pending(pledge):
        text, purpose = words.second_button, Purpose.CONFIRM
    return _replace(text, {"name": pledge.name}), links.url(purpose, pledge)


def _paragraphs(text, values):
    lines = "\n".join(line.strip() for line in text.splitlines())
    return [_replace(paragraph.strip(), values) for paragraph in re.split(r"\n{2,}", lines) if paragraph.strip()]


def _replace(text, values):
    """Put the values in, once: what looks like a placeholder in somebody's name stays as it is."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def _day(moment):
    return formats.date_format(timezone.localtime(moment), "DATE_FORMAT")


def _made_up(kind, language):
    """Pledges of nobody, never saved, such as a message of this kind is about."""
    from pledges.models import Pledge, Sector
    from pledges.models.querysets import PENDING_LIFE

    def person(name, state):
        now = timezone.now()
        pledge = Pledge(language=language, state=state, updates=True, sector=Sector.objects.first())
        pledge.expires_at = now + PENDING_LIFE
        pledge.set_person(name, "arta@example.org")
        pledge.set_new_address("arta@example.org")
        pledge.new_address_at = now
        return pledge

    if kind == "withdrawn":
        return [None]
    if FRAMES[kind].of_address:
        return [person("Arta Shembulli", Pledge.State.CONFIRMED), person("Agim Shembulli", Pledge.State.PENDING)]
    return [person("Arta Shembulli", Pledge.State.PENDING)]


# What is wrong with words


def problems(kind, words):
    """(column, sentence) of all that keeps these words from being used for a message of this kind."""
    return list(_problems(FRAMES[kind], words))


def _problems(frame, words):
    for column in frame.columns:
        text = getattr(words, column)
        if not text.strip():
            if column != "after":
                yield column, _("Write this: the message cannot do without it.")
            continue
        allowed = {"subject": [], "button": frame.on_buttons, "second_button": frame.on_buttons}.get(
            column, frame.placeholders
        )
        for typed in re.findall(r"\{[^{}]*\}|[{}]", text):
            if typed[1:-1] not in allowed:
                yield column, _not_known(typed, column, allowed)
        for name in frame.on_buttons if "button" in column else ():
            if f"{{{name}}}" not in text:
                yield column, _missing(name, _("Write %(placeholder)s here: it becomes %(meaning)s."))
    for name in frame.needed:
        if not any(f"{{{name}}}" in text for text in (words.text, words.after)):
            yield (
                "after",
                _missing(name, _("Write %(placeholder)s here or in the text above: it becomes %(meaning)s.")),
            )


def _missing(name, sentence):
    return sentence % {"placeholder": f"{{{name}}}", "meaning": PLACEHOLDERS[name]}


def _not_known(typed, column, allowed):
    if column == "subject":
        return _("Take %(typed)s out: the subject is the same for everyone.") % {"typed": typed}
    if not allowed:
        return _("Take %(typed)s out: these words are the same for everyone.") % {"typed": typed}
    choice = ", ".join(f"{{{name}}}" for name in allowed)
    if typed in ("{", "}"):
        return _("A curly bracket stands alone. They are only for: %(choice)s.") % {"choice": choice}
    if near := get_close_matches(typed[1:-1].strip().lower(), allowed, n=1, cutoff=0.5):
        return _("%(typed)s is not known here. Did you mean %(near)s?") % {"typed": typed, "near": f"{{{near[0]}}}"}
    return _("%(typed)s is not known here. You can use: %(choice)s.") % {"typed": typed, "choice": choice}


def telling(subject):
    """Words of a subject that say too much to whoever looks at a shared phone."""
    return TELLING.findall(subject)


def explained(names):
    """Placeholders and what they become, such as "{name} (the supporter's name)"."""
    return [format_lazy("{{{}}} ({})", name, PLACEHOLDERS[name]) for name in names]


# What went wrong on the way


# Kinds of errors that concern one mailbox or message, not our way out.
OF_THE_RECIPIENT = ("SMTPRecipientsRefused", "SMTPDataError")


def is_final_refusal(error):
    """Whether the recipient's server said no for good (5xx); a fault on our side is never final."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _reason in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def kind_of_error(error):
    """The kind of an error and its SMTP code, such as "SMTPRecipientsRefused 550"; never its text."""
    codes = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _reason in error.recipients.values()})
    elif isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    return " ".join([type(error).__name__, *map(str, codes)])[:80]
