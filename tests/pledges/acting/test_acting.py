"""From signing to acting: the steps equal the rows, survive erasure, and tell of no single person."""

from datetime import date, timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pledges import housekeeping
from pledges.acting import acting
from pledges.acting.acting import Numbers, Weeks
from pledges.acting.models import ACTING_WEEKS, NUMBERS, STEPS
from pledges.counting.weeks import WEEK, monday
from pledges.models import ActingChange, ActingWeek, Batch, ChosenCommitment, Pledge, Sector
from tests.commitments import choose, commitment_of
from tests.factories import make_copies, make_pledge, make_staff, sign_in
from tests.pages import Document
from tests.pledges.groups.made import make_group
from tests.pledges.paper.sheets import make_sheet
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def this_monday():
    return monday(timezone.localdate())


def asked():
    """The columns of a commitment whose person was asked and has answered."""
    return {"asked_at": timezone.now(), "answered_question": 1, "answered_at": timezone.now()}


def signed(week=1, step="confirmed", **values):
    """A pledge of so many weeks ago that came as far as this step; on the Monday, at noon."""
    now = timezone.localtime()
    at = (now - timedelta(days=now.weekday(), weeks=week)).replace(hour=12)
    # A second, since the day may be that young.
    at = min(at, timezone.now() - timedelta(seconds=1))
    state = "pending" if step == "signed" else "confirmed"
    times = {"confirmed_at": at} if state == "confirmed" else {}
    pledge = make_pledge(state=state, created_at=at, expires_at=at + timedelta(days=14), **times, **values)
    answer = {"answered": "going_on", "kept": "done"}.get(step)
    if step in acting.OWN_STEPS:
        choose(
            pledge, commitment_of(pledge.sector.slug), chosen_at=at, **({**asked(), "answer": answer} if answer else {})
        )
    return pledge


def counted(**among):
    """The numbers of the last week (or of other rows) that are not 0."""
    acting.count()
    rows = ActingWeek.objects.filter(**{"week": this_monday() - WEEK, **among})
    sums = {name: sum(getattr(row, name) for row in rows) for name in NUMBERS}
    return {name: n for name, n in sums.items() if n}


def test_each_step_is_of_those_of_the_step_before():
    for step in STEPS:
        signed(step=step)
    assert counted() == {"signed": 5, "confirmed": 4, "chose": 3, "answered": 2, "kept": 1}


def test_a_person_with_three_commitments_counts_once():
    pledge = signed(step="kept")
    choose(pledge, commitment_of(number=1), chosen_at=pledge.created_at)
    choose(pledge, commitment_of(number=2), chosen_at=pledge.created_at, place="home")
    assert counted() == {"signed": 1, "confirmed": 1, "chose": 1, "answered": 1, "kept": 1, "planned": 1}


@pytest.mark.parametrize("plan", [{"day": date(2026, 12, 1)}, {"part": "morning"}, {"place": "home"}])
def test_each_part_of_a_plan_is_a_plan(plan):
    signed(step="chose")
    ChosenCommitment.objects.update(**plan)
    assert counted()["planned"] == 1


def test_rows_are_by_week_sector_and_county():
    signed()
    signed(sector="teachers", county_id=None)
    signed(week=0)
    acting.count()
    teachers = Sector.objects.get(slug="teachers").pk
    found = {(row.week, row.sector == teachers, row.county, row.way) for row in ActingWeek.objects.all()}
    assert found == {
        (this_monday() - WEEK, False, "AL-11", "online"),
        (this_monday() - WEEK, True, "", "online"),
        (this_monday(), False, "AL-11", "online"),
    }


def test_confirmations_and_choices_count_for_fourteen_days_after_the_week():
    begin_with(6)
    pledges = [signed(week=6, step="chose") for _ in range(3)]
    end = timezone.make_aware(timezone.datetime.combine(this_monday() - 5 * WEEK, timezone.datetime.min.time()))
    late, in_time = end + timedelta(days=14), end + timedelta(days=14, seconds=-1)
    Pledge.objects.filter(pk=pledges[0].pk).update(confirmed_at=in_time)
    ChosenCommitment.objects.filter(pledge=pledges[0]).update(chosen_at=in_time)
    ChosenCommitment.objects.filter(pledge=pledges[1]).update(chosen_at=late)
    Pledge.objects.filter(pk=pledges[2].pk).update(confirmed_at=late)
    assert counted(week=this_monday() - 6 * WEEK) == {"signed": 3, "confirmed": 2, "chose": 1}


