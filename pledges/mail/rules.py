"""Rules of messages that need no database: purposes of links, and the kinds of messages that are not about pledges."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy

from pledges.crypto import links
from pledges.crypto.links import Purpose

# {purpose of a link that opens a pledge, a group pledge or the entry of an organisation: what its message says of the link}
MANAGING = {
    Purpose.MANAGE: gettext_lazy("Anyone who has the link can open the pledge, so please do not forward this message."),
    Purpose.GROUP_MANAGE: gettext_lazy(
        "Anyone who has the link can change or withdraw the group, so please do not forward this message."
    ),
    Purpose.ORGANISATION: gettext_lazy(
        "Anyone who has the link can change the organisation’s entry, so please do not forward this message."
    ),
}
# {purpose of the first link: that of the link "never write to this address again"}
BLOCK_PURPOSES = {
    Purpose.CONFIRM: Purpose.BLOCK,
    Purpose.NEW_ADDRESS: Purpose.BLOCK_NEW_ADDRESS,
    Purpose.GROUP_CONFIRM: Purpose.GROUP_BLOCK,
    Purpose.JOINING_CONFIRM: Purpose.JOINING_BLOCK,
}


def _is(state):
    """A function that tells whether a group or an organisation is in this state."""
    return lambda row: row.state == state


def _details(group):
    """What it is, and why it was refused. Only after the confirmation: a stranger may have typed anything."""
    yield from group.described()
    if group.refusal:
        yield group.get_refusal_display()


def _together(group):
    """What `_details` says of all groups that the adult confirmed together."""
    for each in group.confirmed_together():
        yield from _details(each)


def _buttons(words, groups):
    """A button for each of these groups."""
    several = len(groups) > 1
    return [
        (f"{words.button}: {each.title}" if several else words.button, links.url(Purpose.GROUP_MANAGE, each))
        for each in groups
    ]


# The arguments of `MessageSpec`, by kind.
GROUP_SPECS = {
    "group": {
        "occasion": gettext_lazy("Sent to the adult who has entered a group pledge."),
        "link_purpose": Purpose.GROUP_CONFIRM,
        "applies": _is("submitted"),
    },
    "group_open": {
        "occasion": gettext_lazy("Sent when the adult has confirmed a group pledge, which our team then checks."),
        "link_purpose": Purpose.GROUP_MANAGE,
        "applies": _is("confirmed"),
        "is_link_caused": True,
        # A mailbox confirms each group once.
        "is_limited": False,
        "details": _together,
        "buttons": lambda words, group: _buttons(words, group.confirmed_together()),
    },
    "group_yes": {
        "occasion": gettext_lazy("Sent when a member of staff has approved a group pledge."),
        "link_purpose": Purpose.GROUP_MANAGE,
        "applies": _is("approved"),
        "is_limited": False,
        "details": _details,
    },
    "group_no": {
        "occasion": gettext_lazy("Sent when a member of staff has refused a group pledge."),
        "link_purpose": Purpose.GROUP_MANAGE,
        "applies": _is("refused"),
        "is_limited": False,
        "details": _details,
    },
    "group_out": {
        "occasion": gettext_lazy("The last message, when the adult has withdrawn a group pledge."),
        "is_link_caused": True,
    },
    "group_links": {
        "occasion": gettext_lazy("Sent when someone asks for their link and has confirmed group pledges."),
        "link_purpose": Purpose.GROUP_MANAGE,
        "applies": lambda group: group.confirmed_at is not None,
        "buttons": lambda words, group: _buttons(words, group.of_its_adult()),
    },
}

JOINING_SPECS = {
    "join": {
        "occasion": gettext_lazy("Sent to the contact who has entered an organisation."),
        "link_purpose": Purpose.JOINING_CONFIRM,
        "applies": _is("submitted"),
    },
    "join_again": {
        "occasion": gettext_lazy("Sent when the same contact enters the same organisation again."),
        "link_purpose": Purpose.ORGANISATION,
        "applies": lambda joining: joining.state in ("confirmed", "approved"),
        "details": _details,
    },
    "join_yes": {
        "occasion": gettext_lazy("Sent when a member of staff has approved an organisation."),
        "link_purpose": Purpose.ORGANISATION,
        "applies": _is("approved"),
        "is_limited": False,
        "details": _details,
    },
    "join_no": {
        "occasion": gettext_lazy("Sent when a member of staff has refused an organisation."),
        "link_purpose": Purpose.ORGANISATION,
        "applies": _is("refused"),
        "is_limited": False,
        "details": _details,
    },
    "join_renew": {
        "occasion": gettext_lazy("Sent once a year, a month before the entry of an organisation lapses."),
        "link_purpose": Purpose.ORGANISATION,
        "applies": lambda joining: joining.asked_at is not None,
        "is_limited": False,
        "details": _details,
    },
    "join_out": {
        "occasion": gettext_lazy("The last message, when an organisation has left or was not renewed."),
        "is_link_caused": True,
    },
}

ENQUIRY_SPECS = {
    # It never quotes what the person wrote: others may read the mailbox.
    "answer": {
        "occasion": gettext_lazy("Sent when a member of staff answers an enquiry. The answer follows your text."),
        "details": lambda answer: answer.paragraphs(),
        "buttons": lambda words, answer: [(words.button, _site_url("campaign:contact"))],
    },
    # It says neither what was written nor by whom, and its link leads to the front page: a read mailbox tells nothing.
    "alarm": {
        "occasion": gettext_lazy(
            "Sent to the safeguarding lead when an enquiry sounds like a disclosure of abuse. It must not say what it is about."
        ),
        # Also to a mailbox that is blocked as that of a supporter.
        "is_link_caused": True,
        "is_limited": False,
        "buttons": lambda words, _none: [(words.button, _site_url("admin:index"))],
    },
}
# All kinds that are not about pledges.
OTHER_SPECS = GROUP_SPECS | JOINING_SPECS | ENQUIRY_SPECS


def _site_url(name):
    return settings.SITE_URL + reverse(name)
