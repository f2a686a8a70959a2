"""Rules of messages that need no database: purposes of links, their last days, and the kinds that are not about signing."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.mail import details

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


def _is(state):
    """A function that tells whether a group or an organisation is in this state."""
    return lambda row: row.state == state


def _is_asked(pledge):
    """Whether its supporter was asked how it went, still wants to be, and can answer."""
    follow_up = getattr(pledge, "follow_up", None)
    if not _is("confirmed")(pledge) or follow_up is None:
        return False
    return follow_up.is_wanted and follow_up.is_open and follow_up.asked_about.exists()


def _details(group):
    """What it is, and why it was refused. Only after the confirmation: a stranger may have typed anything."""
    yield from group.described()
    if group.refusal:
        yield from group.reasons


def _together(group):
    """What `_details` says of all groups that the adult confirmed together."""
    for each in group.confirmed_together():
        yield from _details(each)


def _buttons(words, purpose, rows):
    """A button for each of these groups or organisations."""
    several = len(rows) > 1
    return [(f"{words.button}: {each.title}" if several else words.button, links.url(purpose, each)) for each in rows]


# The arguments of `MessageSpec`, by kind.
KEEPING_SPECS = {
    "keep": {
        "occasion": gettext_lazy(
            "Sent once, long after someone confirmed. If they do not answer, we erase their name and address."
        ),
        "link_purpose": Purpose.KEEP,
        "applies": lambda pledge: pledge.keep_asked_at is not None,
        "is_bulk": True,
        "end_purpose": Purpose.END_EMAILS,
    },
}
COMMITMENT_SPECS = {
    "plan": {
        "occasion": gettext_lazy(
            "Sent at the time that someone has planned for a commitment, if they want a reminder."
        ),
        "link_purpose": Purpose.COMMIT,
        "applies": lambda pledge: _is("confirmed")(pledge) and bool(pledge.reminded_plans()),
        "details": details.plans,
        "end_purpose": Purpose.END_EMAILS,
    },
    "how": {
        "occasion": gettext_lazy(
            "Sent 30 days and 90 days after someone has chosen commitments, if they want to be asked how it went."
        ),
        "link_purpose": Purpose.ANSWER,
        "applies": _is_asked,
        "is_bulk": True,
        "end_purpose": Purpose.END_EMAILS,
    },
}

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
        "buttons": lambda words, group: _buttons(words, Purpose.GROUP_MANAGE, group.confirmed_together()),
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
        "buttons": lambda words, group: _buttons(words, Purpose.GROUP_MANAGE, group.of_its_adult()),
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
    "join_links": {
        "occasion": gettext_lazy("Sent when someone asks for their link and has confirmed organisations."),
        "link_purpose": Purpose.ORGANISATION,
        "applies": lambda joining: joining.confirmed_at is not None,
        "buttons": lambda words, joining: _buttons(words, Purpose.ORGANISATION, joining.of_its_adult()),
    },
}

# Its words are those of a mailing (pledges/mail/news.py).
NEWS_SPECS = {
    "news": {
        "occasion": gettext_lazy(
            "Sent to people who asked for news, or who follow the demand or county that it is about."
        ),
        "is_bulk": True,
        # Each person gets a mailing once; it must not use up the messages that the person asks for.
        "is_limited": False,
    },
}

VOICE_SPECS = {
    "voice": {
        "occasion": gettext_lazy("Sent when a member of staff asks the owner of a voice to approve it."),
        "link_purpose": Purpose.VOICE,
        "applies": lambda owner: owner.removed_at is None,
        "is_limited": False,
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
            "Sent to the safeguarding lead when an enquiry sounds like a disclosure of abuse, and every day until the lead has "
            "passed it on. It must not say what it is about."
        ),
        # Also to a mailbox that is blocked as that of a supporter.
        "ignores_blocks": True,
        "is_limited": False,
        "buttons": lambda words, _none: [(words.button, _site_url("admin:index"))],
    },
}
# What answers a request under the law. Its text is the same for everyone: it quotes neither the request nor what we hold.
REQUEST_SPECS = {
    kind: {
        "occasion": occasion,
        "applies": lambda request: request.closed_at is not None,
        "is_limited": False,
        "buttons": lambda words, request: [(words.button, _site_url("pledges:enquiry_data"))],
    }
    for kind, occasion in {
        "data_copy": gettext_lazy("Sent when a member of staff has made the copy of the data that someone asked for."),
        "data_fixed": gettext_lazy("Sent when a member of staff has corrected the data as someone asked."),
        "data_limit": gettext_lazy("Sent when a member of staff has restricted the data as someone asked."),
        "data_erased": gettext_lazy("Sent when a member of staff has erased the data as someone asked."),
        "data_none": gettext_lazy("Sent when someone asks about their data and we hold nothing at their address."),
        "data_no": gettext_lazy(
            "Sent when a member of staff refuses a request about data. The reason follows your text."
        ),
    }.items()
}
REQUEST_SPECS["data_no"]["details"] = lambda request: request.reasons
# All kinds that are not about signing.
OTHER_SPECS = (
    KEEPING_SPECS
    | COMMITMENT_SPECS
    | GROUP_SPECS
    | JOINING_SPECS
    | VOICE_SPECS
    | NEWS_SPECS
    | ENQUIRY_SPECS
    | REQUEST_SPECS
)


def _site_url(name):
    return settings.SITE_URL + reverse(name)
