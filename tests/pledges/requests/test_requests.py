"""Requests under the law in the database: days, keys, retention, restriction, and what a restore brings back."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pledges.inbox.submissions import settle, submit
from pledges.models import (
    BlockedAddress,
    DataRequest,
    Enquiry,
    Export,
    GroupPledge,
    Joining,
    Message,
    Pledge,
    ReturnedMailbox,
    Submission,
    Tombstone,
)
from pledges.requests import held
from pledges.requests.models import ANSWER_KINDS
from pledges.supporters.querysets import KEEP_PERIOD
from tests import tally
from tests.clock import let_time_pass
from tests.commitments import choose, commitment_of
from tests.data_requests import make_request
from tests.enquiries import make_disclosure, make_enquiry
from tests.factories import keep_house, make_inviter, make_pledge, make_submission, run_worker, settle_all, work
from tests.organisations import make_joining
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
