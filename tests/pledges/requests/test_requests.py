"""Requests under the law: as staff answer them, what the mails say, and in the database: days, keys, restriction, restores."""

import json
import re
import time
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pledges.crypto import links
from pledges.inbox.submissions import settle, submit
from pledges.models import (
    BlockedAddress,
    DataRequest,
    Disclosure,
    Enquiry,
    Export,
    GroupPledge,
    Joining,
    Message,
    Pledge,
    ReturnedMailbox,
    Submission,
    Tombstone,
    Unreadable,
)
from pledges.requests import held
from pledges.requests.models import ANSWER_KINDS
from pledges.supporters.querysets import KEEP_PERIOD
from staff.models import Entry
from staff.roles import Role
from tests import tally
from tests.clock import let_time_pass
from tests.commitments import choose, commitment_of
from tests.data_requests import make_request, page_of
from tests.enquiries import DISCLOSURE, FORMS, QUESTION, enquiry_data, make_disclosure, make_enquiry
from tests.factories import (
    keep_house,
    make_inviter,
    make_pledge,
    make_submission,
    run_worker,
    settle_all,
    sign_in,
    work,
)
from tests.organisations import make_joining
from tests.pages import words_of
from tests.pledges.backups.older_backup import restore
from tests.pledges.groups.made import make_group
from tests.staff.accounts.test_accounts import make_account
from tests.threads import at_once
from tests.voices import make_voice
from tests.wall import DECIDED

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ADDRESS = "drita@shembull.al"
NAMES = ("Drita", "drita", "Zamira")


def test_the_answer_is_due_thirty_days_after_the_day_it_reached_us_and_nobody_sets_another_day():
    day = timezone.localdate() - 31 * DAY
    request = make_request(received_on=day)
    assert (request.due_on, request.days_left) == (day + 30 * DAY, -1)
    assert set(DataRequest.objects.overdue()) == {request}
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("UPDATE pledges_datarequest SET due_on = current_date")
    assert request.close("data_copy") and not DataRequest.objects.overdue().exists()


def test_it_is_closed_once_and_only_after_the_identity_was_checked():
    request = make_request(identity="")
    assert not request.close("data_copy") and not Message.objects.exists()
    assert [request.check_identity("document"), request.check_identity("document")] == [True, False]
    assert [request.close("data_copy"), request.close("data_copy"), request.close(refusal="unclear")] == [
        True,
        False,
        False,
    ]
    assert Message.objects.get().request == request
    # Without anything to show, no identity is needed.
    assert make_request(identity="").close("data_none") and make_request(identity="").close(refusal="identity")


def test_an_answer_goes_out_in_the_language_of_the_person_and_quotes_nothing(mailoutbox):
    for kind in [*ANSWER_KINDS, "data_no"]:
        request = make_request(language="en", name="Drita Kola")
        request.close(kind, refusal="unclear" if kind == "data_no" else "")
        run_worker()
        mail = mailoutbox.pop()
        assert mail.to == [ADDRESS] and "Drita" not in mail.body and ADDRESS not in mail.body
        assert "Hello." in mail.body and ("You did not answer" in mail.body) == (kind == "data_no")
        let_time_pass(DAY)


def test_the_person_stays_until_the_request_is_answered():
    make_request()
    let_time_pass(400 * DAY)
    keep_house()
    assert DataRequest.objects.get().address == ADDRESS


def test_every_model_with_an_address_is_in_the_search():
    """A new model with a digest, a ciphertext or an address fails here until the search finds it, or a reason stands here."""
    reasons = {
        "Answer": "found with its enquiry",
        "ReferralLink": "found with its pledge",
        "Attempt": "a network, for ten minutes",
        "SlowLane": "a network, for an hour",
        **dict.fromkeys(["ProtectionUnit", "Municipality", "Demand"], "the public address of an office"),
        "UsedChallenge": "a number, of no person",
    }
    marks = ("_cipher", "address_digest", "mailbox_digest", "_digest", "digest", "email")
    found = {
        model._meta.concrete_model.__name__
        for app in ("pledges", "campaign", "staff")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if field.concrete and (field.name.endswith(marks) or isinstance(field, models.EmailField))
    }
    everything()
    searched = {type(each.row)._meta.concrete_model.__name__ for each in held.held_about("drita@gmail.com")}
    assert found - searched == set(reasons)


