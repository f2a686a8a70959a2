"""Load for the restore drill: people who sign, confirm, change and withdraw, groups, paper sheets, and staff whose access ends.

Run as `python -m tests.deploy.load SECONDS`. It prints one JSON line for each change that was acknowledged (committed):
[time, what, id of the pledge or account, …].
"""

import json
import os
import sys
import time
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
django.setup()

from django.contrib.auth.models import Group  # noqa: E402 - needs the set-up
from django.test import override_settings  # noqa: E402

from pledges.crypto import links  # noqa: E402
from pledges.inbox.submissions import settle_all  # noqa: E402
from pledges.models import Follow, GroupPledge, Message, PaperSheet, Pledge, ReferralLink  # noqa: E402
from pledges.requests import held  # noqa: E402
from staff.models import Account  # noqa: E402
from tests.data_requests import make_request  # noqa: E402
from tests.enquiries import make_enquiry  # noqa: E402
from tests.factories import make_staff, make_submission  # noqa: E402
from tests.pledges.groups.made import make_group  # noqa: E402
from tests.pledges.paper.sheets import numbers  # noqa: E402
from tests.seed import chance  # noqa: E402


def say(what, pk, *more):
    """Print an acknowledged change."""
    print(json.dumps([time.time(), what, str(pk), *more]), flush=True)


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
        ReferralLink.objects.create_for(pledge)
        Pledge.objects.filter(pk=pledge.pk).decide_wall(Pledge.Wall.SHOWN)
        Message.objects.filter(pledge=pledge).delete()
        say("confirmed", pledge.pk, links.token(links.Purpose.MANAGE, pledge))
        self.living.append(pledge.pk)

    def end_something(self):
        """One of the changes that a restore must repeat, for a random person."""
        pledge = Pledge.objects.get(pk=self.living.pop(self.drawn.randrange(len(self.living))))
        what = self.drawn.choice(ENDS)
        said = what(pledge, self)
        say(what.__name__, pledge.pk, *(said or ()))


def withdraw(pledge, people):
    """Erased by its owner."""
    pledge.withdraw()


def block(pledge, people):
    """Erased and blocked by the owner of the address."""
    pledge.block()


def erase_person(pledge, people):
    """Name and address erased without an answer."""
    Pledge.objects.filter(pk=pledge.pk).erase_person()


def end_consent(pledge, people):
    """No news, and the name is not shown."""
    Follow.end_news([pledge])
    Pledge.objects.filter(pk=pledge.pk).update(show_name=False)


def hide_name(pledge, people):
    """Refused by staff."""
    Pledge.objects.filter(pk=pledge.pk).decide_wall(Pledge.Wall.REFUSED)


def revoke_links(pledge, people):
    """Every link sent so far, and the referral link."""
    code = pledge.referral_link.code
    pledge.revoke_links()
    ReferralLink.objects.filter(pledge=pledge).delete()
    return [links.token(links.Purpose.MANAGE, pledge), code]


def change_address(pledge, people):
    """A new address, confirmed."""
    old = links.token(links.Purpose.MANAGE, pledge)
    pledge.request_new_address(f"new.{pledge.pk}@shembull.al")
    pledge.refresh_from_db()
    assert pledge.use_new_address()
    pledge.refresh_from_db()
    return [old, links.token(links.Purpose.MANAGE, pledge), pledge.address]


def erase_at_request(pledge, people):
    """Everything of the address, with the record of the request."""
    make_enquiry(address=pledge.address)
    request = make_request(pledge.address, kind="erasure")
    held.erase(pledge.address, [each.key for each in held.held_about(pledge.address)])
    request.close("data_erased")
    return [str(request.pk)]


def restrict_at_request(pledge, people):
    """Kept and not used any more."""
    held.restrict(pledge.address, [str(pledge.pk)])