def test_pledges_that_are_erased_without_a_confirmation_stay():
    for _ in range(3):
        signed(step="signed")
    for pledge in Pledge.objects.all()[:2]:
        pledge.withdraw()
    Pledge.objects.update(expires_at=F("created_at") + timedelta(microseconds=1))
    housekeeping.erase_unconfirmed()
    assert not Pledge.objects.exists()
    assert counted() == {"signed": 3, "erased": 3} and not ActingChange.objects.exists()
    assert counted() == {"signed": 3, "erased": 3}, "counting again changes nothing"


def test_those_who_withdraw_after_they_confirmed_leave_every_step():
    signed(step="kept")
    assert counted()["kept"] == 1
    Pledge.objects.get().withdraw()
    assert counted() == {}


def test_pledges_that_staff_removed_are_in_no_number():
    signed(step="kept"), signed(step="signed")
    batch = Batch.begin(Batch.Kind.INVALIDATE, Pledge.objects.all(), None, "selection")
    batch.finish()
    assert counted() == {}
    pending = Pledge.objects.get(confirmed_at=None)
    pending.delete()
    assert counted() == {}
    batch.undo(None)
    batch.finish()
    assert counted()["kept"] == 1


def test_a_correction_of_the_sector_or_the_county_moves_a_pledge():
    pledge = signed()
    counted()
    teachers = Sector.objects.get(slug="teachers")
    Pledge.objects.filter(pk=pledge.pk).update(sector=teachers, county="AL-01")
    assert counted(sector=teachers.pk, county="AL-01") == {"signed": 1, "confirmed": 1}
    assert counted() == {"signed": 1, "confirmed": 1}


def test_groups_count_as_entered_and_as_approved():
    make_group("approved", {"children": 27, "teachers": 1})
    make_group("confirmed", {"children": 10})
    make_group("submitted", {"children": 5})
    make_group("refused", {"children": 90})
    assert counted(week=this_monday(), way="groups") == {"signed": 43, "confirmed": 28}
    assert counted(week=this_monday(), way="groups", sector=Sector.objects.get(slug="teachers").pk)["signed"] == 1


def test_a_group_that_is_erased_without_a_confirmation_stays():
    make_group("submitted", {"children": 5, "teachers": 1}).delete()
    make_group("refused", {"children": 90}).delete()
    assert counted(week=this_monday(), way="groups") == {"signed": 6, "erased": 6}


def test_paper_counts_as_entered_and_as_counted():
    make_sheet("counted", {"parents": 10}, place="Tiranë")
    make_sheet("returned", {"parents": 7})
    make_sheet("void", {"parents": 90})
    assert counted(week=this_monday(), way="paper") == {"signed": 17, "confirmed": 10}
    assert counted(week=this_monday(), way="paper", county="") == {"signed": 7}


def begin_with(weeks):
    """Let the count begin so many weeks ago."""
    ActingWeek.objects.create(
        week=this_monday() - weeks * WEEK,
        sector=0,
        way="online",
        counted_at="2026-01-01T00:00Z",
        **dict.fromkeys(NUMBERS, 0),
    )


def test_it_counts_once_a_day():
    signed()
    assert acting.count_daily() is True
    signed()
    assert acting.count_daily() is False
    assert {row.signed for row in ActingWeek.objects.all()} == {1}
    ActingWeek.objects.update(counted_at=F("counted_at") - timedelta(days=1))
    assert acting.count_daily() is True
    assert {row.signed for row in ActingWeek.objects.all()} == {2}


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_counts():
    for _ in range(3):
        signed(step="signed")
    Pledge.objects.all().delete()
    assert sorted(at_once(*[acting.count_daily] * 4)) == [False, False, False, True]
    assert {(row.signed, row.erased) for row in ActingWeek.objects.all()} == {(3, 3)}


def test_a_site_with_pledges_begins_with_a_week_that_is_known_whole():
    """Of older weeks, pledges have expired before anything noted it."""
    signed(week=0), signed(week=1), signed(week=2)
    acting.count()
    assert {row.week for row in ActingWeek.objects.all()} == {this_monday(), this_monday() - WEEK}


def test_old_weeks_are_erased():
    begin_with(ACTING_WEEKS)
    signed(week=ACTING_WEEKS - 1), signed(week=ACTING_WEEKS).delete(), signed(week=ACTING_WEEKS, step="signed").delete()
    acting.count()
    assert [row.week for row in ActingWeek.objects.all()] == [this_monday() - (ACTING_WEEKS - 1) * WEEK]
    assert not ActingChange.objects.exists()


def test_the_tables_name_no_person():
    columns = {field.column for model in (ActingWeek, ActingChange) for field in model._meta.concrete_fields}
    assert columns == {"id", "week", "sector", "county", "way", "n", "counted_at", *NUMBERS}


