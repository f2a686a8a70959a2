"""The history: one list of what staff did, in sentences, for each account what concerns it."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from campaign.models import Page
from pledges.models import Batch, Disclosure, GroupPledge, PledgingSettings
from staff.models import Entry
from staff.roles import Role
from tests.data_requests import make_request
from tests.enquiries import make_disclosure, make_enquiry
from tests.factories import make_pledge, sign_in
from tests.pages import Document
from tests.pledges.groups.made import make_group
from tests.staff.accounts.test_accounts import make_account
from tests.staff.forms import save

pytestmark = pytest.mark.django_db

LIST = "/admin/staff/entry/"


def client_of(role, name=None):
    """A client signed in with this role."""
    name = name or role.capitalize()
    return sign_in(Client(), make_account(f"{name.lower().replace(' ', '.')}@shembull.al", role, name))


@pytest.fixture
def zana():
    return client_of(Role.ADMINISTRATOR, "Zana Hoxha")


@pytest.fixture
def besa():
    return client_of(Role.EDITOR, "Besa Kola")


def page_of(client, language="en", **query):
    response = client.get(LIST, query, headers={"accept-language": language})
    assert response.status_code == 200
    return response


def lines(client, language="en", **query):
    """[(who, what)] of the first page of the history, without the sign-ins of the tests."""
    found = page_of(client, language, **query).context["cl"].result_list
    return [(entry.who, entry.what) for entry in found if entry.action != "sign_in"]


def kind_of(model):
    return ContentType.objects.get_for_model(model, for_concrete_model=False).pk


def links(client, number=0):
    """{label: path} of one line."""
    return dict(page_of(client).context["cl"].result_list[number].links)


# Sentences and links


def test_a_change_is_a_sentence_in_the_language_of_the_reader(zana, besa):
    page = Page.objects.get(key="about")
    save(besa, page, title_sq="Ne", title_en="Us", lead_en="One sentence.")
    save(zana, PledgingSettings.load(), state="paused", message_sq="Nesër.", message_en="Tomorrow.")
    assert lines(zana) == [
        ("Zana Hoxha", "changed the settings “Signing settings”: state, message (Albanian, English)"),
        ("Besa Kola", "changed the page “Us”: title (Albanian, English), lead (English)"),
    ]
    assert lines(zana, "sq") == [
        ("Zana Hoxha", "ndryshoi „Cilësimet e zotimit” (cilësime): gjendja, mesazh (Shqip, Anglisht)"),
        ("Besa Kola", "ndryshoi „Ne” (faqe): titulli (Shqip, Anglisht), hyrja (Anglisht)"),
    ]


def test_a_batch_is_one_line_with_its_undo(zana):
    ids = [str(make_pledge(state="confirmed").pk) for _ in range(5)]
    zana.post("/admin/pledges/pledge/", {"action": "invalidate", "_selected_action": ids, "sure": "yes"})
    batch = Batch.objects.get()
    assert lines(zana) == [("Zana Hoxha", f"invalidated pledges (batch {batch.pk})")]
    [path] = links(zana).values()
    assert f'<a href="{path}">See or undo it</a>' in page_of(zana).text
    zana.post(path, {"undo": "1"})
    assert [what for _who, what in lines(zana)][0] == f"undid the batch {batch.pk}"
    # A second press changes nothing and says nothing.
    zana.post(path, {"undo": "1"})
    assert len(lines(zana)) == 2


# Who sees what


def secrets(zana):
    """What an administrator does with people and messages; yields the names and ids that must not leak."""
    group, enquiry, disclosure, request = make_group(), make_enquiry(), make_disclosure(), make_request()
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    zana.post(f"/admin/pledges/pledge/{pledge.pk}/delete/", {"post": "yes", "asked": "phone"})
    zana.post(f"/admin/pledges/grouppledge/{group.pk}/change/", {"approve": "1", "seen": group.seen})
    zana.post(f"/admin/pledges/enquiry/{enquiry.pk}/change/", {"close": "1"})
    zana.post(f"/admin/pledges/datarequest/{request.pk}/change/", {"answer": "1", "kind": "data_none"})
    Entry.log(None, "look", [pledge.pk], page="list", reason="A reason of Mira")
    disclosure = Disclosure.objects.get(pk=disclosure.pk)
    Entry.log(None, "erase", about=disclosure)
    Entry.log(None, "change", about=disclosure, fields=["state"], passed_at="2026-11-27")
    yield from ("Drita", "A reason of Mira", "group pledge", "enquiry", "disclosure", "request about", "pledge “")
    yield from (str(row.pk)[:8] for row in (group, enquiry, disclosure, request, pledge))


def test_a_writer_learns_nothing_about_people_messages_or_accounts(zana):
    hidden = list(secrets(zana))
    make_account("arta@shembull.al", Role.EDITOR, "Arta")
    Entry.log(None, "account", done="rescued", account=1)
    client = client_of(Role.WRITER)
    assert lines(client) == []
    text = Document(page_of(client)).words()
    assert not [word for word in hidden if word in text.partition("Who did what")[2]]
    # But what they did themselves.
    account = client.get("/admin/").wsgi_request.user
    Entry.log(account, "account", done="password_changed", account=account.pk)
    assert lines(client) == [("Writer", "changed the password")]


def test_a_pledge_manager_sees_the_changes_of_colleagues_and_no_disclosure(zana):
    list(secrets(zana))
    words = " ".join(what for _who, what in lines(client_of(Role.PLEDGES)))
    assert (
        "erased the pledge “" in words
        and "changed the group pledge “" in words
        and "changed the message to us “" in words
    )
    assert "disclosure" not in words and "viewed" not in words
    # Administrators read the record, which has it without the message, and see disclosures only while there is no lead.
    client_of(Role.SAFEGUARDING)
    assert any(who == "the site" and what.startswith("changed the disclosure “") for who, what in lines(zana))


def test_a_message_that_became_a_disclosure_is_no_longer_named(zana):
    mira = client_of(Role.PLEDGES, "Mira Dede")
    enquiry = make_enquiry()
    path = f"/admin/pledges/enquiry/{enquiry.pk}/change/"
    mira.post(path, {"close": "1"})
    zana.post(path, {"alarm": "1"})
    enquiry.refresh_from_db()
    assert enquiry.disclosure_at
    [(who, what)] = lines(mira)
    assert who == "Mira Dede" and what.startswith(f"changed the message to us “{str(enquiry.pk)[:8]}”")
    assert links(mira) == {}
    assert any("disclosure" in what for _who, what in lines(client_of(Role.SAFEGUARDING)))


def test_a_line_has_no_page_of_its_own(besa):
    account = besa.get("/admin/").wsgi_request.user
    Entry.log(account, "account", done="password_changed", account=account.pk)
    path = f"{LIST}{Entry.objects.latest('pk').pk}/"
    for page in ("change", "history", "delete"):
        assert besa.get(f"{path}{page}/").status_code == 403


# Filters


def test_filters_by_person_kind_action_day_and_title(zana, besa):
    save(besa, Page.objects.get(key="about"), title_sq="The Blue Ribbon", title_en="The Blue Ribbon")
    save(zana, PledgingSettings.load(), state="paused", message_sq="Nesër.", message_en="Tomorrow.")
    user = besa.get("/admin/").wsgi_request.user
    pledge = uuid.uuid4()
    Entry.log(user, "look", [pledge], page="list")
    Entry.log(user, "account", done="password_changed", account=user.pk)
    [old] = Entry.log(user, "change", about=Page.objects.first())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE staff_entry SET at = at - interval '20 days' WHERE id = %s", [old.pk])
    assert len(lines(zana)) == 5
    assert {who for who, _what in lines(zana, user=user.pk)} == {"Besa Kola"} and len(lines(zana, user=user.pk)) == 4
    assert len(lines(zana, kind=kind_of(Page))) == 2 and len(lines(zana, kind=kind_of(PledgingSettings))) == 1
    assert len(lines(zana, kind=kind_of(Page), row=Page.objects.get(key="about").pk)) >= 1
    looks = [("Besa Kola", "viewed the personal data of 1 person: seen on: list")]
    assert lines(zana, action__exact="look") == lines(zana, q=str(pledge)) == looks
    assert lines(zana, kind=kind_of(GroupPledge)) == []
    today = timezone.localdate()
    assert len(lines(zana, at_from=today)) == 4
    assert len(lines(zana, at_from=today - timedelta(days=29), at_to=today)) == 5
    assert len(lines(zana, at_to=today - timedelta(days=10))) == 1
    [(_who, what)] = lines(zana, q="ribb blue")
    assert "The Blue Ribbon" in what


def test_the_history_of_one_row_is_the_history_with_its_lines(besa):
    page = Page.objects.get(key="about")
    save(besa, page, title_en="The Blue Ribbon")
    save(besa, Page.objects.exclude(key="about").first(), lead_en="Another page.")
    shown = besa.get(f"/admin/campaign/page/{page.pk}/history/", headers={"accept-language": "en"}, follow=True)
    [line] = shown.context["cl"].result_list
    assert line.what.startswith("changed the page “The Blue Ribbon”")
    assert besa.get("/admin/pledges/pledge/1/history/").status_code == 403


# The entries


def test_many_pledges_are_split_over_entries_of_10_000():
    ids = [uuid.UUID(int=number) for number in range(25_000)]
    Entry.log(None, Entry.Action.EXPORT, ids)
    assert [entry.count for entry in Entry.objects.order_by("pk")] == [10_000, 10_000, 5_000]
    assert Entry.objects.about(ids[-1]).count() == 1


@pytest.mark.parametrize(
    "change", ["UPDATE staff_entry SET user_id = 0", "DELETE FROM staff_entry", "TRUNCATE staff_entry"]
)
def test_the_database_refuses_update_delete_and_truncate(change):
    Entry.log(None, Entry.Action.SIGN_IN)
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        cursor.execute(change)
    assert Entry.objects.count() == 1
