"""Requests under the law as staff answer them: found, copied, corrected, restricted, erased, and the mails that go out."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from pledges.crypto import links
from pledges.models import BlockedAddress, DataRequest, Disclosure, Enquiry, GroupPledge, Message, Pledge, Unreadable
from pledges.requests import held
from staff.models import Entry
from staff.roles import Role
from tests.clock import let_time_pass
from tests.data_requests import make_request, page_of
from tests.enquiries import DISCLOSURE, FORMS, QUESTION, enquiry_data, make_disclosure, make_enquiry
from tests.factories import make_pledge, run_worker, settle_all, sign_in
from tests.organisations import make_joining
from tests.pages import words_of
from tests.pledges.groups.made import make_group
from tests.staff.accounts.test_accounts import make_account

pytestmark = pytest.mark.django_db
ADDRESS = "drita@shembull.al"
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
