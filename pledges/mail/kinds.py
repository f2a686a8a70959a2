"""The kinds of messages: one declaration each, in one list. This module imports no model.

Staff edit the words (`MessageText`). The code fixes when a kind is sent, what it is about, where its button leads, how urgent it
is, when it no longer applies, and what ends it. Neither subject nor sender mentions abuse, because phones are shared.

To add a kind: an entry in SPECS, and its words in starter/message-texts.json.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import partial

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges import sharing
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.numbers import number


class Priority(models.IntegerChoices):
    # What a form stored counts only with them, and a page says that they are on their way.
    FIRST = 0
    NORMAL = 1
    # No recipient waits for them. A mailer of their own sends them, if there is one (BULK_MAIL_URL).
    BULK = 2


# {purpose of a link that opens a pledge, a group pledge or the entry of an organisation: what its message says of the link}
MANAGING = {
    Purpose.MANAGE: _("Anyone who has the link can open the pledge, so please do not forward this message."),
    Purpose.GROUP_MANAGE: _(
        "Anyone who has the link can change or withdraw the group, so please do not forward this message."
    ),
    Purpose.ORGANISATION: _(
        "Anyone who has the link can change the organisation’s entry, so please do not forward this message."
    ),
}
# {purpose: function that returns the last day of its link}
LAST_DAYS = {
    Purpose.CONFIRM: lambda pledge: pledge.expires_at,
    Purpose.CORRECT_NAME: lambda pledge: pledge.expires_at,
    Purpose.NEW_ADDRESS: lambda pledge: pledge.new_address_until,
    Purpose.KEEP: lambda pledge: pledge.keep_until,
    Purpose.ANSWER: lambda pledge: pledge.follow_up.answer_until,
    Purpose.GROUP_CONFIRM: lambda group: group.expires_at,
    Purpose.JOINING_CONFIRM: lambda joining: joining.expires_at,
}
# {purpose of the first link: that of the link "never write to this address again"}
BLOCK_PURPOSES = {
    Purpose.CONFIRM: Purpose.BLOCK,
    Purpose.NEW_ADDRESS: Purpose.BLOCK_NEW_ADDRESS,
    Purpose.GROUP_CONFIRM: Purpose.GROUP_BLOCK,
    Purpose.JOINING_CONFIRM: Purpose.JOINING_BLOCK,
}


@dataclass(frozen=True)
class MessageSpec:
    """The rules of one kind of message, which staff cannot change."""

    # Its name in the admin, and a sentence: when it is sent.
    label: str
    occasion: str
    _: KW_ONLY
    # The foreign object of `Message` with what it is about. None: its row has an address only.
    about: str | None = "pledge"
    # The purpose of the link on its button. None: the button leads to the home page.
    link_purpose: Purpose | None = None
    priority: Priority = Priority.NORMAL
    # Whether its recipient caused it by a button behind one of our links. Such a message has limits of its own.
    is_link_caused: bool = False
    # Whether the limits of messages per mailbox apply.
    is_limited: bool = True
    # Whether it goes to a blocked mailbox too.
    ignores_blocks: bool = False
    # The purpose of the link on its second button, if it has two that are about the same pledge.
    second_purpose: Purpose | None = None
    # The purpose of the link that ends all messages of this kind, for the last line and for the button of mail programs.
    end_purpose: Purpose | None = None
    # Whether the message still applies to what it is about. It is checked right before sending.
    applies: Callable = lambda row: True
    # Whether the message has one button for each pledge of the address; for each confirmed one if it has no second button.
    per_address: bool = False
    # A function that returns sentences about the row. They follow the words of staff.
    details: Callable = lambda row: []
    # A function of words and row: its buttons, (words, url), where the button above is not enough.
    buttons: Callable | None = None
    # A function that returns the address to which a reply goes, or "" for that of the sender.
    reply_to: Callable = lambda row: ""
    # A function that returns a sentence to begin with, in large type, or "".
    headline: Callable = lambda row: ""
    # A function that returns further links, the same for every supporter: (words, URL) pairs.
    further_links: Callable = list

    @property
    def is_bulk(self):
        """Whether no recipient waits for it."""
        return self.priority == Priority.BULK

    @property
    def placeholders(self):
        """The placeholders that the text may contain: {name} of the supporter, {day} on which the link expires, {site}, {friend}.

        No name goes to a mailbox that has not confirmed it: a stranger may have typed anything.
        """
        of_supporters = ["friend"] if self.link_purpose == Purpose.MANAGE else []
        name = ["name"] if self.link_purpose in MANAGING else []
        return [*name, *self.required_placeholders, "site", *of_supporters]

    @property
    def required_placeholders(self):
        return ["day"] if self.link_purpose in LAST_DAYS else []

    @property
    def block_purpose(self):
        """The purpose of its link "never write to this address again", or None."""
        return BLOCK_PURPOSES.get(self.link_purpose)

    def appended_sentences(self, wants_news=True):
        """Yield sentences that the code appends to the words of staff."""
        if self.link_purpose == Purpose.CONFIRM and wants_news:
            yield gettext("You have also asked for news about the movement by email.")
        if (purpose := Purpose.MANAGE if self.per_address else self.link_purpose) in MANAGING:
            yield str(MANAGING[purpose])


# Conditions: whether a message still applies


def _is(state):
    """A function that tells whether a row is in this state."""
    return lambda row: row.state == state


def _can_be_confirmed(pledge):
    return pledge.state == "pending" and pledge.has_place


def _is_not_pending(pledge):
    return pledge.state != "pending"


def _wants_new_address(pledge):
    return pledge.new_address_cipher is not None


def _is_asked(pledge):
    """Whether its supporter was asked how it went, still wants to be, and can answer."""
    follow_up = getattr(pledge, "follow_up", None)
    if pledge.state != "confirmed" or follow_up is None:
        return False
    return follow_up.is_wanted and follow_up.is_open and follow_up.asked_about.exists()


# Sentences, buttons and links that the code adds to the words of staff


def _present_answers(pledge):
    """Yield sentences with the present values of the fields that staff can correct."""
    yield gettext("Group: %(sector)s") % {"sector": pledge.sector.name}
    yield gettext("County: %(county)s") % {"county": pledge.county.name if pledge.county else gettext("not given")}
    yield pledge.wall_status
    yield gettext("You get our news by email.") if pledge.updates else gettext("You do not get our news.")
    if pledge.new_address_cipher:
        yield gettext("You have also given us another address. Until you confirm it, we keep using this one.")


def _plans(pledge):
    """Yield what the supporter has planned for today: commitment and day."""
    for plan in pledge.reminded_plans():
        yield f"{plan.commitment.text}\n{plan.plan}"


def _own_number(pledge):
    """The supporter's number as a sentence, or "" if staff show no numbers."""
    own = pledge.number
    return gettext("You are number %(number)s of those who signed online.") % {"number": number(own)} if own else ""


