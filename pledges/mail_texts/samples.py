"""The sample e-mail of each kind, about invented people: for previews, and for the tests that staff send to themselves."""

import uuid

from django.utils import timezone, translation
from django.utils.translation import gettext

from pledges.commitments.models import ChosenCommitment, FollowUp
from pledges.crypto import news_links
from pledges.crypto.links import Purpose
from pledges.enquiries.models import Answer, Enquiry
from pledges.groups.models import GroupPledge
from pledges.joinings.models import Joining, OrganisationKind
from pledges.mail import content, news
from pledges.mail.kinds import SPECS, MessageKind
from pledges.places.models import Municipality
from pledges.requests.models import DataRequest
from pledges.sectors.models import Commitment, Sector
from pledges.supporters.models import Pledge
from pledges.supporters.querysets import PENDING_LIFE
from pledges.voices.models import VoiceOwner

SAMPLE_ADDRESS = "arta@example.org"


def sample_mail(kind, words, language, address=SAMPLE_ADDRESS):
    """The e-mail of a kind with these `MailWords`, about invented pledges. Its links are well-formed but invalid.

    That of news has `NewsWords`.
    """
    if kind == MessageKind.NEWS:
        return news.compose(words, news_links.url(Pledge(pk=uuid.UUID(int=0), language=language), 0), language, address)
    return content.compose(kind, words, _sample_pledges(kind, language), language, address)


def _sample_group(kind, language):
    """An unsaved group pledge."""
    place, people = Municipality.objects.first(), {str(Sector.objects.first().pk): 27}
    group = GroupPledge(kind=GroupPledge.Kind.CLASS, grade=7, letter="B", institution="Migjeni", municipality=place)
    group.people, group.language = people, language
    return _entered(group, kind == MessageKind.GROUP_NO)


def _sample_joining(kind, language):
    """An unsaved organisation that joins."""
    place = Municipality.objects.first()
    joining = Joining(organisation="Shembull", kind=OrganisationKind.ASSOCIATION, municipality=place, language=language)
    return _entered(joining, kind == MessageKind.JOIN_NO)


def _entered(row, is_refused):
    """This group or organisation, as its adult has entered and confirmed it."""
    row.created_at = row.confirmed_at = row.asked_at = timezone.now()
    row.expires_at = row.created_at + PENDING_LIFE
    row.refusal = row.Refusal.UNKNOWN if is_refused else ""
    row.name = "Arta Shembulli"
    return row


def _sample_answer(language):
    answer = Answer(enquiry=Enquiry(language=language))
    with translation.override(language):
        text = gettext("The answer that you write appears here.")
    answer.text = text
    return answer


def _sample_pledges(kind, language):
    """Unsaved pledges for a message of this kind, as `content.compose` takes them."""

    def sample_pledge(name, state):
        now = timezone.now()
        pledge = Pledge(language=language, state=state, updates=True, sector=Sector.objects.first(), created_at=now)
        pledge.confirmed_at = None if state == Pledge.State.PENDING else now
        pledge.expires_at = now + PENDING_LIFE
        pledge.set_person(name, SAMPLE_ADDRESS)
        pledge.set_new_address(SAMPLE_ADDRESS)
        pledge.new_address_at = pledge.keep_asked_at = now
        pledge.follow_up = FollowUp(pledge=pledge, questions=1, asked_at=now)
        plan = ChosenCommitment(commitment=Commitment.objects.first(), day=now)
        pledge.reminded_plans = lambda: [plan]
        return pledge

    spec = SPECS[kind]
    others = {
        None: lambda: None,
        "group": lambda: _sample_group(kind, language),
        "joining": lambda: _sample_joining(kind, language),
        "voice": lambda: VoiceOwner(language=language),
        "request": lambda: DataRequest(closed_at=timezone.now(), refusal=DataRequest.Refusal.IDENTITY),
        "answer": lambda: _sample_answer(language),
    }
    if spec.about in others:
        return [others[spec.about]()]
    if spec.per_address:
        return [
            sample_pledge("Arta Shembulli", Pledge.State.CONFIRMED),
            sample_pledge("Agim Shembulli", Pledge.State.PENDING if spec.second_purpose else Pledge.State.CONFIRMED),
        ]
    confirmed = spec.link_purpose == Purpose.MANAGE
    return [sample_pledge("Arta Shembulli", Pledge.State.CONFIRMED if confirmed else Pledge.State.PENDING)]
