"""The weeks of pledges: exact under any order of events, published once, and shown in steps of five."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from pledges import housekeeping
from pledges.counting import weeks
from pledges.models import Batch, Pledge, Submission, Week, WeekChange
from pledges.tally.models import NUMBERS
from tests.drill import rounds
from tests.factories import make_pledge, make_submission, settle_all
from tests.pages import LANGUAGES, Document, path_of
from tests.threads import at_once, held_open

pytestmark = pytest.mark.django_db


def this_monday():
    return weeks.monday(timezone.localdate())


def let_weeks_pass(number=1):
    """Move the open week and everything that the present one knows into the past by so many weeks."""
    ago = timedelta(weeks=number)
    Week.objects.update(begins=F("begins") - ago)
    WeekChange.objects.update(week=F("week") - ago)
    Pledge.objects.update(
        created_at=F("created_at") - ago, confirmed_at=F("confirmed_at") - ago, expires_at=F("expires_at") - ago,
        invalidated_at=F("invalidated_at") - ago,
    )  # fmt: skip


def numbers(week):
    """{name: number} of a published week, without those that are 0."""
    return {name: getattr(week, name) for name in NUMBERS if getattr(week, name)}


@pytest.fixture
def opened():
    """The present week is open, before there is a pledge."""
    assert weeks.publish() == 0
    assert Week.objects.get().begins == this_monday()


def published():
    """The numbers of the present week as they are published once it is over."""
    # Two, because on a Monday the week that has just ended may not be due yet.
    let_weeks_pass(2)
    assert weeks.publish() >= 1
    return numbers(Week.objects.get(pk=this_monday() - 2 * weeks.WEEK))


def test_a_week_counts_what_happened_to_each_pledge(opened):
    for state in ("pending", "confirmed", "confirmed", "invalidated"):
        make_pledge(state=state)
    make_pledge(state="confirmed").withdraw()
    make_pledge().block()
    removed, restored = make_pledge(state="confirmed"), make_pledge(state="confirmed")
    both = Pledge.objects.filter(pk__in=[removed.pk, restored.pk])
    Batch.begin(Batch.Kind.INVALIDATE, both, None, "selection").finish()
    Batch.begin(Batch.Kind.RESTORE, Pledge.objects.filter(pk=restored.pk), None, "selection").finish()
    make_pledge(created_at=timezone.now() - timedelta(days=15), expires_at=timezone.now() - timedelta(days=1))
    housekeeping.erase_unconfirmed()
    # The pledge that expired was signed in an earlier week.
    assert published() == {
        "signed": 8, "confirmed": 6, "expired": 1, "withdrawn": 2, "removed": 2, "restored": 1
    }  # fmt: skip


def test_undoing_a_batch_counts_as_restoring(opened):
    make_pledge(state="confirmed")
    batch = Batch.begin(Batch.Kind.INVALIDATE, Pledge.objects.all(), None, "selection")
    batch.finish()
    batch.undo(None)
    batch.finish()
    assert published() == {"signed": 1, "confirmed": 1, "removed": 1, "restored": 1}


def test_a_removed_pledge_that_expires_or_is_withdrawn_ends_once(opened):
    for pledge in (make_pledge(), make_pledge()):
        Pledge.objects.filter(pk=pledge.pk).invalidate()
    Pledge.objects.first().withdraw()
    Pledge.objects.update(
        created_at=F("created_at") - timedelta(days=15), expires_at=timezone.now() - timedelta(seconds=1)
    )
    housekeeping.erase_unconfirmed()
    assert not Pledge.objects.exists()
    ends = published()
    assert {name: n for name, n in ends.items() if name not in ("signed", "confirmed")} == {"removed": 2}


def test_signing_and_confirming_write_nothing_for_the_week(opened):
    make_submission()
    settle_all()
    Pledge.objects.confirm()
    assert not WeekChange.objects.exists()


@pytest.mark.parametrize("seed", range(rounds(3, 60)))
def test_the_weeks_equal_a_recount_of_random_events(opened, seed):
    """The oracle notes each event when it is made. At the end every pledge is accounted for."""
    choose, expected = random.Random(seed), {}

    def note(name, n=1):
        expected[name] = expected.get(name, 0) + n

    for _ in range(60):
        event = choose.choice(["sign", "sign", "sign", "confirm", "withdraw", "invalidate", "restore", "expire"])
        rows = list(Pledge.objects.order_by("created_at"))
        row = choose.choice(rows) if rows else None
        chosen = Pledge.objects.filter(pk=row.pk) if row else Pledge.objects.none()
        if event == "sign":
            make_pledge()
            note("signed")
        elif event == "confirm":
            note("confirmed", chosen.confirm())
        elif event == "withdraw" and row:
            row.withdraw()
            note("withdrawn", row.state != "invalidated")
        elif event == "invalidate":
            note("removed", chosen.invalidate())
        elif event == "restore":
            note("restored", chosen.restore())
        elif event == "expire" and row and row.state == "pending":
            chosen.update(expires_at=F("created_at") + timedelta(microseconds=1))
            housekeeping.erase_unconfirmed()
            note("expired")
    left = Pledge.objects.valid().count()
    found = published()
    assert found == {name: n for name, n in expected.items() if n}
    ended = sum(found.get(name, 0) for name in ("expired", "withdrawn", "removed")) - found.get("restored", 0)
    assert found["signed"] - ended == left


def test_a_week_is_published_once_and_stays_as_it_was(opened):
    pledges = [make_pledge(state="confirmed") for _ in range(6)]
    assert weeks.publish() == 0
    before = published()
    assert weeks.publish() == 0
    for pledge in pledges:
        Pledge.objects.get(pk=pledge.pk).withdraw()
    assert weeks.publish() == 0
    assert numbers(Week.objects.published().last()) == before == {"signed": 6, "confirmed": 6}
    # They leave in the week in which they withdraw, and the changes of a published week are erased.
    later = published()
    assert later == {"withdrawn": 6}
    assert not WeekChange.objects.exists()


def test_every_week_that_passed_while_the_worker_was_down_is_published(opened):
    make_pledge()
    let_weeks_pass(4)
    assert weeks.publish() >= 3
    found = list(Week.objects.published().reverse())
    assert [week.begins for week in found] == [found[0].begins + weeks.WEEK * n for n in range(len(found))]
    assert [week.signed for week in found][:3] == [1, 0, 0]
    assert Week.objects.filter(published_at=None).count() == 1


def test_a_site_with_pledges_begins_with_the_next_week():
    make_pledge()
    assert weeks.publish() == 0
    assert Week.objects.get().begins == this_monday() + weeks.WEEK


def test_publishing_that_is_interrupted_is_repeated_with_the_same_numbers(opened):
    make_pledge(state="confirmed").withdraw()
    let_weeks_pass(2)
    with transaction.atomic():
        assert weeks.publish() >= 1
        transaction.set_rollback(True)
    assert not Week.objects.published().exists()
    weeks.publish()
    assert numbers(Week.objects.published().last()) == {"signed": 1, "confirmed": 1, "withdrawn": 1}


def test_a_week_waits_for_the_forms_that_came_in_it(opened):
    make_submission()
    let_weeks_pass(2)
    Submission.objects.update(created_at=F("created_at") - 2 * weeks.WEEK)
    assert weeks.publish() == 0
    settle_all()
    assert weeks.publish() >= 1
    assert numbers(Week.objects.published().last()) == {"signed": 1}


@pytest.mark.django_db(transaction=True)
def test_two_workers_publish_a_week_once_and_exactly(opened):
    for _ in range(3):
        make_pledge(state="confirmed")
    let_weeks_pass(2)
    results = at_once(*[weeks.publish] * 4)
    assert sum(results) == Week.objects.published().count()
    assert numbers(Week.objects.published().last()) == {"signed": 3, "confirmed": 3}


@pytest.mark.django_db(transaction=True)
def test_a_pledge_that_is_erased_meanwhile_is_counted_exactly_once(opened):
    pledge = make_pledge(state="confirmed")
    make_pledge(state="confirmed")
    let_weeks_pass(2)
    with held_open(Pledge.objects.get(pk=pledge.pk).withdraw):
        weeks.publish()
    assert numbers(Week.objects.published().last()) == {"signed": 2, "confirmed": 2}
    assert published() == {"withdrawn": 1}


@pytest.mark.parametrize(
    "values",
    [
        {"begins": date(2026, 11, 24)},
        {"begins": date(2026, 11, 23), "signed": 5},
        {"begins": date(2026, 11, 23), "published_at": datetime(2026, 11, 30, tzinfo=UTC), "signed": 5},
    ],
    ids=["no Monday", "numbers before it is published", "published in part"],
)
def test_the_database_refuses(values):
    Week.objects.all().delete()
    with pytest.raises(IntegrityError):
        Week.objects.create(**values)


def test_the_database_refuses_a_second_open_week(opened):
    with pytest.raises(IntegrityError):
        Week.objects.create(begins=this_monday() + weeks.WEEK)


def put_week(begins, **figures):
    Week.objects.create(begins=begins, published_at=timezone.now(), **{name: figures.get(name, 0) for name in NUMBERS})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_steps_of_five_and_nothing_below(client, language):
    put_week(date(2026, 11, 16), signed=1234, confirmed=999, expired=4, withdrawn=5, removed=9, restored=0)
    put_week(date(2026, 11, 9), signed=4, confirmed=3)
    page = Document(client.get(path_of("pledges:weeks", language)))
    cells = [page.words(page.all("span", node=cell)[1]) for cell in page.all("td")]
    small = {"sq": "nën 5", "en": "under 5"}[language]
    many, less = {"sq": ("1230", "995"), "en": ("1,230", "995")}[language]
    assert cells == [many, less, small, "5", "5", small, *[small] * 6]


def test_no_two_weeks_below_five_or_within_a_step_differ_on_the_page(client):
    def page():
        return client.get("/en/how-we-count/week-by-week/").text

    put_week(date(2026, 11, 16), **dict.fromkeys(NUMBERS, 0))
    small = page()
    Week.objects.update(**dict.fromkeys(NUMBERS, 4))
    assert page() == small
    Week.objects.update(**dict.fromkeys(NUMBERS, 10))
    ten = page()
    Week.objects.update(**dict.fromkeys(NUMBERS, 14))
    assert page() == ten != small


def test_before_the_first_week_is_over_the_page_says_when_it_comes(client, opened):
    make_pledge()
    page = client.get("/en/how-we-count/week-by-week/").text
    assert "The figures of the first week appear here once it is over." in page and "<table" not in page


def test_the_page_shows_a_year(client):
    for number in range(60):
        put_week(date(2026, 11, 16) - number * weeks.WEEK)
    page = Document(client.get("/en/how-we-count/week-by-week/"))
    assert len(page.all("td")) == 52 * len(NUMBERS)