def test_signing_and_confirming_write_nothing_here():
    Pledge.objects.filter(pk=make_pledge().pk).confirm()
    assert not ActingWeek.objects.exists() and not ActingChange.objects.exists()


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        (Numbers(), {"signed": 0, "confirmed": 0, "chose": 0, "kept": 0}),
        (Numbers(4, 4), {"signed": None, "confirmed": None, "chose": None}),
        (Numbers(9, 5), {"signed": 5, "confirmed": 5, "chose": None}),
        # None of them confirmed: 0 would be one of 0 to 4.
        (Numbers(9, 0), {"signed": 5, "confirmed": None, "chose": None}),
        (Numbers(44, 33, 24, 14, 5), {"signed": 40, "confirmed": 30, "chose": 20, "answered": 10, "kept": 5}),
        # Staff know the ten who confirmed: nearly all of them chose.
        (Numbers(10, 10, 10, 9, 2), {"chose": None, "answered": None, "kept": None}),
        (Numbers(20, 20, 12, 11, 5), {"chose": None, "answered": 10, "kept": 5}),
    ],
)
def test_numbers_are_in_steps_of_five_and_tell_of_no_one(numbers, shown):
    assert {name: numbers.shown(name) for name in shown} == shown


def test_a_hidden_number_is_not_the_difference_of_shown_ones():
    """For each value of the hidden number of one sector, the sum and the other sector look the same for several of them."""
    for other in range(100, 110):
        for hidden in range(1, 5):
            seen = Numbers(other + hidden).shown("signed"), Numbers(other).shown("signed")
            possible = [
                (a, b) for a in range(100, 110) for b in range(5)
                if (Numbers(a + b).shown("signed"), Numbers(a).shown("signed")) == seen
            ]  # fmt: skip
            assert len({b for _, b in possible}) >= 4


def test_shares_are_of_what_is_shown_and_of_fifty_people():
    assert Numbers(104, 64).share("confirmed") == 60
    assert Numbers(49, 40).share("confirmed") is None
    assert Numbers(100, 3).share("confirmed") is None
    assert Numbers(100, 60, 50).share("chose") == 83


def weeks_of(*numbers):
    """Weeks up to the present one with these numbers, the newest first."""
    day = this_monday()
    return Weeks(day, timezone.now(), {day - ago * WEEK: each for ago, each in reversed(list(enumerate(numbers)))})


@pytest.mark.parametrize(
    ("step", "first"), [("signed", 1), ("confirmed", 3), ("chose", 3), ("answered", 18), ("kept", 18)]
)
def test_a_step_is_complete_so_many_weeks_later(step, first):
    weeks = weeks_of(*[Numbers()] * ACTING_WEEKS)
    assert [weeks.is_complete(this_monday() - ago * WEEK, step) for ago in (first - 1, first)] == [False, True]
    found = weeks.compared(step)
    assert found.new_weeks[-1] == this_monday() - first * WEEK
    assert (len(found.new_weeks), len(found.old_weeks)) == (4, 8)


@pytest.mark.parametrize("days", range(7))
def test_all_twelve_weeks_of_the_last_step_are_kept(days):
    day = this_monday()
    weeks = Weeks(
        day + timedelta(days=days), None, {day - ago * WEEK: Numbers() for ago in reversed(range(ACTING_WEEKS))}
    )
    assert len(weeks.compared("kept").old_weeks) == 8


@pytest.mark.parametrize(("confirmed", "change"), [(600, 0), (615, 0), (900, 1), (300, -1), (4, None)])
def test_a_change_is_told_if_chance_does_not_explain_it(confirmed, change):
    new, old = Numbers(1000, confirmed), Numbers(1000, 600)
    weeks = weeks_of(*[Numbers()] * 3, *[new] * 4, *[old] * 8)
    weeks = weeks if change is not None else weeks_of(*[Numbers()] * 3, *[Numbers(12, 1)] * 4, *[old] * 8)
    assert weeks.compared("confirmed").change == change


def test_without_complete_weeks_nothing_is_compared():
    assert weeks_of(Numbers(100, 50), Numbers(100, 50)).compared("kept") is None
    assert weeks_of(*[Numbers(100, 50)] * 5).compared("confirmed").change is None


def test_people_are_asked_after_thirty_days():
    weeks = weeks_of(*[Numbers()] * 6)
    assert [weeks.is_begun(this_monday() - ago * WEEK, "answered") for ago in (4, 5)] == [False, True]


def page(language="en", client=None, **query):
    client = client or sign_in(Client(), make_staff("view_pledge"))
    client.cookies["language"] = language
    return client.get(reverse("admin:pledges_pledge_acting", query=query), headers={"accept-language": language})


