"""Corrections by staff: which fields can change, who is told, and how a new address is confirmed."""

import pytest

from pledges.models import Message, Pledge, Sector
from staff.models import Entry
from tests import tally
from tests.factories import links_in, make_pledge, make_submission, run_worker
from tests.pages import filled
from tests.pledges.desk.pages import ENGLISH, LIST, PERSON, change_path, save_correction, sign_in_with
from tests.tally import exact_total
from tests.threads import TIMEOUT, begin, held_open

pytestmark = pytest.mark.django_db


def test_corrections_are_saved_and_the_totals_follow(admin_client):
    pledge = make_pledge(sector="parents", show_name=True, **PERSON)
    teachers = Sector.objects.get(slug="teachers")
    page = admin_client.get(change_path(pledge))
    # Only what was changed is written: what the person and a colleague do meanwhile stays.
    pledge.confirm()
    Pledge.objects.update(show_name=False)
    save_correction(admin_client, pledge, name="Drita Kolaj")
    corrected = {"sector": teachers.pk, "county": "AL-01", "language": "en", "updates": "on", "asked": "phone"}
    more = {"state": "pending", "address": "x@shembull.al", "consent": "1", "slot": "2"}
    assert admin_client.post(change_path(pledge), filled(page, **corrected, **more)).status_code == 302
    pledge.refresh_from_db()
    assert (pledge.sector, pledge.county_id, pledge.language, pledge.updates) == (teachers, "AL-01", "en", True)
    assert (pledge.state, pledge.address, pledge.slot) == ("confirmed", PERSON["address"], 1)
    assert (pledge.name, pledge.show_name) == ("Drita Kolaj", False)
    assert {sector.slug: n for sector, n in tally.read().sectors}["teachers"] == exact_total() == 1
    history = admin_client.get(f"{LIST}{pledge.pk}/history/", headers=ENGLISH, follow=True).text
    assert "fields: group, county, language, wants news" in history


def test_an_address_that_looks_misspelt_is_questioned_once(admin_client):
    pledge = make_pledge(state="confirmed", **PERSON)
    page = admin_client.get(change_path(pledge))
    typed = {"new_email": "drita@gmial.com", "asked": "phone"}
    asked = admin_client.post(change_path(pledge), filled(page, **typed), headers=ENGLISH)
    assert "Did you mean drita@gmail.com? If not, save it again." in asked.text
    pledge.refresh_from_db()
    assert pledge.new_address_cipher is None
    assert admin_client.post(change_path(pledge), filled(asked)).status_code == 302
    pledge.refresh_from_db()
    assert pledge.new_address == "drita@gmial.com"


def test_what_cannot_be_saved_is_said_and_the_input_is_kept(admin_client):
    young = make_pledge(sector="youth")
    first, _second = (make_pledge(f"{name} Kola", "kola@shembull.al") for name in ("Drita", "Besnik"))
    for pledge, changes, sentence in (
        (young, {"show_name": "on"}, "Names in this group are never shown."),
        (first, {"name": "Drita Kolaj", "asked": ""}, "Say how the request was made."),
        (first, {"name": "KOLA Besnik"}, "There is already a pledge with this name from this address."),
    ):
        page = save_correction(admin_client, pledge, **changes)
        assert page.status_code == 200 and sentence in page.text and changes.get("name", "") in page.text
    assert not Pledge.objects.filter(show_name=True).exists()
    assert {pledge.name for pledge in Pledge.objects.at_address("kola@shembull.al")} == {"Besnik Kola", "Drita Kola"}
    # Without a change there is no message and no line of the log either.
    assert save_correction(admin_client, first).status_code == 302
    assert not Message.objects.exists() and not Entry.objects.filter(action="change").exists()


def test_a_corrected_name_is_known_by_its_new_digest_and_the_person_is_told(admin_client, mailoutbox):
    pledge = make_pledge(state="confirmed", language="en", **PERSON)
    assert save_correction(admin_client, pledge, name="Drita  Kolaj", county="").status_code == 302
    pledge.refresh_from_db()
    assert (pledge.name, pledge.address, pledge.county) == ("Drita Kolaj", PERSON["address"], None)
    make_submission("Kolaj DRITA", PERSON["address"])
    run_worker()
    assert Pledge.objects.get() == pledge
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == ([PERSON["address"]], "We have updated your details")
    assert "Hello, Drita Kolaj." in mail.body
    assert "County: not given" in mail.body
    assert len(links_in(mail, "manage")) == 1
    [entry] = Entry.objects.filter(action="change")
    assert (entry.subject_ids, entry.details) == ([pledge.pk], {"asked": "phone", "fields": ["name", "county"]})


def test_a_new_address_waits_until_it_is_confirmed_there_and_the_old_one_is_told(admin_client, client, mailoutbox):
    pledge = make_pledge(state="confirmed", language="en", **PERSON)
    save_correction(admin_client, pledge, new_email="drita@tjeter.al")
    pledge.refresh_from_db()
    assert (pledge.address, pledge.new_address) == (PERSON["address"], "drita@tjeter.al")
    run_worker()
    told = {mail.to[0]: mail for mail in mailoutbox}
    assert set(told) == {PERSON["address"], "drita@tjeter.al"}
    assert "You have also given us another address." in told[PERSON["address"]].body
    [link] = links_in(told["drita@tjeter.al"], "new_address")
    client.post(link)
    pledge.refresh_from_db()
    assert (pledge.address, pledge.new_address) == ("drita@tjeter.al", None)
    assert "tjeter" not in str(Entry.objects.values_list("details"))


def test_a_corrected_address_of_a_pending_pledge_gets_all_messages_and_confirms(admin_client, client, mailoutbox):
    pledge = make_pledge(name="Drita Kola", address="drita@gabim.al")
    save_correction(admin_client, pledge, new_email="drita@sakte.al")
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["drita@sakte.al"]]
    client.post(links_in(mailoutbox[0], "new_address")[0])
    run_worker()
    assert exact_total() == 0, "the new address does not confirm the pledge; its own message does"
    assert mailoutbox[1].to == ["drita@sakte.al"]
    client.post(links_in(mailoutbox[1], "confirm")[0])
    assert exact_total() == 1


def test_name_and_address_are_corrected_by_those_only_who_see_them(admin_client, client):
    pledge = make_pledge(**PERSON)
    sign_in_with(client, "view_pledge", "change_pledge")
    save_correction(client, pledge, county="AL-01", name="Tjetër Emër", new_email="x@shembull.al")
    pledge.refresh_from_db()
    assert (pledge.county_id, pledge.name, pledge.new_address) == ("AL-01", "Drita Kola", None)
    Pledge.objects.update(name_cipher=b"\x00" * 40)
    page = admin_client.get(change_path(pledge), headers=ENGLISH)
    assert "cannot be decrypted" in page.text and "new_email" not in page.context["adminform"].form.fields


@pytest.mark.django_db(transaction=True)
def test_a_name_taken_concurrently_is_refused_by_the_database(admin_client):
    first, second = (make_pledge(f"{name} Kola", "kola@shembull.al") for name in ("Drita", "Besnik"))
    second.set_person("Ilir Kola", second.address)
    with held_open(lambda: second.save()):
        saving = begin(lambda: save_correction(admin_client, first, name="Ilir Kola"))
    assert saving.result(TIMEOUT).status_code == 302
    first.refresh_from_db()
    assert first.name == "Drita Kola"