def everything(address="Dri.ta+zotim@Gmail.com"):
    """A row of every part for this mailbox."""
    pledge, _link = make_inviter("Drita Kola", address)
    make_pledge("Besa Kola", address)
    Message.queue(Message.Kind.COUNTED, pledge)
    make_pledge("Artan Hoxha", "artan@shembull.al", state="confirmed").request_new_address(address)
    make_group(address=address), make_joining(address=address), make_voice(address=address)
    make_enquiry(address=address), make_disclosure(address=address)
    Message.queue_last(Message.Kind.MOVED, address, "sq")
    run_worker()
    Message.queue_last(Message.Kind.MOVED, address, "sq")
    make_submission("Vera Kola", address)
    make_pledge("Teuta Lala", "dritaa@shembull.al")
    make_account(address.lower(), "editor", "Drita")
    BlockedAddress.objects.add(address)
    ReturnedMailbox.objects.add(address)
    make_request(address)


def test_every_part_is_found_by_any_spelling():
    everything()
    found = held.held_about(" D.R.I.T.A+lajme@GOOGLEMAIL.com ")
    assert {each.part.key for each in found} == {part.key for part in held.PARTS}
    assert sum(each.part.key == "pledges" for each in found) == 2
    assert held.held_about("dritan@gmail.com") == []


def test_the_search_reads_neither_all_messages_nor_all_pledges():
    everything()
    with CaptureQueriesContext(connection) as queries:
        held.held_about("drita@gmail.com")
    with connection.cursor() as cursor:
        # The tables are small: this shows whether an index could be used.
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in queries.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert not re.search("Seq Scan on pledges_(message|pledge) ", plan), plan


def test_nothing_is_sent_about_a_restricted_pledge_by_any_path(mailoutbox):
    pledge = make_pledge("Drita Kola", ADDRESS, state="confirmed", updates=True)
    waiting = Message.queue(Message.Kind.COUNTED, pledge)
    choose(pledge, commitment_of(), remind_at=timezone.now(), day=timezone.localdate())
    held.restrict(ADDRESS, [str(pledge.pk)])
    assert Message.queue(Message.Kind.LINKS, pledge) is None
    Message.objects.create(kind="links", pledge=pledge, language="sq")
    make_submission("Drita Kola", ADDRESS)
    settle_all()
    let_time_pass(KEEP_PERIOD + DAY)
    work()
    assert mailoutbox == [] and not Message.objects.filter(pk=waiting.pk).exists()
    pledge.refresh_from_db()
    # No question was counted as asked, and nothing is erased meanwhile.
    assert pledge.keep_asked_at is None and pledge.name == "Drita Kola"
    held.restrict(ADDRESS, [str(pledge.pk)], lift=True)
    work()
    assert [mail.to for mail in mailoutbox] == [[ADDRESS]]


def test_the_other_person_of_the_mailbox_gets_their_link_without_the_restricted_one(mailoutbox):
    restricted = make_pledge("Drita Kola", ADDRESS, state="confirmed")
    make_pledge("Besa Kola", ADDRESS, state="confirmed")
    let_time_pass(timedelta(minutes=2))
    held.restrict(ADDRESS, [str(restricted.pk)])
    assert submit(Submission(kind="links").seal(email=ADDRESS))
    settle_all()
    run_worker()
    [mail] = mailoutbox
    assert "Besa Kola" in mail.body and "Drita" not in mail.body
    make_submission("Vera Kola", ADDRESS)
    let_time_pass(timedelta(minutes=2))
    settle_all()
    run_worker()
    assert "Besa Kola" in mailoutbox[1].body and "Drita" not in mailoutbox[1].body


