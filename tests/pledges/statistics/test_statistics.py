"""The funnel of confirmations, which tells when a mail provider falls, and the figure of today on the home page."""

from collections import Counter
from datetime import datetime, time, timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from campaign.dashboard import dashboard
from pledges.addresses import provider_of
from pledges.models import FallenProvider, Message, Pledge
from pledges.serving import snapshot
from pledges.statistics import funnel
from tests import tally
from tests.factories import make_copies, make_pledge, make_staff, sign_in
from tests.pages import Document, path_of
from tests.readiness import failing_checks
from tests.sql import sql
from tests.tally import put_cells

pytestmark = pytest.mark.django_db

State = Message.State
FACTS = {
    **{"gmail.com": [("confirmed", State.SENT), ("pending", State.SENT), ("pending", State.BOUNCED)]},
    **{"outlook.com": [("confirmed", State.SPAM), ("pending", State.DELAYED), ("pending", State.QUEUED)]},
    **{"shkolla.example": [("pending", State.SENT)]},
}


def signed(domain, pledge_state="pending", message_state=State.SENT, ago=timedelta()):
    """A pledge at this domain with its confirmation message in this state."""
    at = timezone.now() - ago
    times = {"confirmed_at": at} if pledge_state == "confirmed" else {}
    address, expires = f"person{Pledge.objects.count()}@{domain}", at + timedelta(days=14)
    pledge = make_pledge(address=address, state=pledge_state, created_at=at, expires_at=expires, **times)
    sent_at = at if message_state != State.QUEUED else None
    returned_at = at if message_state in Message.RETURNED else None
    values = {"sent_at": sent_at, "tried_at": sent_at, "returned_at": returned_at}
    Message.objects.create(kind="confirm", pledge=pledge, language="sq", state=message_state, queued_at=at, **values)
    return pledge


def recount():
    """{provider: Counter} of the rows, one by one."""
    found = {}
    for pledge in Pledge.objects.all():
        row = found.setdefault(provider_of(pledge.address), Counter())
        row["signed"] += 1
        row["confirmed"] += pledge.confirmed_at is not None
        for message in pledge.messages.filter(kind="confirm", sent_at__isnull=False):
            row["sent"] += 1
            row["bounced"] += message.state in (State.BOUNCED, State.DELAYED)
            row["spam"] += message.state == State.SPAM
    return {provider: +row for provider, row in found.items()}


def by_provider():
    found = {}
    for (_day, provider), row in funnel.read().items():
        found[provider] = found.get(provider, Counter()) + row
    return found


def test_it_equals_a_recount_of_the_rows_without_what_its_owner_erased(client):
    for domain, rows in FACTS.items():
        for states in rows:
            signed(domain, *states)
    signed("yahoo.com").withdraw()
    assert by_provider() == recount()
    assert by_provider()["gmail.com"] == {"signed": 3, "sent": 3, "bounced": 1, "confirmed": 1}
    assert set(by_provider()) == {"gmail.com", "outlook.com", ""}
    FallenProvider.objects.create(provider="gmail.com", sent=60, confirmed=2, usual=48)
    page = Document(sign_in(client, make_staff("view_pledge")).get("/admin/pledges/pledge/funnel/"))
    tables = page.all("table", node=page.one("div", id="content-main"))
    providers, days = [[page.words(row) for row in page.all("tr", node=table)] for table in tables]
    assert set(providers[1:3]) == {"gmail.com 3 3 1 33% 1 0", "outlook.com 3 2 1 33% 1 1"}
    assert providers[3:] == ["Domene të tjera 1 1 0 0% 0 0"]
    [today] = days[1:]
    assert today.endswith("7 6 2 29% 2 1")
    assert "gmail.com" in page.words(page.one("p", **{"class": "errornote"}))


def test_days_are_those_of_tirana_and_fourteen():
    noon = (timezone.localtime() - timedelta(days=13)).replace(hour=12)
    for at in (noon.replace(hour=0, minute=30), noon - timedelta(days=1)):
        signed("gmail.com", ago=timezone.now() - at)
    [(day, _provider)] = funnel.read()
    assert day == noon.date()


def sent_to(domain, number, confirmed, ago):
    """So many messages that were sent some time ago, of which so many led to a confirmation five minutes later."""
    at, soon = timezone.now() - ago, timezone.now() - ago + timedelta(minutes=5)
    for n, state in ((confirmed, "confirmed"), (number - confirmed, "pending")):
        if not n:
            continue
        pledge = signed(domain, state, ago=ago)
        if state == "confirmed":
            Pledge.objects.filter(pk=pledge.pk).update(confirmed_at=soon)
            pledge.refresh_from_db()
        before = set(Pledge.objects.values_list("pk", flat=True))
        digest = f"'\\x{bytes(pledge.domain_digest).hex()}'"
        fresh = dict.fromkeys(["address_digest", "name_digest"], r"'\x00' || sha256(uuid_send(gen_random_uuid()))")
        make_copies(pledge, n - 1, domain_digest=digest, **fresh)
        copies = Pledge.objects.exclude(pk__in=before)
        Message.objects.bulk_create(
            Message(kind="confirm", pledge=copy, language="sq", state=State.SENT, sent_at=at, tried_at=at)
            for copy in copies
        )


def usual(domain, number=50, confirmed=40):
    """What is usual: so many messages at this hour on each of two of the seven days before."""
    for days in (1, 7):
        sent_to(domain, number, confirmed, timedelta(days=days, minutes=40))


