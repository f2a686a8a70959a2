"""What holds for every kind of case: its table of states, its steps, its page, and how staff find it."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.test import Client

from pledges import housekeeping, rotation
from pledges.cases.models import Steps
from pledges.models import Disclosure, Enquiry, GroupPledge, Joining, Message, PaperSheet, Tombstone, Unreadable
from staff.models import Entry
from staff.roles import Role
from tests.data_requests import make_request
from tests.dump import dump
from tests.enquiries import DISCLOSURE, FORMS, enquiry_data, make_disclosure, make_enquiry
from tests.factories import run_worker, settle_all, sign_in
from tests.mailings import make_mailing
from tests.organisations import admit, make_joining
from tests.pages import words_of
from tests.pledges.backups.older_backup import restore
from tests.pledges.desk.pages import change_path
from tests.pledges.groups.made import make_group
from tests.pledges.paper.sheets import make_sheet
from tests.staff.accounts.test_accounts import make_account
from tests.threads import at_once

pytestmark = pytest.mark.django_db
NAME, ADDRESS = "Mira Hoxha", "mira@shembull.al"
OF_PEOPLE = (make_group, make_joining, make_enquiry, make_request)


def kinds(model=Steps):
    """The models with a table of states."""
    for each in model.__subclasses__():
        if not each._meta.abstract and getattr(each, "STATES", None) and not each._meta.proxy:
            yield each
        yield from kinds(each)


def test_no_row_leaves_the_table_of_its_states(subtests):
    make_group(), make_joining(), make_enquiry(), make_request(), make_sheet(), make_mailing()
    for model in kinds():
        [row] = model.objects.all()
        for state, columns in model.STATES.states.items():
            times = {column: Now() for column in columns if column.endswith("_at")}
            for column, empty in model.STATES.empty.items():
                # What the state needs is missing, or a time that it must not have is there.
                if column in columns:
                    wrong = empty
                elif column.endswith("_at") and f"{column}?" not in columns:
                    wrong = Now()
                else:
                    continue
                with (
                    subtests.test(f"{model.__name__} {state} {column}"),
                    pytest.raises(IntegrityError),
                    transaction.atomic(),
                ):
                    model.objects.filter(pk=row.pk).update(state=state, **times | {column: wrong})


@pytest.mark.parametrize(
    ("make", "take"),
    [
        (make_group, lambda row: row.refuse("double")),
        (make_group, lambda row: row.withdraw()),
        (make_joining, lambda row: row.refuse("unknown")),
        (make_joining, lambda row: row.end()),
        (make_enquiry, lambda row: row.close()),
        (make_request, lambda row: row.close("data_copy")),
        (make_sheet, lambda row: row.void("lost")),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_does_it_and_one_message_goes_out(make, take):
    row = make()
    again = type(row).objects.get(pk=row.pk)
    assert sorted(at_once(lambda: take(row), lambda: take(again))) == [False, True]
    assert Message.objects.count() == (0 if isinstance(row, PaperSheet | Enquiry) else 1)


@pytest.fixture
def client():
    return sign_in(Client(headers={"accept-language": "en"}), make_account("besa@shembull.al", Role.PLEDGES, "Besa"))


@pytest.mark.parametrize(
    ("make", "button"),
    [(make_group, "undo"), (make_joining, "undo"), (make_enquiry, "reopen"), (lambda: make_sheet("void"), "void")],
)
def test_a_button_of_another_state_changes_nothing_and_is_not_in_the_record(client, make, button):
    row = make()
    page = client.get(change_path(row))
    assert f'name="{button}"' not in page.text
    answer = client.post(change_path(row), {button: "1", "reason": "lost"})
    assert answer.status_code == 200 and "Nothing was changed" in answer.text
    assert type(row).objects.get(pk=row.pk).state == row.state
    assert not Entry.objects.filter(action="change").exists() and not Message.objects.exists()


def test_what_is_typed_for_one_button_is_there_after_another(client):
    row = make_enquiry()
    page = client.post(
        change_path(row), {"record": "1", "request_kind": "", "text": "Faleminderit. Ju shkruajmë nesër."}
    )
    assert "No request was recorded" in page.text and "Ju shkruajmë nesër." in page.text


def find(client, text):
    return client.post("/admin/pledges/pledge/find/", {"person": text}, follow=True)


def test_cases_are_found_by_name_address_and_number_and_what_was_typed_is_in_no_address(client):
    rows = [make(name=NAME, address=ADDRESS) for make in OF_PEOPLE]
    make_group(name="Agim Hoxha", address="agim@shembull.al")
    for typed in ("hoxha mira", "Mira@shembull.al"):
        answer = find(client, typed)
        links = set(re.findall(r"/admin/pledges/\w+/[0-9a-f-]{36}/change/", answer.text))
        assert links == {change_path(row) for row in rows}, typed
        assert "hoxha" not in answer.request["QUERY_STRING"].lower()
    for row in rows:
        assert change_path(row) in find(client, str(row)).text
        found = client.get(f"/admin/pledges/{row._meta.model_name}/?q={row}")
        assert [each.pk for each in found.context["cl"].result_list] == [row.pk]
        few = client.get(f"/admin/pledges/{row._meta.model_name}/?q={str(row)[:3]}")
        assert few.context["cl"].result_count == 0, "three digits begin too many numbers"


def test_a_disclosure_is_found_by_the_lead_alone(client):
    make_account("lead@shembull.al", Role.SAFEGUARDING, "Drita")
    row = make_disclosure(name=NAME, address=ADDRESS)
    for typed in (NAME, ADDRESS, str(row)):
        assert str(row.pk) not in find(client, typed).text
    assert client.get(f"/admin/pledges/disclosure/?q={row}").status_code == 403
    assert client.get(f"/admin/pledges/enquiry/?q={row}").context["cl"].result_count == 0
    assert Disclosure.objects.named(NAME) == [Disclosure.objects.get()]


def test_a_case_that_no_key_opens_is_not_found_and_hides_no_other(client):
    broken, whole = make_group(name=NAME), make_group(name=NAME)
    GroupPledge.objects.filter(pk=broken.pk).update(name_cipher=b"\x00" * 40)
    assert GroupPledge.objects.named(NAME) == [whole] and not Joining.objects.named(NAME)


@pytest.mark.parametrize("make", [make_group, make_joining, make_request])
def test_a_refusal_in_our_own_words_reaches_the_person_and_ends_with_their_data(client, make, mailoutbox):
    row, words = make(name=NAME, address=ADDRESS, language="sq"), "Shkruani nga adresa e shkollës."
    page = client.post(change_path(row), {"refuse": "1", "refusal": "other", "words": " "})
    assert "Write the reason." in words_of(page) and type(row).objects.get(pk=row.pk).state == row.state
    client.post(change_path(row), {"refuse": "1", "refusal": "other", "words": words})
    assert words in words_of(client.get(change_path(row)))
    run_worker()
    assert words in mailoutbox[0].body and mailoutbox[0].to == [ADDRESS]
    assert words not in str(list(Entry.objects.values_list("details")))
    type(row).objects.erase_person()
    assert type(row).objects.get(pk=row.pk).words is None
    if make != make_request:
        # No address is left to which words could be sent.
        row = make(name=NAME, address=ADDRESS)
        type(row).objects.erase_person()
        client.post(change_path(row), {"refuse": "1", "refusal": "other", "words": words})
        row.refresh_from_db()
        assert (row.state, row.words_cipher) == ("refused", None)


@pytest.mark.parametrize(
    ("make", "approve", "end", "erased_as"),
    # A group goes on counting without its adult; an organisation needs a contact.
    [(make_group, GroupPledge.approve, "withdraw", "approved"), (make_joining, admit, "end", "confirmed")],
)
def test_what_ended_or_was_erased_stays_so_after_a_restore(make, approve, end, erased_as):
    ended, erased, kept, deleted = make(), make(), make(), make("submitted")
    for row in (ended, erased, kept):
        approve(row)
    rows = type(kept).objects
    before = list(rows.all())
    Tombstone.objects.all().delete()
    getattr(ended, end)()
    if erased_as == "confirmed":
        erased.undo()
    rows.filter(pk=erased.pk).erase_person()
    deleted.delete()
    assert restore(before, "shembull", "Mira", "Shkolla") == {rows.model._meta.model_name}
    states = {ended.pk: rows.model.STEPS[end].to, erased.pk: erased_as, kept.pk: "approved"}
    assert dict(rows.values_list("pk", "state")) == states
    assert list(rows.with_person()) == [kept]


@pytest.mark.django_db(transaction=True)
def test_a_dump_has_neither_words_nor_name_nor_address():
    Client().post(FORMS["sq"]["press"], enquiry_data(text=DISCLOSURE["sq"]))
    for make in OF_PEOPLE:
        make(name="Zamira Gazetarja", address="zhgenjyese@gazeta-shembull.al")
    make_enquiry(text="Pyetja zhgënjyese e gazetares").answer("Përgjigjja zhgënjyese", None)
    for _state in ("a form that waits", "settled"):
        stolen = dump().decode()
        for text in ("prek dhe më thotë", "zhgënjyese", "zhgenjyese", "Zamira", "gazeta-shembull"):
            assert text not in stolen and text.encode().hex() not in stolen
        settle_all()


def test_a_reason_and_our_own_words_go_out_together_and_an_undone_refusal_keeps_none(client, mailoutbox):
    group = make_group(language="en")
    group.refuse("number", "Please count again.")
    run_worker()
    body = " ".join(mailoutbox[0].body.split())
    assert "The number does not fit this kind of group." in body and "Please count again." in body
    group.undo()
    assert GroupPledge.objects.get().words_cipher is None


def test_each_transition_happens_once():
    joining = make_joining("submitted")
    assert [joining.confirm(), joining.confirm()] == [True, False]
    assert [joining.refuse("unknown"), joining.refuse("double"), joining.approve()] == [True, False, False]
    assert [joining.undo(), joining.undo()] == [True, False]
    assert [joining.approve(), joining.approve()] == [True, False]
    assert [joining.ask_to_renew(), joining.ask_to_renew()] == [True, False]
    assert [joining.end(), joining.end()] == [True, False]
    assert Message.objects.get().kind == "join_out"


@pytest.mark.parametrize(("make", "name"), [(make_joining, "joining"), (make_group, "group")])
def test_a_contact_that_no_key_opens_raises_the_alarm_until_it_can_be_read_again(make, name):
    row = make()
    rows, cipher = type(row).objects, bytes(row.address_cipher)
    rows.update(address_cipher=bytes([cipher[0] ^ 0xFF]) * 40)
    rotation.renew(type(row))
    assert Unreadable.objects.filter(place=f"{name}.address.{row.pk}").exists()
    rows.update(address_cipher=cipher)
    housekeeping.retry_unreadable()
    assert not Unreadable.objects.exists()