def test_what_is_restricted_gets_no_email_and_is_not_erased(mailoutbox):
    group, joining, enquiry = (make(address=ADDRESS) for make in (make_group, make_joining, make_enquiry))
    held.restrict(ADDRESS, [str(row.pk) for row in (group, joining, enquiry)])
    assert group.refuse("number") and joining.refuse("unknown")
    assert not Enquiry.objects.inbox().exists() and not enquiry.answer("Ja.", None)
    let_time_pass(400 * DAY)
    work()
    assert mailoutbox == [] and GroupPledge.objects.get().name and Joining.objects.get().name
    assert Enquiry.objects.exists()
    held.restrict(ADDRESS, [str(enquiry.pk)], lift=True)
    keep_house()
    assert not Enquiry.objects.exists()


@pytest.mark.parametrize(("make", "kind"), [(make_group, "group_links"), (make_joining, "join_links")])
def test_the_links_of_an_address_come_without_the_restricted_group_or_organisation(make, kind, mailoutbox):
    older = make("confirmed", address=ADDRESS)
    newer = make("confirmed", address=ADDRESS)
    let_time_pass(timedelta(minutes=2))
    held.restrict(ADDRESS, [str(newer.pk)])
    assert submit(Submission(kind="links").seal(email=ADDRESS))
    settle_all()
    assert [(each.kind, each.about) for each in Message.objects.queued()] == [(kind, older)]


def test_a_restricted_name_is_neither_on_the_wall_nor_exported_and_the_total_stays():
    values = {"state": "confirmed", "show_name": True, "wall": "shown", "wall_at": DECIDED, "updates": True}
    pledge = make_pledge("Drita Kola", ADDRESS, **values)
    held.restrict(ADDRESS, [str(pledge.pk)])
    assert not Pledge.objects.on_the_wall().exists() and not Pledge.objects.awaiting_wall_review().exists()
    for content in Export.Content:
        assert not Export(content=content).chosen(Pledge.objects.all()).exists()
    assert Pledge.objects.confirmed().count() == 1 == tally.exact_total()
    held.restrict(ADDRESS, [str(pledge.pk)], lift=True)
    assert Pledge.objects.on_the_wall().get() == pledge


def test_an_erasure_leaves_only_what_it_says_and_the_numbers_of_the_group():
    everything()
    group = GroupPledge.objects.get()
    address = "drita@gmail.com"
    ids = [each.key for each in held.held_about(address)]
    held.erase(address, ids)
    assert {each.part.key for each in held.held_about(address)} == {
        "disclosures",
        "limits",
        "requests",
        "accounts",
        "emails",
    }
    # The last email about the pledge, about the other one, and about the organisation.
    last = [each.row for each in held.held_about(address) if each.part.key == "emails"]
    assert sorted(message.kind for message in last) == ["join_out", "withdrawn", "withdrawn"]
    group.refresh_from_db()
    assert group.name is None and group.people
    assert Pledge.objects.get(state="confirmed").new_address is None
    held.erase(address, ids, with_disclosures=True)
    assert not Enquiry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_something_is_erased_no_form_is_settled_and_a_settled_one_is_found_by_its_number():
    form = make_submission("Drita Kola", ADDRESS)
    ids = [each.key for each in held.held_about(ADDRESS)]
    settle_all()
    [pledge] = held.erase(ADDRESS, ids)
    assert pledge.row.pk == form.pk and not Pledge.objects.exists() and not Submission.objects.exists()
    make_submission("Besa Kola", "besa@shembull.al")
    with transaction.atomic():
        held.erase(ADDRESS, ids)
        assert at_once(settle) == [0]
    assert settle() == 1


def test_an_erasure_is_not_undone_by_the_restore_of_an_older_backup():
    pledge = make_pledge("Drita Kola", ADDRESS, state="confirmed")
    rows = [
        pledge,
        make_group(address=ADDRESS),
        make_joining("approved", address=ADDRESS),
        make_enquiry(address=ADDRESS),
        make_request(address=ADDRESS),
    ]
    Tombstone.objects.all().delete()
    held.erase(ADDRESS, [each.key for each in held.held_about(ADDRESS)])
    DataRequest.objects.all().delete()
    Message.objects.all().delete()
    restore(rows, *NAMES)
    assert not Pledge.objects.exists() and not Enquiry.objects.exists() and not DataRequest.objects.exists()
    assert GroupPledge.objects.get().name is None and Joining.objects.get().name is None