def fallen():
    funnel.watch()
    return {row.provider: (row.sent, row.confirmed, row.usual) for row in FallenProvider.objects.all()}


def test_a_provider_that_falls_is_an_alarm_until_people_confirm_again(client):
    for domain in ("gmail.com", "outlook.com"):
        usual(domain)
    sent_to("gmail.com", 60, 50, timedelta(minutes=40))
    sent_to("outlook.com", 60, 20, timedelta(minutes=40))
    assert fallen() == {"outlook.com": (60, 20, 48)}
    assert "confirmations: outlook.com" in failing_checks(client)
    [label] = [task.label for task in dashboard._tasks(make_staff("view_pledge"), []) if "outlook.com" in task.label]
    assert label
    # It keeps the time at which it began.
    since = timezone.now() - timedelta(hours=2)
    FallenProvider.objects.update(since=since)
    fallen()
    assert FallenProvider.objects.get().since == since
    Pledge.objects.filter(confirmed_at=None).update(
        confirmed_at=F("created_at") + timedelta(minutes=1), state="confirmed"
    )
    assert fallen() == {}
    assert "confirmations: outlook.com" not in failing_checks(client)


def test_a_server_that_accepts_and_drops_is_an_alarm(client):
    """All fall together: then it is no fault of one provider."""
    for domain in ("gmail.com", "outlook.com"):
        usual(domain, 50, 40)
        sent_to(domain, 50, 0, timedelta(minutes=40))
    assert set(fallen()) == {FallenProvider.ALL}
    assert "confirmations: *" in failing_checks(client)


@pytest.mark.parametrize(
    ("has_days_before", "number", "confirmed", "minutes"),
    [(True, 30, 0, 40), (True, 60, 25, 40), (True, 0, 0, 40), (False, 100, 0, 40), (True, 100, 0, 10)],
    ids=["small numbers", "a little fewer", "none", "a first day: nothing is usual", "there is still time to confirm"],
)
def test_these_are_no_alarm(has_days_before, number, confirmed, minutes):
    if has_days_before:
        usual("gmail.com")
    sent_to("gmail.com", number, confirmed, timedelta(minutes=minutes))
    assert fallen() == {}


def test_a_small_site_learns_it_from_the_day():
    for days in (1, 2):
        sent_to("gmail.com", 50, 40, timedelta(days=days, hours=3))
    sent_to("gmail.com", 50, 5, timedelta(hours=3))
    assert fallen() == {"*": (50, 5, 40)}


def test_of_a_day_with_very_many_messages_only_the_last_ones_are_read(monkeypatch):
    monkeypatch.setattr(funnel, "MOST_MESSAGES", 100)
    signed("gmail.com", "confirmed", ago=timedelta(days=1, hours=3))
    pledge = signed("gmail.com", ago=timedelta(hours=3))
    sql(
        "INSERT INTO pledges_message (id, kind, about_id, language, state, attempts, error, sent_at, tried_at) "
        "SELECT gen_random_uuid(), kind, about_id, language, state, 0, '', sent_at, tried_at "
        "FROM pledges_message, generate_series(1, 100) WHERE about_id = %s",
        pledge.pk,
    )
    funnel.watch()
    assert FallenProvider.objects.get().sent == 100


DAY = timedelta(days=1)


def today(client, language="en"):
    """The figure of today as the home page shows it, None where it shows none."""
    page = Document(client.get(path_of("campaign:home", language)))
    shown = page.all("strong", **{"class": "today"})
    return page.words(shown[0]) if shown else None


def see(clock, shift):
    """Set the clock of the database, and forget what this process knows of its time."""
    clock.shift = shift
    snapshot._process.forget()


def test_home_shows_the_people_of_today_in_both_languages_and_nothing_without_any(client):
    put_cells({("parents", "AL-11"): 500}, timezone.localdate() - DAY)
    assert today(client) is None
    put_cells({("parents", "AL-11"): 12_304, ("youth", ""): 41})
    assert (today(client, "sq"), today(client)) == ("sot +12\xa0345", "+12,345 today")


def test_a_withdrawal_leaves_the_day_of_its_confirmation(client):
    older = make_pledge(state="confirmed", confirmed_at=timezone.now() - 3 * DAY)
    newer = make_pledge(state="confirmed")
    make_pledge(state="confirmed")
    assert today(client) == "+2 today"
    older.withdraw()
    assert today(client) == "+2 today", "it was of another day"
    newer.withdraw()
    assert today(client) == "+1 today"
    assert tally.read().total == 1


@pytest.mark.django_db(transaction=True)
def test_at_midnight_in_tirana_the_figure_ends_on_every_kept_page(clock):
    """No one signs or withdraws: only the minute of the page changes."""
    client = Client()
    make_pledge(state="confirmed")
    make_pledge(state="confirmed", confirmed_at=timezone.now() - 2 * DAY)
    until_midnight = timezone.make_aware(datetime.combine(timezone.localdate() + DAY, time.min)) - timezone.now()
    see(clock, until_midnight - timedelta(seconds=90))
    before = client.get("/en/")
    assert today(client) == "+1 today"
    see(clock, clock.shift + timedelta(seconds=120))
    assert today(client) is None
    assert client.get("/en/").headers["ETag"] != before.headers["ETag"]
    assert tally.read().total == 2
