"""The queue of group pledges: what is odd about each, and the decisions of staff."""

import pytest
from django.core import mail

from pledges.models import GroupPledge, Sector
from staff.models import Entry
from tests.factories import make_staff, run_worker, sign_in
from tests.pledges.groups.made import make_group
from tests.tally import exact_total

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