@pytest.mark.parametrize("lift", [False, True])
def test_a_restriction_and_its_end_outlive_a_restore(lift):
    rows = [make_pledge("Drita Kola", ADDRESS), make_group(address=ADDRESS)]
    rows += [make_joining(address=ADDRESS), make_enquiry(address=ADDRESS), make_voice(address=ADDRESS).owner]
    ids = [str(row.pk) for row in rows]
    if lift:
        held.restrict(ADDRESS, ids)
        for row in rows:
            row.refresh_from_db()
    Tombstone.objects.all().delete()
    held.restrict(ADDRESS, ids, lift=lift)
    restore(rows, *NAMES)
    for row in rows:
        row.refresh_from_db()
        assert (row.restricted_at is None) == lift, row


CANNOT = "Some of these cannot be restricted, or are already."


@pytest.fixture
def manager(client):
    """A client of a pledge manager, while there is a safeguarding lead."""
    make_account("mbrojtja@shembull.al", Role.SAFEGUARDING, "Mbrojtja")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return sign_in(client, make_account("besa@shembull.al", Role.PLEDGES, "Besa"))


def press(client, request, button, rows=(), sure=False, **data):
    """Press a button of the page of a request, with these rows ticked; returns the page after it."""
    sent = {
        button: "1",
        "row": [str(getattr(row, "pk", row)) for row in rows],
        **({"sure": "yes"} if sure else {}),
        **data,
    }
    return client.post(page_of(request), sent, follow=True)


def test_story_a_request_from_another_spelling_is_found_copied_erased_and_answered(client, manager, mailoutbox):
    pledge = make_pledge("Drita Kola", "Dri.Ta@gmail.com", state="confirmed")
    group = make_group("approved", address="drita@gmail.com")
    form = enquiry_data(text="Dua t’i fshini të dhënat e mia.", name="Drita", email="d.rita+letra@googlemail.com")
    client.post(FORMS["sq"]["data"], form)
    settle_all()
    [enquiry] = Enquiry.objects.all()
    opened = manager.post(f"/admin/pledges/enquiry/{enquiry.pk}/change/", {"record": "1", "request_kind": "erasure"})
    [request] = DataRequest.objects.all()
    assert opened.url == page_of(request) and request.language == "sq"
    assert request.due_on == timezone.localdate() + timedelta(days=30)
    page = manager.get(opened.url)
    assert "Dri.Ta" not in page.text and "30 days left" in page.text
    assert str(pledge) in page.text and group.institution in page.text
    # Nothing happens before the identity is checked.
    assert "First choose how we know who is asking." in words_of(press(manager, request, "erase", [pledge], sure=True))
    assert Pledge.objects.exists()
    press(manager, request, "check", identity="mailbox")
    copy = press(manager, request, "json", [pledge, enquiry])
    data = json.loads(copy.content)
    assert data["pledges"][0]["address"] == "Dri.Ta@gmail.com"
    assert data["messages_to_the_team"][0]["text"] == "Dua t’i fshini të dhënat e mia." and "groups" not in data
    said = words_of(press(manager, request, "erase", [pledge, enquiry, group]))
    for sentence in ("The email “your pledge has been erased” goes out.", "The people of the group still count."):
        assert sentence in said
    assert Pledge.objects.exists() and Enquiry.objects.exists()
    assert "3 entries erased." in words_of(press(manager, request, "erase", [pledge, enquiry, group], sure=True))
    assert not Pledge.objects.exists() and not Enquiry.objects.exists() and GroupPledge.objects.get().name is None
    press(manager, request, "answer", kind="data_erased")
    run_worker()
    # To each address as it was typed.
    assert [mail.to for mail in mailoutbox] == [["Dri.Ta@gmail.com"], ["d.rita+letra@googlemail.com"]]
    assert "Dua" not in mailoutbox[1].body and "I fshimë." in mailoutbox[1].body
    request.refresh_from_db()
    assert (request.state, request.enquiry) == ("answered", None)
    record = list(Entry.objects.values_list("action", "subject_ids", "details"))
    for named in ("drita", "rita", "Kola"):
        assert named not in str(record)
    assert {action for action, _ids, _details in record} >= {"look", "change", "export", "erase"}
    assert any(action == "erase" and pledge.pk in ids for action, ids, _details in record)


