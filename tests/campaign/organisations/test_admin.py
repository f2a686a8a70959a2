"""Organisations in the admin: the queue of those that join, what is odd about each, the decisions, and the logos."""

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.files.storage import default_storage
from django.test import Client

from campaign.management.commands.demo import invented_logo
from campaign.models import Organisation
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.joinings.models import UNDECIDED_PERIOD
from pledges.models import Joining
from staff.models import Entry
from tests.clock import let_time_pass
from tests.factories import keep_house, make_staff, run_worker, sign_in
from tests.organisations import PAGE, admit, make_entry, make_joining, upload
from tests.pages import Document
from tests.staff.forms import form_errors

pytestmark = pytest.mark.django_db

QUEUE = "/admin/pledges/joining/"
ENTRIES = "/admin/campaign/organisation/"
SENTENCE = "Nuk mundëm të verifikojmë që flisni në emër të kësaj organizate."


@pytest.fixture
def staff_client(client):
    sign_in(client, make_staff("view_joining", "change_joining", "see_people"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def decide(client, joining, button, **values):
    path = f"{QUEUE}{joining.pk}/change/"
    client.get(path)
    seen = Joining.objects.get(pk=joining.pk).seen
    return client.post(path, {button: "1", "seen": seen, **values}, follow=True)


def state_of(joining):
    return Joining.objects.get(pk=joining.pk).state


def test_the_queue_shows_what_waits_and_what_is_odd(staff_client):
    make_joining(organisation="Shkolla Migjeni", address="mira@gmail.com")
    make_joining(organisation="Migjeni")
    make_joining(organisation="Teatri", address="a@tjeter.al")
    make_joining(organisation="Radio", url="", domain="")
    make_joining("submitted", organisation="E pakonfirmuar"), make_joining("refused", organisation="E refuzuar")
    page = staff_client.get(QUEUE).text
    for words in (
        "personal mailbox: gmail.com",
        "similar to another",
        "the address is at tjeter.al",
        "no site to compare",
    ):
        assert words in page
    assert "E pakonfirmuar" not in page and "E refuzuar" not in page
    joining = make_joining(address="mira@posta.shkolla-x.al", domain="shkolla-x.al")
    page = staff_client.get(f"{QUEUE}{joining.pk}/change/").text
    assert "Mira Hoxha" in page and 'class="doubt"' not in page, "a mailbox below the domain of the site is its own"
    assert Entry.objects.filter(action="look", subject_ids=[joining.pk]).exists()


def test_approving_shows_the_entry_and_can_be_undone(staff_client):
    joining = make_joining(organisation="Teatri i Lirë")
    decide(staff_client, joining, "approve", statement_sq="Jemi me ju.", statement_en="We are with you.")
    assert state_of(joining) == "approved" and "Jemi me ju." in staff_client.get(PAGE["sq"]).text
    assert Entry.objects.filter(action="change", subject_ids=[joining.pk], details__state="approved").exists()
    run_worker()
    assert "Teatri i Lirë" in mail.outbox[-1].body
    decide(staff_client, joining, "undo")
    assert state_of(joining) == "confirmed" and "Teatri i Lirë" not in staff_client.get(PAGE["sq"]).text
    decide(staff_client, joining, "approve", entry=Organisation.objects.get(joining=joining).pk)
    assert Organisation.objects.filter(name_sq="Teatri i Lirë").count() == 1


def test_the_answer_to_an_approval_leads_those_who_may_change_it_to_the_entry(staff_client):
    assert ENTRIES not in decide(staff_client, make_joining(), "approve").text
    editor, joining = sign_in(Client(), make_staff(superuser=True)), make_joining()
    page = decide(editor, joining, "approve").text
    link = f'href="{ENTRIES}{Organisation.objects.get(joining=joining).pk}/change/"'
    assert link in page
    decide(editor, joining, "undo")
    page = editor.post(f"{QUEUE}{joining.pk}/change/", {"approve": "1", "seen": "older"}, follow=True).text
    assert state_of(joining) == "confirmed" and link not in page, "it was not approved"


LONG = "a\r\n" * 151 + "b"
# (joining, what is sent, words of the page that comes back whole)
NOT_APPROVED = [
    ({}, {"statement_sq": "Jemi me ju.", "reason": "telefonuam"}, ["in both languages", "Jemi me ju.", "telefonuam"]),
    ({}, {"statement_sq": LONG, "statement_en": "Yes.", "reason": "phoned"}, ["300 characters or fewer", "phoned"]),
    ({"address": "mira@gmail.com"}, {"reason": "p" * 201}, ["200 characters or fewer", "p" * 201]),
    # An address that proves nothing needs a reason.
    ({"address": "mira@gmail.com"}, {}, ["mira@gmail.com"]),
]


def test_what_cannot_be_approved_comes_back_whole(staff_client, subtests):
    for values, sent, words in NOT_APPROVED:
        with subtests.test(words[0]):
            joining = make_joining(**values)
            page = decide(staff_client, joining, "approve", **sent)
            assert state_of(joining) == "confirmed" and [each for each in words if each not in page.text] == []
            typed = Document(page)
            area = typed.one("textarea", id="statement_sq")
            assert typed.words(area) == " ".join(sent.get("statement_sq", "").split())
            assert not typed.of(area).get("maxlength"), "a browser would cut it off"


def test_nobody_approves_an_organisation_that_they_entered(staff_client):
    User.objects.filter(pk=staff_client.session["_auth_user_id"]).update(email="Mira@shkolla-x.al")
    joining = make_joining(address="mira@shkolla-x.al", domain="shkolla-x.al")
    decide(staff_client, joining, "approve")
    assert state_of(joining) == "confirmed"


def test_refusing_needs_a_reason_which_the_contact_reads(staff_client):
    joining = make_joining(language="sq")
    decide(staff_client, joining, "refuse")
    assert state_of(joining) == "confirmed"
    decide(staff_client, joining, "refuse", refusal="unknown")
    assert state_of(joining) == "refused"
    run_worker()
    assert SENTENCE in mail.outbox[-1].body


def test_an_entry_of_staff_can_be_given_to_the_contact_who_joins(staff_client):
    founder = make_entry(name_sq="Fondacioni D", name_en="Foundation D", role="donor", url="https://d.al")
    joining = make_joining(organisation="D Foundation", url="https://www.d.al", domain="d.al", address="a@d.al")
    page = Document(staff_client.get(f"{QUEUE}{joining.pk}/change/"))
    assert page.all("option", value=str(founder.pk))
    decide(staff_client, joining, "approve", entry=founder.pk)
    founder.refresh_from_db()
    assert founder.joining_id == joining.pk and founder.role == "donor" and founder.name_sq == "Fondacioni D"
    assert Organisation.objects.filter(url__contains="d.al").count() == 1


def test_ending_at_the_contacts_request_hides_and_erases(staff_client):
    joining = make_joining(organisation="Teatri i Lirë")
    admit(joining)
    decide(staff_client, joining, "end")
    assert state_of(joining) == "approved", "not without the tick"
    decide(staff_client, joining, "end", asked="on")
    assert state_of(joining) == "ended" and Joining.objects.get(pk=joining.pk).address is None
    assert "Teatri i Lirë" not in staff_client.get(PAGE["sq"]).text


@pytest.mark.slow
def test_staff_add_an_organisation_with_its_logo_and_replace_it(client, django_capture_on_commit_callbacks):
    sign_in(client, make_staff("view_organisation", "add_organisation", "change_organisation"))
    data = {"role": "partner", "kind": "association", "name_sq": "Shoqata Drita", "name_en": "Drita Association"}
    data |= {"key": "drita", "position": "0"}
    refused = client.post(f"{ENTRIES}add/", data | {"logo_file": upload(b"no picture")})
    assert form_errors(refused).keys() == {"logo_file"} and "Drita Association" in refused.text
    client.post(f"{ENTRIES}add/", data | {"logo_file": invented_logo(0)})
    entry = Organisation.objects.get(key="drita")
    assert entry.logo in client.get(PAGE["en"]).text
    first, changed = entry.logo, f"{ENTRIES}{entry.pk}/change/"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(changed, data | {"logo_file": invented_logo(1)})
    entry.refresh_from_db()
    page = client.get(PAGE["en"]).text
    assert entry.logo != first and entry.logo in page and first not in page
    assert not default_storage.exists(f"pictures/{first}")
    client.post(changed, data | {"url": "https://www.crca.al"})
    assert Organisation.objects.get(key="drita").logo == entry.logo


def test_the_joining_of_a_deleted_entry_waits_again_and_its_contact_is_erased_in_time(client):
    sign_in(client, make_staff("view_organisation", "delete_organisation"))
    joining = make_joining()
    entry = admit(joining)
    client.post(f"{ENTRIES}{entry.pk}/delete/", {"post": "yes"})
    assert not Organisation.objects.filter(pk=entry.pk).exists() and state_of(joining) == "confirmed"
    let_time_pass(UNDECIDED_PERIOD)
    keep_house()
    assert Joining.objects.get().name is None


def correct(joining, **changes):
    """The response to corrections by the contact."""
    data = {"correct": "1", "url": joining.url, "statement_sq": "", "statement_en": "", **changes}
    return Client().post(links.path(Purpose.ORGANISATION, joining, "en"), data)


def test_what_the_contact_corrects_is_shown_once_staff_have_looked(staff_client):
    def waits():
        return joining.pk in [row.pk for row in staff_client.get(QUEUE).context["cl"].result_list]

    joining = make_joining(organisation="Teatri i Lirë")
    decide(staff_client, joining, "approve", statement_sq="Jemi me ju.", statement_en="We are with you.")
    joining.refresh_from_db()
    for url in ("javascript:x", f"https://{'ë.' * 80}al"):
        assert correct(joining, url=url).status_code == 422
    response = correct(joining, url="www.teatri-ri.al", statement_en="We play for every child.")
    assert response.status_code == 303 and "once our team has checked them" in Client().get(response.url).text
    public = Client().get(PAGE["en"]).text
    assert "We are with you." in public and "teatri-ri" not in public and "for every child" not in public
    page = staff_client.get(f"{QUEUE}{joining.pk}/change/").text
    for words in ("https://www.teatri-ri.al", "We are with you.", "We play for every child."):
        assert words in page
    assert waits()

    texts = {"statement_sq": "Luajmë për çdo fëmijë.", "statement_en": "We play for every child."}
    seen = Joining.objects.get(pk=joining.pk).seen
    correct(joining, url="www.teatri-tjeter.al")
    assert "check it again" in decide(staff_client, joining, "show", seen=seen, **texts).text
    assert "teatri-tjeter" not in Client().get(PAGE["en"]).text
    decide(staff_client, joining, "show", **texts)
    public = Client().get(PAGE["en"]).text
    assert "https://www.teatri-tjeter.al" in public and "We play for every child." in public and not waits()

    correct(joining, url="www.teatri-keq.al")
    assert waits()
    decide(staff_client, joining, "keep")
    assert "teatri-keq" not in Client().get(PAGE["en"]).text and state_of(joining) == "approved" and not waits()


@pytest.mark.slow
def test_the_logo_is_sent_before_staff_look_and_checked_with_the_rest(staff_client):
    def send(number):
        """Send an invented logo; returns its folder, and what the page of the joining showed before."""
        seen = Joining.objects.get(pk=joining.pk).seen
        assert Client().post(f"{path}logo/", {"logo": invented_logo(number)}).status_code == 303
        return Joining.objects.get(pk=joining.pk).logo, seen

    joining = make_joining(organisation="Teatri i Lirë")
    path = links.path(Purpose.ORGANISATION, joining, "en")
    assert 'type="file"' in Client().get(path).text
    first, _seen = send(0)
    assert first in Client().get(path).text and first in staff_client.get(f"{QUEUE}{joining.pk}/change/").text
    second, seen = send(1)
    decide(staff_client, joining, "approve", seen=seen)
    assert state_of(joining) == "confirmed", "staff have not looked at this logo"
    words = {"statement_sq": "Jemi me ju.", "statement_en": "We are with you."}
    decide(staff_client, joining, "approve", **words)
    entry = Organisation.objects.get(joining=joining)
    assert entry.logo == second and second in Client().get(PAGE["en"]).text

    # A later one waits too: it is refused, or shown with the words that the page has.
    third, _seen = send(0)
    decide(staff_client, joining, "keep")
    fourth, seen = send(1)
    assert "check it again" in decide(staff_client, joining, "show", seen=seen, **words).text
    assert "check it again" in decide(staff_client, joining, "keep", seen=seen).text
    assert Joining.objects.get(pk=joining.pk).logo == fourth, "staff have not looked at this logo"
    assert second in Client().get(PAGE["en"]).text
    shown = Document(staff_client.get(f"{QUEUE}{joining.pk}/change/"))
    assert shown.words(shown.one("textarea", id="statement_en")) == "We are with you."
    decide(staff_client, joining, "show", **words)
    public = Client().get(PAGE["en"]).text
    assert fourth in public and not [each for each in (first, second, third) if each in public]
    assert not Joining.objects.get(pk=joining.pk).logo


def test_a_logo_brings_back_nothing_that_staff_refused_or_changed(staff_client):
    joining = make_joining()
    decide(staff_client, joining, "approve", statement_sq="Jemi me ju.", statement_en="We are with you.")
    Organisation.objects.filter(joining=joining).update(text_en="We are at your side.")
    correct(joining, url="www.teatri-keq.al", statement_en="Bad words.")
    decide(staff_client, joining, "keep")
    Client().post(f"{links.path(Purpose.ORGANISATION, joining, 'en')}logo/", {"logo": upload(invented_logo(0).read())})
    found = Joining.objects.get(pk=joining.pk)
    assert (found.url, found.domain, found.statement_en) == (joining.url, joining.domain, "We are at your side.")
    words = {name: getattr(found, name) for name in ("statement_sq", "statement_en")}
    decide(staff_client, joining, "show", **words)
    public = Client().get(PAGE["en"]).text
    assert found.logo in public and joining.url in public and "We are at your side." in public
    assert "teatri-keq" not in public and "Bad words." not in public


def test_before_the_contact_has_confirmed_and_after_a_refusal_nothing_is_taken():
    for state in ("submitted", "refused"):
        joining = make_joining(state)
        Client().post(f"{links.path(Purpose.ORGANISATION, joining, 'en')}logo/", {"logo": invented_logo(0)})
        correct(joining, url="www.tjeter.al")
        found = Joining.objects.get(pk=joining.pk)
        assert (found.logo, found.url) == ("", joining.url)


def test_a_contact_hands_over_to_a_colleague_whom_staff_have_checked(staff_client):
    old = make_joining(organisation="Teatri i Lirë")
    decide(staff_client, old, "approve")
    new = make_joining(organisation="Teatri i Lirë", name="Besa Kola")
    entry = Organisation.objects.get(joining=old)
    texts = {"statement_sq": "", "statement_en": ""}
    assert Organisation.objects.admit(new, texts, entry) is None, "the contact has not handed it over"
    for ends in (True, False):
        path = links.path(Purpose.ORGANISATION, old, "en")
        Client().post(path, {"hand_over": "1"})
        assert "I stay the contact" in Client().get(path).text
        if ends:
            Client().post(path, {"revoke": "1"})
            old.refresh_from_db()
            assert Organisation.objects.admit(new, texts, entry) is None, "others have seen the link"
    decide(staff_client, new, "approve", entry=entry.pk, reason="phoned")
    entry.refresh_from_db()
    assert entry.joining_id == new.pk and entry.draft is None
    old.refresh_from_db()
    assert (old.state, old.name, old.address) == ("ended", None, None)
    run_worker()
    assert any("e mori përsipër dikush tjetër" in sent.body for sent in mail.outbox)
    assert "This link does not work" in Client().get(path).text
