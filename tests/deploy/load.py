"""Load for the restore drill: people who sign, confirm, change and withdraw.

Run as `python -m tests.deploy.load SEED SECONDS [end]`. It prints one JSON line for each change that was committed:
[time, what, id of the pledge, and of an end what then holds of it and the tokens that open nothing any more].
"""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
django.setup()

from pledges.crypto import links  # noqa: E402 - needs the set-up
from pledges.inbox.submissions import settle_all  # noqa: E402
from pledges.models import Follow, Message, Pledge, ReferralLink  # noqa: E402
from pledges.requests import held  # noqa: E402
from tests.enquiries import make_enquiry  # noqa: E402
from tests.factories import make_submission  # noqa: E402
from tests.seed import chance  # noqa: E402


def say(what, pk, *more):
    """Print an acknowledged change."""
    print(json.dumps([time.time(), what, str(pk), *more]), flush=True)


def values(pledge):
    """What a restore must bring back of a pledge."""
    has_link = ReferralLink.objects.filter(pledge=pledge).exists()
    words = [pledge.state, pledge.wall, pledge.address, pledge.name_cipher is None]
    return [*words, pledge.updates, pledge.show_name, bool(pledge.restricted_at), has_link]


class People:
    """The supporters of one run; `seed` makes their names its own."""

    def __init__(self, seed):
        self.seed, self.number, self.living = seed, 0, []
        self.drawn = chance("load", seed)

    def sign(self):
        """A confirmed pledge with a referral link, whose name is on the wall."""
        self.number += 1
        name = f"Arta Shembulli {self.seed}x{self.number}"
        submission = make_submission(
            name, f"a{self.seed}.{self.number}@shembull.al", sector="parents", show_name=True, updates=True
        )
        say("submitted", submission.pk)
        settle_all()
        pledge = Pledge.objects.get(pk=submission.pk)
        pledge.confirm()
        ReferralLink.create_for(pledge)
        Pledge.objects.filter(pk=pledge.pk).decide_wall(Pledge.Wall.SHOWN)
        Message.objects.filter(pledge=pledge).delete()
        say("confirmed", pledge.pk, links.token(links.Purpose.MANAGE, pledge))
        self.living.append(pledge.pk)

    def end(self, pk, what):
        """Make one of the changes that a restore must repeat."""
        tokens = what(Pledge.objects.get(pk=pk))
        left = Pledge.objects.filter(pk=pk).first()
        say(what.__name__, pk, left and values(left), tokens or [])


def withdraw(pledge):
    """Erased by its owner."""
    pledge.withdraw()


def block(pledge):
    """Erased and blocked by the owner of the address."""
    pledge.block()


def erase_person(pledge):
    """Name and address erased without an answer."""
    Pledge.objects.filter(pk=pledge.pk).erase_person()


def end_consent(pledge):
    """No news, and the name is not shown."""
    Follow.end_news([pledge])
    Pledge.objects.filter(pk=pledge.pk).update(show_name=False)


def hide_name(pledge):
    """Refused by staff."""
    Pledge.objects.filter(pk=pledge.pk).decide_wall(Pledge.Wall.REFUSED)


def revoke_links(pledge):
    """Every link sent so far, and the referral link."""
    token = links.token(links.Purpose.MANAGE, pledge)
    pledge.revoke_links()
    ReferralLink.objects.filter(pledge=pledge).delete()
    return [token]


def change_address(pledge):
    """A new address, confirmed."""
    old = links.token(links.Purpose.MANAGE, pledge)
    pledge.request_new_address(f"new.{pledge.pk}@shembull.al")
    pledge.refresh_from_db()
    assert pledge.use_new_address()
    return [old]


def erase_at_request(pledge):
    """Everything of the address."""
    make_enquiry(address=pledge.address)
    held.erase(pledge.address, [each.key for each in held.held_about(pledge.address)])


def restrict_at_request(pledge):
    """Kept and not used any more."""
    held.restrict(pledge.address, [str(pledge.pk)])


ENDS = [
    *(withdraw, block, erase_person, end_consent, hide_name, revoke_links, change_address),
    *(erase_at_request, restrict_at_request),
]


def main(seed, seconds, end=""):
    """Work for so many seconds; with `end`, end something of people of an earlier run first."""
    people, until = People(seed), time.monotonic() + float(seconds)
    if end:
        # People whom the backup holds, one for each kind of end.
        earlier = Pledge.objects.confirmed().filter(show_name=True, updates=True, referral_link__isnull=False)
        people.living = list(earlier.filter(name_cipher__isnull=False, link_version=1).values_list("pk", flat=True))
        for what in ENDS:
            people.end(people.living.pop(), what)
    while time.monotonic() < until or people.number < 20:
        people.sign()
        if people.number % 2 == 0:
            pk = people.living.pop(people.drawn.randrange(len(people.living)))
            people.end(pk, people.drawn.choice(ENDS))


if __name__ == "__main__":
    main(*sys.argv[1:])