def test_the_copy_to_print_is_in_the_language_of_the_person_and_has_all_they_can_read(manager):
    pledge = make_pledge("Drita Kola", ADDRESS, state="confirmed", language="sq")
    enquiry = make_enquiry(address=ADDRESS, text="<b>Kush</b> i sheh?")
    enquiry.answer("Vetëm ne.", None)
    rows = [each.row for each in held.held_about(ADDRESS)]
    page = press(manager, make_request(language="sq"), "copy", rows)
    assert '<html lang="sq" ' in page.text and "<b>Kush</b>" not in page.text and " style=" not in page.text
    words = words_of(page)
    for text in ("Drita Kola", ADDRESS, "Vetëm ne.", "<b>Kush</b> i sheh?", pledge.wording.in_language("sq")[:40]):
        assert text in words
    assert "The data that we hold about you" not in words
    assert bytes(pledge.address_digest).hex() not in page.text


def test_who_may_not_read_disclosures_does_not_learn_whether_there_is_one(manager, client):
    request = make_request(kind="erasure")
    without = words_of(manager.get(page_of(request)))
    disclosure = make_disclosure(address=ADDRESS)
    client.post(FORMS["sq"]["press"], enquiry_data(text=DISCLOSURE["sq"], email=ADDRESS))
    page = manager.get(page_of(request))
    words = words_of(page)
    assert "the lead must look too" in words and "Nothing, except this request." in words
    assert words == without
    assert str(disclosure.pk) not in page.text and "prek" not in page.text
    for button in ("json", "copy", "erase", "restrict"):
        response = press(manager, request, button, [disclosure], sure=True)
        assert "Choose what it is about." in words_of(response)
    assert Disclosure.objects.exists()
    # While there is no lead, administrators see and erase it.
    make_account("admin@shembull.al", Role.ADMINISTRATOR, "Admin")
    lead = make_account("x@shembull.al", Role.SAFEGUARDING, "X")
    type(lead).objects.safeguarding_leads().update(is_active=False)
    sign_in(manager, type(lead).objects.get(email="admin@shembull.al"))
    assert (
        json.loads(press(manager, request, "json", [disclosure]).content)["disclosures"][0]["text"] == DISCLOSURE["sq"]
    )
    press(manager, request, "erase", [disclosure], sure=True)
    assert not Disclosure.objects.exists()


def test_the_pledge_of_another_person_of_the_mailbox_is_not_ticked(manager):
    pledges = [make_pledge(name, ADDRESS, state="confirmed") for name in ("Drita Kola", "Agim Kola")]
    Message.queue(Message.Kind.COUNTED, pledges[1])
    request = make_request()
    page = manager.get(page_of(request))
    assert "Several people have signed with this address." in words_of(page) and " checked" not in page.text
    data = json.loads(press(manager, request, "json", pledges[:1]).content)
    assert [row["name"] for row in data["pledges"]] == ["Drita Kola"] and "Agim" not in str(data)


def test_restricting_and_lifting_are_in_the_record(manager):
    pledge, enquiry = make_pledge("Drita Kola", ADDRESS, state="confirmed"), make_enquiry(address=ADDRESS)
    BlockedAddress.objects.add(ADDRESS)
    block, request = BlockedAddress.objects.get(), make_request(kind="restriction")
    page = press(manager, request, "restrict", [pledge, enquiry, block])
    assert "2 entries restricted." in words_of(page) and CANNOT in words_of(page), "a block cannot be"
    assert CANNOT in words_of(press(manager, request, "restrict", [pledge]))
    assert words_of(manager.get(page_of(request))).count("restricted") >= 2
    asked = words_of(press(manager, request, "lift", [pledge]))
    assert "What is past its time is erased." in asked
    pledge.refresh_from_db()
    assert pledge.restricted_at
    assert "1 entry is used again." in words_of(press(manager, request, "lift", [pledge], sure=True))
    steps = [entry.details["step"] for entry in Entry.objects.filter(details__has_key="step").order_by("pk")]
    assert steps == ["restrict", "lift"]


