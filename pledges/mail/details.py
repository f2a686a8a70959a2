"""Sentences and links that the code adds to the words of staff. This module imports no model."""

from django.utils.translation import gettext as _

from pledges import sharing
from pledges.numbers import number


def present_answers(pledge):
    """Yield sentences with the present values of the fields that staff can correct."""
    yield _("Group: %(sector)s") % {"sector": pledge.sector.name}
    yield _("County: %(county)s") % {"county": pledge.county.name if pledge.county else _("not given")}
    yield pledge.wall_status
    yield _("You get our news by email.") if pledge.updates else _("You do not get our news.")
    if pledge.new_address_cipher:
        yield _("You have also given us another address. Until you confirm it, we keep using this one.")


def plans(pledge):
    """Yield what the supporter has planned for now: commitment, day, part of the day, place."""
    for plan in pledge.reminded_plans():
        yield f"{plan.commitment.text}\n{plan.plan}"


def own_number(pledge):
    """The supporter's number as a sentence, or "" if staff show no numbers."""
    own = pledge.number
    return _("You are number %(number)s of those who signed online.") % {"number": number(own)} if own else ""


def ways_to_share():
    """Yield (words, URL) of what supporters can pass on.

    The picture is a link: in the message it would be large, and plain to see on a shared phone.
    """
    yield _("Send the invitation on WhatsApp"), sharing.neutral_ways().whatsapp
    yield _("Your picture to post"), sharing.picture_url()
