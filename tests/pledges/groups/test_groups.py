"""Group pledges in the queue of staff and in the database: when they count, who decides first, what is erased."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from pledges.groups.models import institution_key
from pledges.models import GroupPledge, Message, Sector
from staff.models import Entry
from tests import tally
from tests.factories import make_staff, run_worker, sign_in
from tests.pledges.groups.made import make_group
from tests.tally import exact_total
from tests.threads import at_once

pytestmark = pytest.mark.django_db

QUEUE = "/admin/pledges/grouppledge/"


@pytest.fixture
def staff_client(client):
    sign_in(client, make_staff("view_grouppledge", "change_grouppledge", "see_people"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def decide(client, group, button, **values):
    """Press a button of the page as it is now."""
    values = {"seen": GroupPledge.objects.get(pk=group.pk).seen, **values}
    return client.post(f"{QUEUE}{group.pk}/change/", {button: "1", **values}, follow=True)


def test_the_queue_shows_what_waits_and_what_is_odd(staff_client):
    make_group("approved", institution="Migjeni")
    double = make_group(institution="Shkolla Migjeni", address="mira@gmial.com")
    make_group(people={"children": 55})
    make_group("submitted", institution="E pakonfirmuar"), make_group("refused", institution="E refuzuar")
    page = staff_client.get(QUEUE).text
    for words in ("similar to another group", "unusual email domain: gmial.com", "more people than usual"):
        assert words in page
    assert "E pakonfirmuar" not in page and "E refuzuar" not in page
    of_double = staff_client.get(f"{QUEUE}{double.pk}/change/").text
    assert "Similar group" in of_double and "Mira Hoxha" in of_double
    assert Entry.objects.filter(action="look", subject_ids=[double.pk]).exists()


def test_approving_counts_and_writes_and_can_be_undone(staff_client):
    group = make_group()
    decide(staff_client, group, "approve")
    assert exact_total() == 28
    assert Entry.objects.filter(action="change", subject_ids=[group.pk], details__state="approved").exists()
    run_worker()
    assert group.institution in mail.outbox[-1].body
    decide(staff_client, group, "undo")
    assert exact_total() == 0 and GroupPledge.objects.get().state == "confirmed"


def test_refusing_needs_a_reason_which_the_adult_reads(staff_client):
    group = make_group(language="en")
    decide(staff_client, group, "refuse")
    assert GroupPledge.objects.get().state == "confirmed"
    decide(staff_client, group, "refuse", refusal="double")
    assert GroupPledge.objects.get().state == "refused" and exact_total() == 0
    run_worker()
    assert "already been counted" in mail.outbox[-1].body
    decide(staff_client, group, "undo")
    assert GroupPledge.objects.get().state == "confirmed"


def test_a_number_above_the_limit_waits_for_a_reason(staff_client):
    group = make_group(people={"children": 55})
    decide(staff_client, group, "approve", reason="  ")
    assert exact_total() == 0
    decide(staff_client, group, "approve", reason="Two classes were joined in spring.")
    assert exact_total() == 55
    assert Entry.objects.get(action="change").details["reason"] == "Two classes were joined in spring."


def test_a_class_is_not_approved_twice(staff_client):
    make_group("approved", institution="Migjeni")
    assert "already been counted" in decide(staff_client, make_group(institution="Migjeni"), "approve").text
    assert exact_total() == 28


def test_a_higher_number_is_approved_or_the_approved_one_is_kept(staff_client):
    group = make_group("approved")
    higher, unseen = ({sector: n + more for sector, n in group.people.items()} for more in (2, 3))
    assert 'name="keep"' not in staff_client.get(f"{QUEUE}{group.pk}/change/").text
    group.correct(higher)
    assert "28 → 32" in staff_client.get(QUEUE).text and exact_total() == 28
    seen = GroupPledge.objects.get().seen
    assert "Approve the higher number" in staff_client.get(f"{QUEUE}{group.pk}/change/").text
    group.correct(unseen)
    for button in ("keep", "approve"):
        assert "has changed in the meantime" in decide(staff_client, group, button, seen=seen).text
        assert exact_total() == 28 and GroupPledge.objects.get().people == unseen
    decide(staff_client, group, "keep")
    assert exact_total() == 28 and not GroupPledge.objects.waiting().exists()
    group.correct(higher)
    decide(staff_client, group, "approve")
    assert exact_total() == 32 and not GroupPledge.objects.waiting().exists()
    # None of the approved numbers is left: there is nothing to keep.
    group.correct({str(Sector.objects.get(slug="parents").pk): 3})
    page = staff_client.get(f"{QUEUE}{group.pk}/change/").text
    assert exact_total() == 0 and 'name="approve"' in page and 'name="keep"' not in page


def test_a_group_is_withdrawn_for_its_adult(staff_client):
    group = make_group("approved")
    decide(staff_client, group, "withdraw")
    assert exact_total() == 28, "not without the tick"
    decide(staff_client, group, "withdraw", asked="on")
    assert exact_total() == 0 and GroupPledge.objects.get().name is None


def test_only_those_who_may_decide_do_and_names_need_their_own_right(client):
    group = make_group()
    path = f"{QUEUE}{group.pk}/change/"
    sign_in(client, make_staff("view_grouppledge"))
    page = client.get(path).text
    assert group.institution in page and "Mira Hoxha" not in page and "shembull.al" not in page
    assert client.post(path, {"approve": "1"}).status_code == 403
    sign_in(client, make_staff("view_pledge"))
    assert client.get(path).status_code == 403 and exact_total() == 0


def test_groups_count_on_the_day_of_the_approval_in_the_county_of_the_municipality():
    group = make_group("approved", place="Durrës", held_on=timezone.localdate() - timedelta(days=1))
    totals = tally.read()
    people = sum(group.people.values())
    assert totals.days == [(timezone.localdate(), people)]
    assert tally.counties() == {group.municipality.county_id: people}
    assert {str(sector.pk): n for sector, n in totals.sectors if n} == group.people


def test_no_group_counts_more_people_than_its_adult_stated():
    group = make_group("approved")
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupPledge.objects.update(counted={sector: n + 1 for sector, n in group.people.items()})


def test_a_class_counts_once_a_school_year():
    make_group("approved", institution="Naim Frashëri")
    double = make_group(institution="Shkolla 9-vjeçare “Naim Frasheri”")
    assert [each.state for each in double.likely_doubles()] == ["approved"]
    with pytest.raises(IntegrityError), transaction.atomic():
        double.approve()
    other_place = make_group(institution="Naim Frashëri", place="Durrës")
    assert other_place.approve()


def test_a_sector_with_people_in_groups_is_not_deleted_and_children_are_never_offered():
    children = Sector.objects.get(slug="children")
    assert children not in Sector.objects.open() and not children.wordings.exists()
    make_group()
    with pytest.raises(IntegrityError), transaction.atomic():
        children.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Sector.objects.filter(slug="children").update(is_open=True)


def test_institutions_are_compared_by_their_own_words():
    assert institution_key("Shkolla 9-vjeçare „Naim Frashëri”") == institution_key("NAIM  FRASHERI")
    assert institution_key("Shkolla") == "shkolla" and institution_key("  – ") == ""


@pytest.mark.django_db(transaction=True)
def test_approving_and_withdrawing_at_once_ends_withdrawn_and_exact():
    for _ in range(5):
        group = make_group()
        at_once(group.approve, group.withdraw)
        group.refresh_from_db()
        assert group.state == "withdrawn" and exact_total() == 0


@pytest.mark.django_db(transaction=True)
def test_a_correction_during_the_approval_is_not_approved_unseen():
    for _ in range(5):
        group = make_group()
        more = {sector: n + 5 for sector, n in group.people.items()}
        at_once(group.approve, lambda group=group, more=more: group.correct(more))
        group.refresh_from_db()
        assert group.people == more and group.total_counted in (0, 28)
        assert group in GroupPledge.objects.waiting()
        group.withdraw()


@pytest.mark.django_db(transaction=True)
def test_of_two_equal_classes_that_staff_approve_at_once_one_counts():
    for name in ("Migjeni", "Naim Frashëri", "Çajupi"):
        groups = [make_group(institution=name, people={"children": 20}) for _ in range(2)]

        def approve(group):
            try:
                return group.approve()
            except IntegrityError:
                return False

        answers = at_once(*(lambda group=group: approve(group) for group in groups))
        assert sorted(answers) == [False, True]
    assert exact_total() == 60


def test_a_message_about_an_erased_group_is_not_sent():
    group = make_group()
    Message.queue(Message.Kind.GROUP_OPEN, group)
    Message.queue(Message.Kind.GROUP_OPEN, group)
    assert Message.objects.count() == 1
    GroupPledge.objects.all().erase_person()
    assert Message.objects.get().compose() is None
