"""Group pledges in the database: when they count, who decides first, what is erased, and what cannot be read."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from pledges.groups.models import institution_key
from pledges.models import GroupPledge, Message, Sector
from tests import tally
from tests.pledges.groups.made import make_group
from tests.tally import exact_total
from tests.threads import at_once

pytestmark = pytest.mark.django_db


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