def test_a_restricted_supporter_is_not_offered_a_link_that_never_comes(client):
    pledge = make_pledge("Drita Kola", ADDRESS, state="confirmed")
    held.restrict(ADDRESS, [str(pledge.pk)])
    page = client.get(links.path(links.Purpose.MANAGE, pledge, language="en", issued_at=int(time.time()) - 2 * 86400))
    assert "Email me a new link" not in page.text and "Withdraw and erase" in page.text


def test_a_request_by_phone_is_added_and_shows_what_is_held(manager):
    make_pledge("Drita Kola", "drita@gmail.com")
    today = timezone.localdate()
    data = {"kind": "access", "email": "D.rita@Gmail.com", "language": "en", "received_on": today}
    for wrong, words in (
        ({"email": "drita"}, "Enter an email address in the correct format"),
        ({"received_on": today + timedelta(days=1)}, "Enter today or an earlier day."),
    ):
        page = manager.post("/admin/pledges/datarequest/add/", data | wrong)
        assert words in words_of(page) and not DataRequest.objects.exists()
    page = manager.post("/admin/pledges/datarequest/add/", data, follow=True)
    [request] = DataRequest.objects.all()
    assert page.redirect_chain[-1][0] == page_of(request) and "What we hold about this address" in words_of(page)
    assert "Drita Kola" not in page.text and request.name == ""


def test_an_address_at_which_nothing_is_held_is_told_so_and_needs_no_identity(manager, mailoutbox):
    request = make_request("askush@shembull.al", identity="")
    assert "Nothing, except this request." in words_of(manager.get(page_of(request)))
    assert "First choose how we know who is asking." in words_of(press(manager, request, "answer", kind="data_copy"))
    press(manager, request, "answer", kind="data_none")
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["askush@shembull.al"]]


def test_nothing_is_held_is_not_answered_where_something_is(manager):
    make_pledge("Drita Kola", ADDRESS)
    request = make_request(identity="")
    assert "We hold something about this address." in words_of(press(manager, request, "answer", kind="data_none"))
    request.refresh_from_db()
    assert (request.state, request.identity) == ("open", "")


def test_the_list_and_the_front_page_say_what_is_overdue(manager):
    day = timezone.localdate()
    for days, kind in ((40, "access"), (30, "erasure"), (1, "correction")):
        make_request(received_on=day - timedelta(days=days), kind=kind)
    words = words_of(manager.get("/admin/pledges/datarequest/"))
    assert words.index("overdue by 10 days") < words.index(": today") < words.index("29 days left")
    front = words_of(manager.get("/admin/"))
    assert "1 request about personal data is overdue" in front
    DataRequest.objects.filter(kind="access").delete()
    assert "2 requests about personal data to answer" in words_of(manager.get("/admin/"))


def test_a_request_is_refused_with_a_reason_and_only_with_one(manager, mailoutbox):
    request = make_request(identity="")
    assert "Choose the reason." in words_of(press(manager, request, "refuse", refusal="because"))
    request.check_identity("document")
    assert "Choose the answer." in words_of(press(manager, request, "answer", kind="data_no"))
    press(manager, request, "refuse", refusal="identity")
    run_worker()
    assert "Nuk mundëm të vërtetonim se të dhënat janë tuajat." in mailoutbox[0].body
    request.refresh_from_db()
    assert (request.state, request.refusal) == ("refused", "identity")


def test_a_blocked_mailbox_gets_no_answer_by_email(manager, mailoutbox):
    BlockedAddress.objects.add(ADDRESS)
    request = make_request()
    assert "no email goes out" in words_of(manager.get(page_of(request)))
    press(manager, request, "otherwise")
    run_worker()
    request.refresh_from_db()
    assert mailoutbox == [] and request.state == "answered"


def test_a_message_is_recorded_once_and_not_after_it_was_erased(manager):
    enquiry = make_enquiry(address=ADDRESS, purpose="data")
    path, data = f"/admin/pledges/enquiry/{enquiry.pk}/change/", {"record": "1", "request_kind": "access"}
    first, second = manager.post(path, data), manager.post(path, data)
    assert first.url == second.url and DataRequest.objects.count() == 1
    assert "No request was recorded" in words_of(manager.post(path, {"record": "1", "request_kind": "all"}))
    assert f"A copy of their data, {DataRequest.objects.get()}" in words_of(manager.get(path))
    enquiry.delete()
    gone = words_of(manager.post(path, data, follow=True))
    assert "doesn’t exist" in gone and DataRequest.objects.count() == 1
    assert DataRequest.from_enquiry(enquiry, "access") is None