def _ways_to_share():
    """Yield (words, URL) of what supporters can pass on.

    The picture is a link: in the message it would be large, and plain to see on a shared phone.
    """
    yield gettext("Send the invitation on WhatsApp"), sharing.neutral_ways().whatsapp
    yield gettext("A picture to post"), sharing.picture_url()


def _described(row):
    """What it is, and why it was refused. Only after the confirmation: a stranger may have typed anything."""
    yield from row.described()
    if row.refusal:
        yield from row.reasons


def _counted_already(group):
    """Whether its class counts already. Said by email only: the form would tell anyone which class is counted."""
    if type(group).objects.same_class(group).exists():
        yield gettext("This class has already been counted for this school year.")


def _described_together(group):
    """What `_described` says of all groups that the adult confirmed together."""
    for each in group.confirmed_together():
        yield from _described(each)


def _button_for_each(purpose, rows_of):
    """A function of words and row: a button for each of the groups or organisations that `rows_of(row)` returns."""

    def buttons(words, row):
        rows = rows_of(row)
        several = len(rows) > 1
        return [
            (f"{words.button}: {each.title}" if several else words.button, links.url(purpose, each)) for each in rows
        ]

    return buttons


def _button_to(name):
    """A function of words and row: one button that leads to this page."""
    return lambda words, row: [(words.button, settings.SITE_URL + reverse(name))]


