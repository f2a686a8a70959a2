"""The funnel of confirmations: it equals a recount, keeps pledges that expire, and tells when a mail provider falls."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign.dashboard import dashboard
from pledges import housekeeping
from pledges.models import FallenProvider, Message, Pledge, Statistic
from pledges.statistics import funnel
from tests.clock import let_time_pass
from tests.factories import make_copies, make_pledge, make_staff, sign_in
from tests.pages import Document
from tests.pledges.statistics.made import by_provider, recount
from tests.readiness import failing_checks

pytestmark = pytest.mark.django_db

State = Message.State
FACTS = {
    **{"gmail.com": [("confirmed", State.SENT), ("pending", State.SENT), ("pending", State.BOUNCED)]},
    **{"outlook.com": [("confirmed", State.SPAM), ("pending", State.DELAYED), ("pending", State.QUEUED)]},
    **{"shkolla.example": [("pending", State.SENT)]},
}


def signed(domain, pledge_state="pending", message_state=State.SENT, ago=timedelta()):
    """A pledge at this domain with its confirmation message in this state."""
    times = {"confirmed_at": timezone.now() - ago} if pledge_state == "confirmed" else {}
    at = timezone.now() - ago
    expires = at + timedelta(days=14)
    number = Pledge.objects.count()
    pledge = make_pledge(
        address=f"person{number}@{domain}", state=pledge_state, created_at=at, expires_at=expires, **times
    )
    is_sent = message_state != State.QUEUED
    is_back = message_state in Message.RETURNED
    Message.objects.create(
        kind="confirm",
        pledge=pledge,
        language="sq",
        state=message_state,
        queued_at=at,
        sent_at=at if is_sent else None,
        tried_at=at if is_sent else None,
        returned_at=at if is_back else None,
    )
    return pledge


def make_facts():
    for domain, rows in FACTS.items():
        for pledge_state, message_state in rows:
            signed(domain, pledge_state, message_state)


def test_it_equals_a_recount_of_the_rows():
    make_facts()
    assert by_provider() == recount()
    assert by_provider()["gmail.com"] == {"signed": 3, "sent": 3, "bounced": 1, "confirmed": 1}
    assert set(by_provider()) == {"gmail.com", "outlook.com", ""}


def test_pledges_that_expire_stay_counted_with_their_messages():
    make_facts()
    before = by_provider()
    let_time_pass(timedelta(days=15))
    housekeeping.erase_unconfirmed()
    after = by_provider()
    assert {provider: row.pop("expired") for provider, row in after.items()} == {
        "gmail.com": 2,
        "outlook.com": 2,
        "": 1,
    }
    assert Pledge.objects.count() == 2 and after == before
    housekeeping.erase_unconfirmed()
    assert by_provider()["gmail.com"]["expired"] == 2


def test_one_that_staff_removed_is_not_counted_as_expired():
    signed("gmail.com", ago=timedelta(days=15))
    Pledge.objects.invalidate()
    housekeeping.erase_unconfirmed()
    assert by_provider() == {"gmail.com": {"signed": 1, "sent": 1}} and not Pledge.objects.exists()


def test_what_its_owner_erased_is_in_no_number():
    signed("gmail.com").withdraw()
    assert by_provider() == {} and not Statistic.objects.exists()


def test_no_digest_and_no_domain_of_a_small_provider_stays():
    signed("shkolla.example", ago=timedelta(days=15))
    housekeeping.erase_unconfirmed()
    assert set(Statistic.objects.values_list("label", flat=True)) == {""}


def test_days_are_those_of_tirana_and_erased_after_thirty():
    noon = (timezone.localtime() - timedelta(days=29)).replace(hour=12)
    signed("gmail.com", ago=timezone.now() - noon)
    signed("gmail.com", ago=timedelta(days=32))
    housekeeping.erase_unconfirmed()
    housekeeping.erase_statistics()
    [(day, _provider)] = funnel.read()
    assert day == noon.date() and Statistic.objects.exists()
    Statistic.objects.update(at=F("at") - timedelta(days=1))
    housekeeping.erase_statistics()
    assert not Statistic.objects.exists()


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


def usual(domain, number=100, confirmed=80):
    """What is usual: so many messages at this hour on each of seven days."""
    for days in range(1, 8):
        sent_to(domain, number, confirmed, timedelta(days=days, minutes=40))


def fallen():
    funnel.watch()
    return {row.provider: (row.sent, row.confirmed, row.usual) for row in FallenProvider.objects.all()}


@pytest.mark.slow
def test_a_provider_that_falls_is_an_alarm(client):
    for domain in ("gmail.com", "outlook.com"):
        usual(domain)
    sent_to("gmail.com", 60, 50, timedelta(minutes=40))
    sent_to("outlook.com", 60, 20, timedelta(minutes=40))
    assert fallen() == {"outlook.com": (60, 20, 48)}
    assert "confirmations: outlook.com" in failing_checks(client)
    [label] = [task.label for task in dashboard._tasks(make_staff("view_pledge"), []) if "outlook.com" in task.label]
    assert label
    # It is over when people confirm again.
    since = FallenProvider.objects.get().since
    Pledge.objects.filter(confirmed_at=None).update(
        confirmed_at=F("created_at") + timedelta(minutes=1), state="confirmed"
    )
    assert fallen() == {} and since
    assert "confirmations: outlook.com" not in failing_checks(client)


@pytest.mark.slow
def test_a_server_that_accepts_and_drops_is_an_alarm(client):
    """All fall together: then it is no fault of one provider."""
    for domain in ("gmail.com", "outlook.com"):
        usual(domain, 50, 40)
        sent_to(domain, 50, 0, timedelta(minutes=40))
    assert set(fallen()) == {FallenProvider.ALL}
    assert "confirmations: *" in failing_checks(client)


@pytest.mark.slow
def test_an_alarm_keeps_the_time_at_which_it_began():
    usual("gmail.com")
    sent_to("gmail.com", 60, 0, timedelta(minutes=40))
    fallen()
    FallenProvider.objects.update(since=F("since") - timedelta(hours=2))
    since = FallenProvider.objects.get().since
    fallen()
    assert FallenProvider.objects.get().since == since


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
    for days in range(1, 8):
        sent_to("gmail.com", 50, 40, timedelta(days=days, hours=3))
    sent_to("gmail.com", 50, 5, timedelta(hours=3))
    assert fallen() == {"*": (50, 5, 40)}


def page(**query):
    user = make_staff("view_pledge")
    return sign_in(Client(), user).get(reverse("admin:pledges_pledge_funnel", query=query))


def tables_of(document):
    return document.all("table", node=document.one("div", id="content-main"))


def test_staff_see_the_funnel_by_provider_and_day():
    make_facts()
    found = Document(page())
    tables = [[found.words(row) for row in found.all("tr", node=table)] for table in tables_of(found)]
    assert [len(table) for table in tables] == [4, 2]
    assert any("gmail.com 3 3 1 33% 0 1 0" in row for row in tables[0])
    assert "7 6 2 29% 0 2 1" in tables[1][1]


def test_staff_see_one_provider():
    make_facts()
    found = Document(page(provider="gmail.com"))
    [table] = tables_of(found)
    assert "3 3 1 33% 0 1 0" in found.words(table)
    assert "1 1 0 0% 0 0 0" in found.words(tables_of(Document(page(provider="other")))[0])
    assert len(tables_of(Document(page(provider="elsewhere.example")))) == 2


def test_an_empty_funnel_and_an_alarm_are_shown():
    FallenProvider.objects.create(provider="gmail.com", sent=60, confirmed=2, usual=48)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    Statistic.objects.add({(midnight, "ignored", ""): 1})
    found = Document(page())
    assert "tjetër për mesazh të kthyer" in found.words(found.one("div", id="content-main"))
    assert "gmail.com" in found.words(found.one("p", **{"class": "errornote"}))
    assert not tables_of(found)


@pytest.mark.slow
def test_of_a_day_with_very_many_messages_only_the_last_ones_are_read():
    signed("gmail.com", "confirmed", ago=timedelta(days=1, hours=3))
    pledge = signed("gmail.com", ago=timedelta(hours=3))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pledges_message (id, kind, about_id, language, state, attempts, error, sent_at, tried_at) "
            "SELECT gen_random_uuid(), kind, about_id, language, state, 0, '', sent_at, tried_at "
            "FROM pledges_message, generate_series(1, %s) WHERE about_id = %s",
            [funnel.MOST_MESSAGES, pledge.pk],
        )
    funnel.watch()
    assert FallenProvider.objects.get().sent == funnel.MOST_MESSAGES
