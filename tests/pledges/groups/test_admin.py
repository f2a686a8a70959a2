"""The queue of group pledges: what is odd about each, and the decisions of staff."""

import pytest
from django.core import mail

from pledges.models import GroupPledge
from staff.models import Entry
from tests.factories import make_staff, run_worker, sign_in
from tests.pages import Document
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
    path = f"{QUEUE}{group.pk}/change/"
    seen = Document(client.get(path)).one("input", name="seen")
    return client.post(path, {button: "1", "seen": Document.of(seen)["value"], **values}, follow=True)


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


@pytest.mark.parametrize(("language", "sentence"), [("sq", "numëruar tashmë"), ("en", "already been counted")])
def test_refusing_needs_a_reason_which_the_adult_reads(staff_client, language, sentence):
    group = make_group(language=language)
    decide(staff_client, group, "refuse")
    assert GroupPledge.objects.get().state == "confirmed"
    decide(staff_client, group, "refuse", refusal="double")
    assert GroupPledge.objects.get().state == "refused" and exact_total() == 0
    run_worker()
    assert sentence in mail.outbox[-1].body
    decide(staff_client, group, "undo")
    assert GroupPledge.objects.get().state == "confirmed"


def test_a_number_above_the_limit_waits_for_a_reason(staff_client):
    group = make_group(people={"children": 55})
    decide(staff_client, group, "approve", reason="  ")
    assert exact_total() == 0
    decide(staff_client, group, "approve", reason="Two classes were joined in spring.")
    assert exact_total() == 55
    assert Entry.objects.get(action="change").details["reason"] == "Two classes were joined in spring."


def test_a_reason_that_is_too_long_is_refused_in_words_and_comes_back(staff_client):
    group, long = make_group(people={"children": 55}), "Dy klasa u bashkuan. " * 10
    page = Document(decide(staff_client, group, "approve", reason=long))
    assert "Your reason must be 200 characters or fewer. It has 209." in page.words()
    assert page.of(page.one("input", id="reason"))["value"] == long
    assert exact_total() == 0 and not Entry.objects.filter(action="change").exists()
    decide(staff_client, group, "approve", reason="p" * 200)
    assert exact_total() == 55 and Entry.objects.get(action="change").details["reason"] == "p" * 200


def test_a_higher_number_is_approved_or_the_approved_one_is_kept(staff_client):
    group = make_group("approved")
    higher = {sector: n + 2 for sector, n in group.people.items()}
    group.correct(higher)
    assert "28 → 32" in staff_client.get(QUEUE).text and exact_total() == 28
    path = f"{QUEUE}{group.pk}/change/"
    seen = Document(staff_client.get(path)).one("input", name="seen")
    group.correct({sector: n + 3 for sector, n in group.people.items()})
    for button in ("keep", "approve"):
        staff_client.post(path, {button: "1", "seen": Document.of(seen)["value"]})
        assert exact_total() == 28 and GroupPledge.objects.waiting().exists(), "staff have not seen this number"
    decide(staff_client, group, "keep")
    assert exact_total() == 28 and not GroupPledge.objects.waiting().exists()
    group.correct(higher)
    decide(staff_client, group, "approve")
    assert exact_total() == 32


def test_a_class_is_not_approved_twice_nor_a_number_that_changed_unseen(staff_client):
    make_group("approved", institution="Migjeni")
    double = make_group(institution="Migjeni")
    assert "already been counted" in decide(staff_client, double, "approve").text
    other = make_group()
    path = f"{QUEUE}{other.pk}/change/"
    page = Document(staff_client.get(path))
    seen = page.of(page.one("input", name="seen"))["value"]
    [first, second] = other.people
    # The last one has the same sum.
    for unseen in ({first: 28, second: 2}, {first: 26, second: 2}):
        other.correct(unseen)
        answer = staff_client.post(path, {"approve": "1", "seen": seen}, follow=True)
        assert exact_total() == 28 and "has changed in the meantime" in answer.text
    decide(staff_client, other, "approve")
    assert exact_total() == 56


def test_of_two_classes_that_wait_alike_one_is_approved_and_the_other_after_an_undo(staff_client):
    first, second = (make_group(institution=name) for name in ("Shkolla “Migjeni”", "migjeni"))
    decide(staff_client, first, "approve")
    assert "already been counted" in decide(staff_client, second, "approve").text and exact_total() == 28
    assert [group.state for group in (first, second) if group.refresh_from_db() is None] == ["approved", "confirmed"]
    decide(staff_client, first, "undo")
    decide(staff_client, second, "approve")
    assert "already been counted" in decide(staff_client, first, "approve").text and exact_total() == 28


def test_a_group_is_found_by_the_address_of_its_adult_and_withdrawn_for_them(staff_client):
    group = make_group("approved", address="mira.hoxha@shembull.al")
    sign_in(staff_client, make_staff("view_pledge", "view_grouppledge", "change_grouppledge", "see_people"))
    found = staff_client.post("/admin/pledges/pledge/find/", {"person": "Mira.Hoxha@shembull.al"}, follow=True)
    assert f"{QUEUE}{group.pk}/change/" in found.text
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
    assert client.post(path, {"approve": "1", "seen": "28"}).status_code == 403
    sign_in(client, make_staff("view_pledge"))
    assert client.get(path).status_code == 403 and exact_total() == 0


@pytest.mark.parametrize("path", ["/admin/pledges/grouppledge/", "/admin/pledges/joining/"])
def test_the_queues_show_decided_rows_too(path, client):
    sign_in(client, make_staff(superuser=True))
    assert client.get(f"{path}?queue=refused").status_code == 200