def test_what_a_colleague_has_erased_meanwhile_changes_nothing(manager):
    pledge = make_pledge("Drita Kola", ADDRESS)
    other = make_enquiry(address=ADDRESS)
    request = make_request()
    pledge.withdraw()
    assert "Choose what it is about." in words_of(press(manager, request, "erase", [pledge], sure=True))
    assert "1 entry erased." in words_of(press(manager, request, "erase", [pledge, other], sure=True))
    request.close("data_erased")
    assert "it has changed in the meantime" in words_of(press(manager, request, "answer", kind="data_copy"))
    assert list(Message.objects.filter(request=request).values_list("kind", flat=True)) == ["data_erased"]


@pytest.mark.django_db(transaction=True)
def test_two_erasures_at_once_send_one_last_email():
    pledge = make_pledge("Drita Kola", ADDRESS)
    ids = [str(pledge.pk)]
    counts = at_once(lambda: len(held.erase(ADDRESS, ids)), lambda: len(held.erase(ADDRESS, ids)))
    assert sorted(counts) == [0, 1] and Message.objects.filter(kind="withdrawn").count() == 1


def test_where_one_row_cannot_be_read_nothing_is_erased(manager):
    pledge, enquiry = make_pledge("Drita Kola", ADDRESS), make_enquiry(address=ADDRESS)
    Pledge.objects.filter(pk=pledge.pk).update(address_cipher=b"\x00" * 40)
    request = make_request()
    assert "Nothing has been changed." in words_of(press(manager, request, "erase", [enquiry, pledge], sure=True))
    assert Pledge.objects.exists() and Enquiry.objects.exists() and Unreadable.objects.exists()
    # A copy has the rest.
    assert (
        json.loads(press(manager, request, "json", [enquiry]).content)["messages_to_the_team"][0]["text"]
        == QUESTION["sq"]
    )


def test_a_request_whose_person_is_erased_has_a_page(manager):
    make_pledge("Drita Kola", ADDRESS)
    request = make_request()
    request.close("data_copy")
    let_time_pass(timedelta(days=31))
    DataRequest.objects.due_to_be_erased().erase_person()
    page = manager.get(page_of(request))
    assert page.status_code == 200 and ADDRESS not in page.text and "drita" not in page.text.lower()


def test_a_request_whose_own_address_no_key_opens_shows_its_page(manager):
    request = make_request()
    DataRequest.objects.update(address_cipher=b"\x00" * 40)
    page = manager.get(page_of(request))
    assert page.status_code == 200 and "cannot be decrypted" in words_of(page)
    assert Unreadable.objects.get().place == f"request.address.{request.pk}"


def test_the_own_file_has_what_the_mailbox_knows_and_neither_text_nor_disclosure_nor_the_other_person(client):
    pledge = make_pledge("Drita Kola", ADDRESS, state="confirmed")
    agim = make_pledge("Agim Kola", ADDRESS, state="confirmed")
    Message.queue(Message.Kind.LINKS, agim)
    run_worker()
    answered = make_enquiry(address=ADDRESS, text="Kush i sheh?")
    answered.answer("Vetëm ne.", None)
    make_enquiry(address=ADDRESS, text="Ende pa përgjigje.")
    make_disclosure(address=ADDRESS)
    group = make_group("approved", address=ADDRESS)
    make_joining("submitted", address=ADDRESS)
    data = client.get(links.path(links.Purpose.DATA, pledge)).json()
    rest = data["also_at_this_address"]
    assert [row["id"] for row in rest["messages_to_the_team"]] == [str(answered.pk)]
    assert [row["id"] for row in rest["groups"]] == [str(group.pk)]
    assert set(rest) == {"messages_to_the_team", "groups"} and data["not_in_this_file"]
    for text in ("Kush i sheh", "Vetëm ne", "Ende", "prek", "Agim"):
        assert text not in json.dumps(data, ensure_ascii=False)