# Groups and sheets, by the state from which they change. A group has 28 people, a sheet has 12.
GROUP_CHANGES = {
    "submitted": [lambda group: group.confirm([str(group.pk)])],
    "confirmed": [lambda group: group.approve(group.people), lambda group: group.refuse("double")],
    "approved": [GroupPledge.undo, GroupPledge.withdraw],
    "refused": [GroupPledge.undo],
    "withdrawn": [],
}
SHEET_CHANGES = {
    "issued": [lambda sheet: type_count(sheet, 1), lambda sheet: sheet.void("unused")],
    "returned": [lambda sheet: type_count(sheet, 2), lambda sheet: sheet.void("names")],
    "counted": [lambda sheet: sheet.void("wrong")],
    "void": [],
}


def type_count(sheet, account):
    """One of the two counts of a sheet."""
    PaperSheet.objects.type_count(sheet.pk, numbers(parents=10, teachers=2), account)


def change_together(what, row, changes, drawn):
    """Change a group or sheet in one of the ways of its state, if there is one."""
    if changes[row.state]:
        drawn.choice(changes[row.state])(row)
        row.refresh_from_db()
        say(what, row.pk, row.state)


def sign_together(number, drawn):
    """A new group and three new sheets, and a change of a random one of each."""
    name = uuid.uuid4().hex
    state = ("submitted", "confirmed", "approved", "refused")[number % 4]
    group = make_group(state, institution=name, address=f"{name}@shembull.al")
    say("group", group.pk, group.state)
    for issued in PaperSheet.objects.issue(3):
        say("sheet", issued, "issued")
    change_together("group", drawn.choice(GroupPledge.objects.order_by("created_at", "pk")), GROUP_CHANGES, drawn)
    change_together("sheet", drawn.choice(PaperSheet.objects.order_by("pk")), SHEET_CHANGES, drawn)


ENDS = [
    *(withdraw, block, erase_person, end_consent, hide_name, revoke_links, change_address),
    *(erase_at_request, restrict_at_request),
]


def make_accounts():
    """Three members of staff, one for each end."""
    return [make_staff(username=f"{name}@shembull.al") for name in ("deactivated", "demoted", "changed")]


def end_accounts():
    """One is deactivated, one loses its role, one has a new password."""
    accounts = {
        name: Account.objects.get(username=f"{name}@shembull.al") for name in ("deactivated", "demoted", "changed")
    }
    Account.objects.filter(pk=accounts["deactivated"].pk).update(is_active=False)
    accounts["demoted"].groups.clear()
    accounts["changed"].set_password("krejt tjetër 2")
    accounts["changed"].save()
    for name, account in accounts.items():
        say(name, account.pk, account.password)


def change_earlier_groups_and_sheets(drawn):
    """Some in each state."""
    for what, model, changes in (("group", GroupPledge, GROUP_CHANGES), ("sheet", PaperSheet, SHEET_CHANGES)):
        for state in changes:
            for row in model.objects.filter(state=state)[:2]:
                change_together(what, row, changes, drawn)


def main(seed, seconds, staff):
    """Work for so many seconds; `staff` is "make", "end" or ""."""
    people, until = People(seed), time.monotonic() + float(seconds)
    if staff == "make":
        for account in make_accounts():
            account.groups.add(Group.objects.get(name="administrator"))
    if staff == "end":
        end_accounts()
        # People of an earlier run too, so that every kind of end concerns people whom the backup holds.
        earlier = Pledge.objects.confirmed().filter(show_name=True, updates=True, referral_link__isnull=False)
        people.living = list(earlier.filter(name_cipher__isnull=False, link_version=1).values_list("pk", flat=True))
        for what in ENDS:
            pledge = Pledge.objects.get(pk=people.living.pop())
            say(what.__name__, pledge.pk, *(what(pledge, people) or ()))
        change_earlier_groups_and_sheets(people.drawn)
    while time.monotonic() < until or people.number < 20:
        people.sign()
        if people.number % 5 == 0:
            sign_together(people.number // 5, people.drawn)
        if people.number % 2 == 0:
            people.end_something()


if __name__ == "__main__":
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        main(*sys.argv[1:])