def many(number, week=3, step="confirmed", **values):
    """So many pledges that came as far as this step."""
    pledge = signed(week, step, **values)
    fresh = dict.fromkeys(
        ["address_digest", "address_digest_last", "name_digest", "name_digest_last"],
        "sha256(uuid_send(gen_random_uuid()))",
    )
    before = set(Pledge.objects.values_list("pk", flat=True))
    make_copies(pledge, number - 1, **fresh)
    for row in pledge.chosen.all():
        ChosenCommitment.objects.bulk_create(
            ChosenCommitment(
                pledge=copy, commitment=row.commitment, slot=1, chosen_at=row.chosen_at, asked_at=row.asked_at,
                answer=row.answer, answered_question=row.answered_question, answered_at=row.answered_at,
            )
            for copy in Pledge.objects.exclude(pk__in=before)
        )  # fmt: skip


@pytest.fixture
def weeks_of_people():
    begin_with(4)
    for number, step in ((60, "signed"), (80, "confirmed"), (60, "chose")):
        many(number, step=step)
    many(20, sector="teachers", county_id=None)
    many(50, week=4)
    acting.count()


def table_of(response):
    document = Document(response)
    return [document.words(row) for row in document.all("tr", node=document.one("div", **{"class": "wide-table"}))]


def test_staff_see_the_weeks_and_the_newest_complete_ones_compared(weeks_of_people):
    head, *rows = table_of(page())
    assert head == "Week from Signed Confirmed Chose a commitment Answered how it went Kept a commitment"
    assert len(rows) == 5 and "0 so far" in rows[0]
    assert rows[3].endswith("220 160 73% 60 38% not asked yet not asked yet")
    assert "50 50 100% – " in rows[4]
    document = Document(page())
    words = document.words(document.one("dl"))
    assert "Confirmed of those who signed 78%" in words and "There are no complete weeks before these yet." in words
    assert "No week is complete yet." in words
    response = page("sq")
    assert "Nga nënshkrimi te veprimi" in response.text
    assert table_of(response)[0].startswith("Java që nis më Nënshkruan Konfirmuan")


def test_staff_choose_whom_they_see_and_are_told_of_a_choice_that_does_not_exist(weeks_of_people):
    client = sign_in(Client(), make_staff("view_pledge"))
    for query, row in (
        ({"sector": "teachers"}, "20 20 – "),
        ({"sector": "parents"}, "200 140 70% 60 43%"),
        ({"county": "none"}, "20 20 – "),
        ({"county": "AL-11"}, "200 140 70% 60 43%"),
        ({"county": "AL-01"}, "0 0 0 "),
        ({"sector": "teachers", "county": "AL-11"}, "0 0 0 "),
        ({"way": "groups"}, "0 0"),
    ):
        assert row in table_of(page(client=client, **query))[4], query
    for query in ({"sector": "x"}, {"county": "AL-99"}, {"way": "fax"}, {"sector": "0"}):
        response = page(client=client, **query)
        assert "The choice in the address of this page does not exist. Choose again." in response.text, query
        assert "220 160 73%" in table_of(response)[4], query


def test_few_people_are_no_number(weeks_of_people):
    Pledge.objects.filter(sector__slug="teachers", pk__in=Pledge.objects.filter(sector__slug="teachers")[:17]).delete()
    acting.count()
    assert "fewer than 5 fewer than 5 –" in table_of(page(sector="teachers"))[4]


def test_groups_and_paper_have_two_steps(weeks_of_people):
    make_group("approved")
    acting.count()
    response = page(way="groups")
    assert table_of(response)[0] == "Week from Signed Confirmed"
    assert "25 so far 25 so far" in table_of(response)[1]
    assert "not asked" in response.text


def test_a_page_of_a_new_site_says_so():
    response = page()
    assert "Nothing has been counted yet." in response.text and "Week by week" not in response.text


def test_the_page_reads_the_counted_weeks_only(weeks_of_people, django_assert_max_num_queries):
    client = sign_in(Client(), make_staff("view_pledge"))
    page(client=client)
    with django_assert_max_num_queries(30) as queries:
        page(client=client, sector="parents", county="AL-11")
    assert not [query["sql"] for query in queries.captured_queries if '"pledges_pledge"' in query["sql"]]
    assert len([query for query in queries.captured_queries if "pledges_actingweek" in query["sql"]]) == 2


def test_staff_find_the_page():
    client = sign_in(Client(), make_staff("view_pledge"))
    url = reverse("admin:pledges_pledge_acting")
    assert url in client.get(reverse("admin:pledges_pledge_changelist")).text
    assert url in client.get(reverse("admin:index")).text
    assert url in client.post(reverse("admin:search"), {"text": "From signing to acting"}, follow=True).text