# A last message: its row has no person any more.
_last = partial(MessageSpec, about=None, is_link_caused=True)
_group = partial(MessageSpec, about="group", link_purpose=Purpose.GROUP_MANAGE)
_group_decision = partial(_group, is_limited=False, details=_described)
_joining = partial(MessageSpec, about="joining", link_purpose=Purpose.ORGANISATION)
_joining_decision = partial(_joining, is_limited=False, details=_described)
# What answers a request under the law. Its text is the same for everyone: it quotes neither the request nor what we hold.
_request = partial(
    MessageSpec,
    about="request",
    is_limited=False,
    applies=lambda request: request.closed_at is not None,
    buttons=_button_to("pledges:enquiry_data"),
)
SPECS = {
    "confirm": MessageSpec(
        _("please confirm"),
        _("Sent as soon as someone has signed."),
        link_purpose=Purpose.CONFIRM,
        priority=Priority.FIRST,
        applies=_can_be_confirmed,
    ),
    "reminder": MessageSpec(
        _("reminder to confirm"),
        _("Sent once, three days after signing, to people who have not confirmed."),
        link_purpose=Purpose.CONFIRM,
        priority=Priority.BULK,
        applies=_can_be_confirmed,
    ),
    "counted": MessageSpec(
        _("you are counted"),
        _("Sent when someone has confirmed their pledge."),
        link_purpose=Purpose.MANAGE,
        is_link_caused=True,
        # A mailbox confirms each pledge once.
        is_limited=False,
        applies=_is("confirmed"),
        headline=_own_number,
        further_links=_ways_to_share,
    ),
    "already": MessageSpec(
        _("you have already signed"),
        _("Sent when someone we already count signs again with the same address and name."),
        link_purpose=Purpose.MANAGE,
        applies=_is("confirmed"),
    ),
    "similar": MessageSpec(
        _("signed again with a similar name"),
        _(
            "Sent instead of the confirmation if someone signs with an address that has a confirmed pledge in a similar name."
        ),
        link_purpose=Purpose.CORRECT_NAME,
        second_purpose=Purpose.CONFIRM,
        applies=_can_be_confirmed,
    ),
    "full": MessageSpec(
        _("two people have signed with this address"),
        _("Sent when a third person signs with an address that two people have already confirmed."),
        per_address=True,
    ),
    "links": MessageSpec(
        _("your link"),
        _("Sent when someone asks for their link."),
        second_purpose=Purpose.CONFIRM,
        per_address=True,
    ),
    "fresh": MessageSpec(
        _("a new link"),
        _("Sent when someone uses a link that is more than a day old to ask for a new one."),
        link_purpose=Purpose.MANAGE,
        is_link_caused=True,
        applies=_is_not_pending,
    ),
    "new_address": MessageSpec(
        _("confirm the new address"),
        _("Sent to the new address when a supporter changes it."),
        link_purpose=Purpose.NEW_ADDRESS,
        priority=Priority.FIRST,
        applies=_wants_new_address,
    ),
    "moving": MessageSpec(
        _("a change of your address was asked for"),
        _("Sent to the present address when someone asks to change it, with a link that stops the change."),
        link_purpose=Purpose.STOP_NEW_ADDRESS,
        is_link_caused=True,
        # Also to a blocked mailbox, and apart from the limits of a mailbox: someone with the link could use these up first. Three
        # changes a day for each pledge, which are counted by this message (`Pledge.claim_new_address`).
        is_limited=False,
        ignores_blocks=True,
        applies=_wants_new_address,
    ),
    "moved": _last(_("your address has been changed"), _("Sent to the old address when a supporter has changed it.")),
    "plan": MessageSpec(
        _("reminder of a plan"),
        _("Sent on the morning of the day that someone has planned for a commitment, if they want a reminder."),
        link_purpose=Purpose.COMMIT,
        end_purpose=Purpose.END_EMAILS,
        applies=lambda pledge: pledge.state == "confirmed" and bool(pledge.reminded_plans()),
        details=_plans,
    ),
    "how": MessageSpec(
        _("how did it go?"),
        _("Sent 30 days and 90 days after someone has chosen commitments, if they want to be asked how it went."),
        link_purpose=Purpose.ANSWER,
        priority=Priority.BULK,
        end_purpose=Purpose.END_EMAILS,
        applies=_is_asked,
    ),
    "keep": MessageSpec(
        _("should we keep your name and address?"),
        _("Sent once, long after someone confirmed. If they do not answer, we erase their name and address."),
        link_purpose=Purpose.KEEP,
        priority=Priority.BULK,
        applies=lambda pledge: pledge.keep_asked_at is not None,
    ),
    "corrected": MessageSpec(
        _("your pledge has been corrected"),
        _("Sent when a member of staff corrects a pledge at the supporter’s request."),
        link_purpose=Purpose.MANAGE,
        applies=_is_not_pending,
        details=_present_answers,
    ),
    "withdrawn": _last(_("your pledge has been erased"), _("The last message, when a pledge is withdrawn or erased.")),
    "group": _group(
        _("group: please confirm"),
        _("Sent to the adult who has entered a group pledge."),
        link_purpose=Purpose.GROUP_CONFIRM,
        priority=Priority.FIRST,
        applies=_is("submitted"),
        details=_counted_already,
    ),
    "group_open": _group(
        _("group: we are checking it"),
        _("Sent when the adult has confirmed a group pledge, which our team then checks."),
        is_link_caused=True,
        # A mailbox confirms each group once.
        is_limited=False,
        applies=_is("confirmed"),
        details=_described_together,
        buttons=_button_for_each(Purpose.GROUP_MANAGE, lambda group: group.confirmed_together()),
    ),
    "group_yes": _group_decision(
        _("group: counted"),
        _("Sent when a member of staff has approved a group pledge."),
        applies=_is("approved"),
    ),
    "group_no": _group_decision(
        _("group: not counted"),
        _("Sent when a member of staff has refused a group pledge."),
        applies=_is("refused"),
    ),
    "group_out": _last(_("group: withdrawn"), _("The last message, when the adult has withdrawn a group pledge.")),
    "group_links": _group(
        _("group: your links"),
        _("Sent when someone asks for their link and has confirmed group pledges."),
        applies=lambda group: group.confirmed_at is not None,
        buttons=_button_for_each(Purpose.GROUP_MANAGE, lambda group: group.of_its_adult()),
    ),
    "join": _joining(
        _("organisation: please confirm"),
        _("Sent to the contact who has entered an organisation."),
        link_purpose=Purpose.JOINING_CONFIRM,
        priority=Priority.FIRST,
        applies=_is("submitted"),
    ),
    "join_again": _joining(
        _("organisation: already sent"),
        _("Sent when the same contact enters the same organisation again."),
        applies=lambda joining: joining.state in ("confirmed", "approved"),
        details=_described,
    ),
    "join_yes": _joining_decision(
        _("organisation: on our page"),
        _("Sent when a member of staff has approved an organisation."),
        applies=_is("approved"),
    ),
    "join_no": _joining_decision(
        _("organisation: refused"),
        _("Sent when a member of staff has refused an organisation."),
        applies=_is("refused"),
    ),
    "join_renew": _joining_decision(
        _("organisation: still with us?"),
        _("Sent once a year, a month before the entry of an organisation lapses."),
        applies=lambda joining: joining.asked_at is not None,
    ),
    "join_out": _last(
        _("organisation: has left"), _("The last message, when an organisation has left or was not renewed.")
    ),
    "join_links": _joining(
        _("organisation: your links"),
        _("Sent when someone asks for their link and has confirmed organisations."),
        applies=lambda joining: joining.confirmed_at is not None,
        buttons=_button_for_each(Purpose.ORGANISATION, lambda joining: joining.of_its_adult()),
    ),
    "voice": MessageSpec(
        _("voice: please approve it"),
        _("Sent when a member of staff asks a person who is quoted to approve it."),
        about="voice",
        link_purpose=Purpose.VOICE,
        is_limited=False,
        applies=lambda owner: owner.removed_at is None,
    ),
    # Its words are those of a mailing (pledges/mail/content.py), which also says to whom it still applies.
    "news": MessageSpec(
        _("news by email"),
        _("Sent to people who asked for news, or who follow the demand or county that it is about."),
        priority=Priority.BULK,
        # Each person gets a mailing once; it must not use up the messages that the person asks for.
        is_limited=False,
    ),
    # It never quotes what the person wrote: others may read the mailbox.
    "answer": MessageSpec(
        _("answer to an enquiry"),
        _("Sent when a member of staff answers an enquiry. The answer follows your text."),
        about="answer",
        details=lambda answer: answer.paragraphs(),
        buttons=lambda words, answer: [(words.button, links.url(Purpose.FURTHER, answer.enquiry))],
        reply_to=lambda answer: links.reply_address(answer.enquiry),
    ),
    "data_copy": _request(
        _("request: the copy of the data"),
        _("Sent when a member of staff has made the copy of the data that someone asked for."),
    ),
    "data_fixed": _request(
        _("request: the data is corrected"), _("Sent when a member of staff has corrected the data as someone asked.")
    ),
    "data_limit": _request(
        _("request: the data is restricted"), _("Sent when a member of staff has restricted the data as someone asked.")
    ),
    "data_erased": _request(
        _("request: the data is erased"), _("Sent when a member of staff has erased the data as someone asked.")
    ),
    "data_none": _request(
        _("request: we hold nothing"),
        _("Sent when someone asks about their data and we hold nothing at their address."),
    ),
    "data_no": _request(
        _("request: refused"),
        _("Sent when a member of staff refuses a request about data. The reason follows your text."),
        details=lambda request: request.reasons,
    ),
    # It says neither what was written nor by whom, and its link leads to the front page: a read mailbox tells nothing.
    "alarm": MessageSpec(
        _("to the safeguarding lead: sign in"),
        _(
            "Sent to the safeguarding lead when an enquiry sounds like a disclosure of abuse, and every day until the lead has "
            "passed it on. It must not say what it is about."
        ),
        about=None,
        is_limited=False,
        # Also to a mailbox that is blocked as that of a supporter.
        ignores_blocks=True,
        buttons=_button_to("admin:index"),
    ),
}
MessageKind = models.TextChoices("MessageKind", [(kind.upper(), (kind, spec.label)) for kind, spec in SPECS.items()])
