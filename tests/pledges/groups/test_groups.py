"""Group pledges: as the responsible adult meets them, in the queue of staff, and in the database."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.groups.forms import InstitutionField
from pledges.groups.models import institution_key
from pledges.models import GroupPledge, Message, Sector, Submission
from staff.models import Entry
from tests import tally
from tests.clock import let_time_pass
from tests.factories import links_in, make_staff, run_worker, sign_in
from tests.pages import Document
from tests.pledges.groups.made import PATHS, group_data, groups_on, make_group, press_confirm
from tests.staff.forms import decide
from tests.tally import exact_total
from tests.threads import at_once

pytestmark = pytest.mark.django_db

KINDS = {"class": {}, "meeting": {"people_children": None, "people_parents": "84"}}


def send(client, language="sq", **changes):
    """Send the form and let the worker settle it; returns the mail."""
    before = len(mail.outbox)
    response = client.post(PATHS[language], group_data(**changes))
    assert response.status_code == 303, Document(response).words()
    run_worker()
    [message] = mail.outbox[before:]
    return message


@pytest.mark.parametrize(("kind", "language"), [("class", "en"), ("meeting", "sq")])
def test_a_group_is_entered_confirmed_approved_corrected_and_withdrawn(client, language, kind):
    assert client.get(PATHS[language]).status_code == 200
    confirmation = send(client, language, kind=kind, **KINDS[kind])
    assert confirmation.to == ["mira.hoxha@shembull.al"]
    assert "Frashëri" not in confirmation.body and "Mira" not in confirmation.body, "a stranger may have typed it"
    group = GroupPledge.objects.get()
    stated = group.total
    [path] = links_in(confirmation, "group_confirm")
    page = client.get(path)
    assert "Naim Frashëri" in page.text and GroupPledge.objects.get().state == "submitted", "opening counts nothing"
    assert press_confirm(client, path).status_code == 200
    group.refresh_from_db()
    assert group.state == "confirmed" and exact_total() == 0
    run_worker()
    assert "Mira" in mail.outbox[-1].body and "Naim Frashëri" in mail.outbox[-1].body
    [manage] = links_in(mail.outbox[-1], "group_manage")
    assert path.startswith(f"/{language}/") and manage.startswith(f"/{language}/"), "in the language of the form"

    assert group.approve()
    run_worker()
    assert len(mail.outbox) == 3
    data = client.get("/api/v1/totals.json").json()
    assert (data["total"], data["online"], data["groups"], data["paper"]) == (stated, 0, stated, 0)
    assert sum(row["total"] for row in data["sectors"].values()) == stated
    assert client.get(f"/{language}/{'sa-jemi' if language == 'sq' else 'totals'}/").status_code == 200

    page = client.get(manage).text
    assert group.institution in page and "Mira" not in page and "shembull.al" not in page
    # A higher number waits, a lower one counts at once.
    numbers = {f"people_{each.slug}": n for each, n in group.numbers(Sector.objects.all())}
    field, people = next(iter(numbers.items()))
    page = client.post(manage, {"save": "1", **numbers, field: people + 2})
    assert page.status_code == 200 and exact_total() == stated and str(stated + 2) in Document(page).words()
    assert GroupPledge.objects.waiting().get() == group
    assert client.post(manage, {"save": "1", **numbers, field: "-1"}).status_code == 422
    client.post(manage, {"save": "1", **numbers, field: people - 1})
    assert exact_total() == stated - 1 and not GroupPledge.objects.waiting().exists()
    assert client.post(manage, {"withdraw": "1"}).status_code == 200
    group.refresh_from_db()
    assert (group.state, group.name, group.address, exact_total()) == ("withdrawn", None, None, 0)
    run_worker()
    assert mail.outbox[-1].to == ["mira.hoxha@shembull.al"] and not Message.objects.filter(group=group).exists()
    mangled = manage.rstrip("/") + "x/"
    assert Document(client.get(manage)).title == Document(client.get(mangled)).title, "the link opens nothing"


def test_one_message_confirms_all_groups_of_an_adult(client):
    first = client.post(PATHS["sq"], group_data())
    second = client.post(PATHS["sq"], group_data(letter="c", people_children="25"))
    assert first.status_code == second.status_code == 303
    run_worker()
    assert len(mail.outbox) == 1
    client.post(PATHS["sq"], group_data(letter="d", people_children="24"))
    run_worker()
    assert len(mail.outbox) == 1, "the next message is due in a minute"
    [path] = links_in(mail.outbox[0], "group_confirm")
    page = press_confirm(client, path)
    assert GroupPledge.objects.filter(state="confirmed").count() == 3
    assert len(Document(page).all("a", href=True)) > 3
    assert "7D" in page.text
    run_worker()
    assert len(mail.outbox) == 2, "one message about all three"
    assert len(links_in(mail.outbox[-1], "group_manage")) == 3
    assert all(name in mail.outbox[-1].body for name in ("7B", "7C", "7D"))


def test_the_message_about_a_restricted_group_stands_for_no_other_one(client):
    Message.queue(Message.Kind.GROUP, make_group("submitted", address="mira.hoxha@shembull.al"))
    GroupPledge.objects.update(restricted_at=timezone.now())
    let_time_pass(timedelta(minutes=2))
    assert links_in(send(client), "group_confirm")


def test_a_group_that_was_sent_while_the_page_was_open_can_still_be_confirmed(client):
    """Its message was joined to one that waits for a group which the open page confirms."""
    [path] = links_in(send(client), "group_confirm")
    client.post(PATHS["sq"], group_data(letter="c"))
    run_worker()
    shown = {"group": groups_on(client.get(path))}
    client.post(PATHS["sq"], group_data(letter="d"))
    run_worker()
    client.post(path, shown)
    assert len(shown["group"]) == 2 and GroupPledge.objects.get(state="submitted").letter == "D"
    before = len(mail.outbox)
    let_time_pass(timedelta(minutes=2))
    run_worker()
    [path] = [path for message in mail.outbox[before:] for path in links_in(message, "group_confirm")]
    press_confirm(client, path)
    assert not GroupPledge.objects.filter(state="submitted").exists()


def test_a_group_that_came_after_the_page_was_opened_is_not_confirmed_with_it(client):
    [path] = links_in(send(client), "group_confirm")
    shown = {"group": groups_on(client.get(path))}
    of_stranger = {"kind": "club", "institution": "Klubi i Huaj", "people_youth": "300", "people_children": None}
    client.post(PATHS["sq"], group_data(**of_stranger))
    run_worker()
    before = len(mail.outbox)
    assert "Naim Frashëri" in client.post(path, shown).text
    assert [group.institution for group in GroupPledge.objects.filter(state="confirmed")] == ["Naim Frashëri"]
    run_worker()
    [thanks] = mail.outbox[before:]
    # Without the links, which can have any digits.
    said = re.sub(r"https?://\S+", "", thanks.body)
    assert "7B" in said and "Huaj" not in said and "300" not in said
    # Pressed again, it confirms nothing more.
    assert "Klubi i Huaj" not in client.post(path, shown).text
    assert GroupPledge.objects.filter(state="submitted").count() == 1


def test_a_tampered_list_of_groups_confirms_nothing_and_shows_the_page_again(client):
    [path] = links_in(send(client), "group_confirm")
    own, other = str(GroupPledge.objects.get().pk), str(make_group("submitted").pk)
    for ids in ([], [own, other], [own, "x"], [own, own, other]):
        assert groups_on(client.post(path, {"group": ids})) == [own], ids
        assert not GroupPledge.objects.exclude(state="submitted").exists()
    assert press_confirm(client, path).status_code == 200 and GroupPledge.objects.get(pk=own).state == "confirmed"


def day_in(days):
    """A function that a test calls for the date so many days after its own."""
    return lambda: (timezone.localdate() + timedelta(days=days)).isoformat()


@pytest.mark.cases(
    ("changes", "field"),
    [
        ({"people_children": "0"}, "people_children"),
        ({"people_children": "900"}, "people_children"),
        ({"people_children": "-3"}, "people_children"),
        ({"held_on": day_in(2)}, "held_on"),
        ({"held_on": day_in(-366)}, "held_on"),
        ({"held_on": "dje"}, "held_on"),
        ({"institution": "shkruani te www.shembull.al"}, "institution"),
        ({"institution": "t.me/" * 24}, "institution"),
        ({"grade": ""}, "grade"),
        ({"letter": "?"}, "letter"),
        ({"letter": "ﬁﬁ"}, "letter"),
        ({"municipality": "99999"}, "municipality"),
        ({"kind": "meeting", "people_children": "", "people_teachers": ""}, "people_children"),
        ({"statement": None}, "statement"),
        ({"consent": None}, "consent"),
        ({"over_18": None}, "over_18"),
    ],
)
def test_bad_input_is_a_sentence_at_the_field_and_loses_nothing(client, changes, field):
    changes = {name: value() if callable(value) else value for name, value in changes.items()}
    response = client.post(PATHS["sq"], group_data(**changes))
    assert response.status_code == 422
    page = Document(response)
    [error] = page.all("p", id=f"id_{field}_error")
    assert len(page.words(error)) > 10
    kept = {"institution": "Naim Frashëri", "email": "mira.hoxha@shembull.al", "people_teachers": "1"} | changes
    for name, value in kept.items():
        if name in ("institution", "email", "people_teachers") and value:
            assert page.one("input", name=name) and Document.of(page.one("input", name=name)).get("value") == value
    assert not Submission.objects.exists()


def test_no_mail_program_makes_a_link_of_a_name():
    """The form of an organisation has the same field."""
    field = InstitutionField()
    for typed, stored in {
        "Fito 500 euro t.me/fito500": "Fito 500 euro t. me/fito500",
        "x.com/fito ose t.co": "x. com/fito ose t. co",
        "Fito 9.9.9.9/fito": "Fito 9. 9. 9. 9/fito",
        "Shkolla N.Frashëri": "Shkolla N. Frashëri",
        "Shkolla 1.Maji": "Shkolla 1. Maji",
        "Ndërtimi Sh.p.k.": "Ndërtimi Sh.p.k.",
        "U.S. Embassy": "U.S. Embassy",
        "Shkolla 9-vjeçare Nr. 5": "Shkolla 9-vjeçare Nr. 5",
        "Shkolla Nr.5": "Shkolla Nr.5",
    }.items():
        assert field.clean(typed) == stored


def test_only_an_email_says_that_a_class_is_counted_and_it_counts_once(client, mailoutbox):
    make_group("approved", institution="Shkolla “Naim Frashëri”")
    # The form answers as for any other class: it would tell anyone which one is counted.
    for data in ({"institution": "naim frasheri"}, {"letter": "c", "email": "tjeter@shembull.al"}):
        response = client.post(PATHS["en"], group_data(**data))
        assert response.status_code == 303
    run_worker()
    first, second = mailoutbox
    assert "already been counted" in first.body and "already been counted" not in second.body
    assert exact_total() == 28


def test_someone_under_18_is_sent_to_a_page_and_nothing_is_read(client):
    response = client.post(PATHS["en"], group_data(over_18="no", name="Ana Fëmija"))
    assert response.status_code == 303
    page = client.get(response.headers["Location"])
    assert "teacher" in Document(page).words() and PATHS["en"] in page.text
    assert not Submission.objects.exists() and not GroupPledge.objects.exists()


def test_a_link_of_one_group_opens_no_other_one(client):
    group, other = make_group("approved"), make_group("approved")
    token = links.token(Purpose.GROUP_MANAGE, group)
    forged = links.token(Purpose.GROUP_MANAGE, other).split(".")[0] + "." + token.split(".", 1)[1]
    for purpose, wrong in [(Purpose.GROUP_MANAGE, forged), (Purpose.GROUP_CONFIRM, token), (Purpose.MANAGE, token)]:
        path = links.path(purpose, group, "en").rsplit("/", 2)[0] + f"/{wrong}/"
        response = client.post(path, {"withdraw": "1"})
        assert response.status_code == 200 and "institution" not in response.text
    assert exact_total() == 56


def test_numbers_can_be_corrected_for_thirty_days_and_a_closed_sector_stays_among_them(client):
    group = make_group("approved", kind="meeting", people={"parents": 9, "teachers": 2})
    Sector.objects.filter(slug="teachers").update(is_open=False)
    path = links.path(Purpose.GROUP_MANAGE, group, "en")
    page = Document(client.get(path))
    shown = {page.of(each)["name"]: page.of(each).get("value", "") for each in page.all("input", type="number")}
    client.post(path, {"save": "1", **shown, "people_parents": "8"})
    assert exact_total() == 10
    GroupPledge.objects.update(confirmed_at=timezone.now() - timedelta(days=31))
    assert "people_parents" not in client.get(path).text
    client.post(path, {"save": "1", "people_parents": "5"})
    assert exact_total() == 10


def test_a_mailbox_that_did_not_send_a_group_is_never_written_to_again(client):
    [path] = links_in(send(client), "group_block")
    assert client.get(path).status_code == 200 and GroupPledge.objects.exists()
    client.post(path)
    assert not GroupPledge.objects.exists()
    client.post(PATHS["sq"], group_data())
    run_worker()
    assert not GroupPledge.objects.exists() and len(mail.outbox) == 1


def test_switching_the_language_keeps_the_input(client):
    page = Document(client.post(PATHS["en"], group_data(switch="1", people_children="31", kind="club")))
    assert Document.of(page.one("input", name="people_children"))["value"] == "31"
    assert not page.all("p", **{"class": "error"})
    assert tally.read().total == 0


def test_what_pages_say_about_a_link_is_true_of_groups(client):
    path = links.path(Purpose.GROUP_MANAGE, make_group("approved"), "en")
    # The link of a pledge shows nothing after a day; that of a group does not age.
    assert "Anyone who has the link can open this page." in Document(client.get(path)).words()
    client.post(path, {"withdraw": "1"})
    document = Document(client.get(path))
    page = document.words(document.one("main"))
    # A pledge’s new link is asked for by email; a group has no such page.
    assert "please send the form again" in page and "Manage my pledge" not in page


QUEUE = "/admin/pledges/grouppledge/"


@pytest.fixture
def staff_client(client):
    sign_in(client, make_staff("view_grouppledge", "change_grouppledge", "see_people"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


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
