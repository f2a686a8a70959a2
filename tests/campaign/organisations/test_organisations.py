"""Organisations as their contact, staff and the public meet them: joining, approval, logo, renewal, lapse, leaving."""

import copy
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image

from campaign.management.commands.demo import invented_logo
from campaign.models import Organisation
from campaign.organisations.models import SHOWN_LAPSED, YEAR
from campaign.pictures import logos
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.joinings.models import UNDECIDED_PERIOD
from pledges.models import BlockedAddress, Joining, Message, Submission
from pledges.requests import held
from staff.models import Draft, Entry
from tests.campaign.pictures.test_pictures import png as header_only
from tests.clock import let_time_pass
from tests.factories import keep_house, links_in, make_staff, make_upload, run_worker, sign_in
from tests.organisations import FORM, PAGE, admit, join_data, make_entry, make_joining, upload
from tests.pages import Document
from tests.staff.forms import decide, form_errors
from tests.weare1.test_headers import NeverRead

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def link_of(message):
    """The path of the first personal link in a mail."""
    return [*links_in(message, "joining_confirm"), *links_in(message, "organisation")][0]


def send(client, language="sq", **changes):
    """Send the form and let the worker settle it; returns the mail."""
    before = len(mail.outbox)
    response = client.post(FORM[language], join_data(**changes))
    assert response.status_code == 303, Document(response).words()
    run_worker()
    [message] = mail.outbox[before:]
    return message


def entry_path(joining, language="sq"):
    return links.path(Purpose.ORGANISATION, joining, language)


@pytest.mark.slow
def test_an_organisation_joins_confirms_is_approved_renews_lapses_and_is_hidden(client):
    page, name = PAGE["en"], "Shkolla Shembull"
    confirmation = send(client, "en")
    assert confirmation.to == ["mira.hoxha@shkolla-shembull.al"]
    assert "Shembull" not in confirmation.body and "Mira" not in confirmation.body, "a stranger may have typed it"
    path = link_of(confirmation)
    assert name in client.get(path).text
    joining = Joining.objects.get()
    assert (joining.state, joining.domain) == ("submitted", "shkolla-shembull.al"), "opening the link confirms nothing"
    client.post(path)
    joining.refresh_from_db()
    assert joining.state == "confirmed" and name not in client.get(page).text

    entry = admit(joining, sq=joining.statement_sq, en="We want every pupil to have someone to talk to.")
    run_worker()
    shown = client.get(page).text
    assert name in shown and entry.text_en in shown and "https://www.shkolla-shembull.al" in shown
    assert "Mira" in mail.outbox[-1].body and name in mail.outbox[-1].body

    # A month before the year ends the contact is asked, once.
    let_time_pass(336 * DAY)
    keep_house(), keep_house()
    run_worker()
    [asked] = [each for each in mail.outbox if each.subject == "Is your organisation still with us?"]
    renew, renewed = link_of(asked), Organisation.objects.filter(pk=entry.pk).values_list("renewed_at", flat=True)
    before = renewed.get()
    assert 'name="renew"' in client.get(renew).text
    assert renewed.get() == before, "opening the link renews nothing"
    assert client.post(renew, {"renew": "1"}).status_code == 303
    assert renewed.get() > before + 300 * DAY and 'name="renew"' not in client.get(renew).text

    # Not renewed: a quiet note after a year, hidden and the contact erased 90 days later.
    for days, is_noted in ((364, False), (2, True)):
        let_time_pass(days * DAY)
        assert ("not renewed this year" in client.get(page).text) == is_noted
    let_time_pass(90 * DAY)
    assert name not in client.get(page).text
    keep_house(), keep_house()
    joining.refresh_from_db()
    assert (joining.state, joining.name, joining.address) == ("ended", None, None)
    run_worker()
    assert mail.outbox[-1].to == confirmation.to and not Message.objects.filter(joining=joining).exists()
    assert name not in client.get(renew).text, "the link opens nothing"


def test_entering_the_same_organisation_twice_says_so_by_mail_and_keeps_one(client):
    first = send(client)
    let_time_pass(timedelta(minutes=2))
    second = send(client, organisation="SHEMBULL, shkolla")
    assert Joining.objects.count() == 1 and link_of(first).split("/")[2] == link_of(second).split("/")[2]
    client.post(link_of(first))
    third = send(client)
    assert third.subject == "Për organizatën tuaj" and "më parë" in third.body
    assert Joining.objects.count() == 1 and Joining.objects.get().state == "confirmed"
    assert client.get(link_of(third)).status_code == 200
    client.post(FORM["sq"], join_data())
    run_worker()
    assert len(mail.outbox) == 3, "at most one a minute"


def test_a_blocked_mailbox_gets_nothing_and_the_answer_is_the_same(client):
    message = send(client)
    token = link_of(message).split("/")[3]
    assert client.post(f"/sq/nuk-eshte-organizata-ime/{token}/").status_code in (200, 404, 410)
    block = links.path(Purpose.JOINING_BLOCK, Joining.objects.get())
    assert Joining.objects.count() == 1
    assert client.post(block).status_code == 200
    assert not Joining.objects.exists() and BlockedAddress.objects.count() == 1
    known, unknown = (client.post(FORM["sq"], join_data(**changes)) for changes in ({}, {"email": "a@tjeter.al"}))
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    run_worker()
    assert [message.to for message in mail.outbox[1:]] == [["a@tjeter.al"]]


BAD = [
    ({"organisation": "shihni www.shembull.al"}, "organisation"),
    ({"kind": "army"}, "kind"),
    ({"municipality": "99999"}, "municipality"),
    ({"email": "mira@gmail.com"}, "email"),
    ({"email": "mira@yahoo.it", "url": ""}, "email"),
    ({"url": "https://www.facebook.com/shkolla"}, "url"),
    ({"url": "http://192.0.2.7/"}, "url"),
    ({"url": "http://[2001:db8::1]/"}, "url"),
    ({"url": "http://localhost/"}, "url"),
    ({"url": "ftp://shkolla.al"}, "url"),
    ({"url": "javascript:alert(1)"}, "url"),
    ({"url": "https://mira:fjala@shkolla.al"}, "url"),
    ({"url": "https://shkolla.al:99999"}, "url"),
    ({"url": f"https://shkolla.al/{'a' * 200}"}, "url"),
    # As DNS has it, this name is longer than any.
    ({"url": f"https://{'ë.' * 80}al"}, "url"),
    ({"acts_for": None}, "acts_for"),
    ({"consent": None}, "consent"),
]


@pytest.mark.slow
def test_bad_input_is_a_sentence_at_the_field_and_loses_nothing(client, subtests):
    for changes, field in BAD:
        with subtests.test(str(changes)[:80]):
            response = client.post(FORM["en"], join_data(**changes))
            page = Document(response)
            assert response.status_code == 422 and len(page.words(page.one("p", id=f"id_{field}_error"))) > 3
            assert page.of(page.one("input", name="name"))["value"] == "Mira Hoxha"
            assert "Duam që çdo nxënës" in response.text
    assert not Submission.objects.exists()


def test_a_long_statement_names_the_limit_and_comes_back_whole(client):
    response = client.post(FORM["en"], join_data(statement_en="word\r\n" * 61))
    page = Document(response)
    assert "300 characters or fewer. It has 304." in page.words(page.one("p", id="id_statement_en_error"))
    area = page.one("textarea", id="id_statement_en")
    assert page.words(area).count("word") == 61 and "maxlength" not in page.of(area), "a browser would cut it off"


def test_the_longest_values_and_an_organisation_abroad_without_a_domain_of_its_own_are_taken(client):
    # Each of these letters is two without accents, and a line break counts as one character.
    send(client, organisation="ß" * 120, statement_sq="abcd\r\n" * 59 + "abcde")
    joining = Joining.objects.get()
    assert joining.organisation == "ß" * 120 and len(joining.statement_sq) == 300
    assert send(client, email="mira@gmail.com", url="", no_domain="on", municipality="abroad").to == ["mira@gmail.com"]
    assert Joining.objects.latest("created_at").municipality is None


# The logo


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script><path d="M0 0h9v9z"/></svg>'
NO_LOGOS = {
    "svg": lambda: upload(SVG, "logo.svg"),
    # Its head says 60,000 × 60,000 pixels.
    "bomb": lambda: upload(header_only(60_000, 60_000)),
    "cut": lambda: upload(invented_logo(0).read()[:400]),
    "blank": lambda: make_upload(60, 60, kind="PNG", color="white"),
    "none": lambda: "",
    "too large": lambda: upload(bytes(logos.MAX_BYTES + 1)),
}


def test_a_file_that_is_no_logo_is_a_sentence_and_changes_nothing(client, subtests):
    joining = make_joining()
    for kind, make in NO_LOGOS.items():
        with subtests.test(kind):
            response = client.post(f"{entry_path(joining)}logo/", {"logo": make()})
            page = Document(response)
            assert response.status_code == 422 and len(page.words(page.one("p", id="id_logo_error"))) > 3
    joining.refresh_from_db()
    assert joining.logo == ""


def test_a_logo_is_redrawn_in_one_colour_without_metadata():
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Tiranë, rruga e shkollës"
    Image.open(invented_logo(1)).save(out, "PNG", exif=exif)
    for width, data in logos.redrawn(upload(out.getvalue())).items():
        image = Image.open(BytesIO(data))
        assert image.size in logos.SIZES and image.width == width and not image.getexif() and not image.info.get("exif")
        colors = {pixel[:3] for _n, pixel in image.convert("RGBA").getcolors(70_000) if pixel[3]}
        assert colors == {logos.COLOR} and len(data) < 4000


def test_a_logo_may_be_dark_or_light():
    black, white, nothing = (0, 0, 0, 255), (255, 255, 255, 255), (0, 0, 0, 0)
    for ink, paper in ((black, white), (white, black), (black, nothing), (white, nothing)):
        image = Image.new("RGBA", (400, 200), paper)
        image.paste(ink, (100, 80, 300, 120))
        out = BytesIO()
        image.save(out, "PNG")
        drawn = Image.open(BytesIO(logos.redrawn(upload(out.getvalue()))[200]))
        # The margins are cut off: the bar is as wide as the canvas.
        assert (drawn.getpixel((100, 40))[3], drawn.getpixel((100, 5))[3]) == (255, 0), (ink, paper)


def test_the_signature_is_checked_before_the_file_is_read(client):
    joining = make_joining()
    admit(joining)

    tampered = entry_path(joining).rstrip("/") + "x/"
    response = client.generic(
        "POST", f"{tampered}logo/", CONTENT_TYPE=MULTIPART_CONTENT, CONTENT_LENGTH=str(4 * 1024 * 1024),
        **{"wsgi.input": NeverRead()},
    )  # fmt: skip
    ended = client.get(tampered)
    assert (response.status_code, Document(response).title) == (ended.status_code, Document(ended).title)


def test_the_contact_of_an_entry_that_was_taken_down_is_told_so_and_erased_in_time(client):
    joining = make_joining()
    entry = admit(joining)
    entry.take_down(None)
    assert "e ka hequr" in client.get(entry_path(joining)).text
    old = timezone.now() - YEAR - SHOWN_LAPSED
    Organisation.objects.originals().filter(pk=entry.pk).update(renewed_at=old)
    keep_house()
    joining.refresh_from_db()
    assert (joining.state, joining.address) == ("ended", None)


def test_who_is_not_on_the_page_is_told_how_far_it_is_and_not_of_being_taken_off(client):
    for state, words in (("confirmed", "Our team is checking it."), ("refused", "We could not check")):
        joining = make_joining(state)
        page = client.get(entry_path(joining, "en")).text
        assert words in page and "off our page" not in page and "We erase your name and email address." in page
        assert ('type="file"' in page) == (state == "confirmed")
        client.post(entry_path(joining, "en"), {"leave": "1"})
        assert Joining.objects.get(pk=joining.pk).address is None


def test_nginx_learns_whether_a_link_is_signed_without_a_query(client, django_assert_num_queries):
    path = entry_path(make_joining())
    token = path.rstrip("/").rpartition("/")[2]
    confirmation = links.token(Purpose.JOINING_CONFIRM, make_joining())
    with django_assert_num_queries(0):
        assert client.get(f"/signed-link/{token}").status_code == 204
        for other in (token[::-1], f"{token}x", token.replace(":", "."), "x", confirmation):
            assert client.get(f"/signed-link/{other}").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_a_logo_comes_in(client):
    """A message to the contact needs the row: while it is locked no submission is settled."""
    path, locked = entry_path(make_joining()), []

    class Slow(BytesIO):
        def read(self, *size):
            locked.append(connection.in_atomic_block)
            return super().read(*size)

    body = encode_multipart(BOUNDARY, {"logo": upload(invented_logo(0).read())})
    response = client.generic(
        "POST", f"{path}logo/", CONTENT_TYPE=MULTIPART_CONTENT, CONTENT_LENGTH=str(len(body)), **{"wsgi.input": Slow(body)}
    )  # fmt: skip
    assert response.status_code == 303 and locked and not any(locked)


def test_only_the_path_of_a_logo_takes_more_than_a_form(client):
    joining = make_joining()
    noise = invented_logo(0).read() + bytes(600_000)
    assert client.post(f"{entry_path(joining)}logo/", {"logo": upload(noise)}).status_code == 303
    joining.refresh_from_db()
    assert joining.logo
    assert client.post(entry_path(joining), {"logo": upload(noise)}).status_code == 400
    assert client.post(FORM["sq"], join_data(statement_sq="a" * 400_000)).status_code == 400
    assert client.post(f"{entry_path(joining)}logo/", {"logo": upload(bytes(6 * 1024 * 1024))}).status_code == 400


def store(number):
    return logos.store(logos.redrawn(invented_logo(number)))


@pytest.mark.slow
def test_replaced_and_refused_logos_leave_no_file(client, django_capture_on_commit_callbacks):
    sign_in(client, make_staff("view_joining", "change_joining", "see_people"))

    def send_logo(joining, number):
        assert client.post(f"{entry_path(joining)}logo/", {"logo": invented_logo(number)}).status_code == 303
        joining.refresh_from_db()
        return Path(default_storage.path(f"pictures/{joining.logo}"))

    joining, words = make_joining(), {"statement_sq": "", "statement_en": ""}
    with django_capture_on_commit_callbacks(execute=True):
        replaced, approved = send_logo(joining, 0), send_logo(joining, 1)
    assert [replaced.exists(), approved.exists()] == [False, True]
    with django_capture_on_commit_callbacks(execute=True):
        decide(client, joining, "approve", **words)
    with django_capture_on_commit_callbacks(execute=True):
        kept = send_logo(joining, 2)
        decide(client, joining, "keep")
    assert [approved.exists(), kept.exists()] == [True, False]
    with django_capture_on_commit_callbacks(execute=True):
        shown = send_logo(joining, 0)
        decide(client, joining, "show", **words)
    assert [approved.exists(), shown.exists()] == [False, True]
    with django_capture_on_commit_callbacks(execute=True):
        waiting = send_logo(joining, 1)
        client.post(entry_path(joining), {"leave": "1"})
    assert [shown.exists(), waiting.exists()] == [True, False]
    refused, ended = make_joining(), make_joining()
    with django_capture_on_commit_callbacks(execute=True):
        files = [send_logo(refused, 0), send_logo(ended, 1)]
        decide(client, refused, "refuse", refusal="unfit")
        decide(client, ended, "end", asked="on")
    assert (state_of(refused), state_of(ended)) == ("refused", "ended") and not any(file.exists() for file in files)


def test_replaced_logos_leave_no_file(django_capture_on_commit_callbacks):
    entry = make_entry(logo=0)
    folders = [entry.logo, store(1)]

    def kept():
        return [Path(default_storage.path(f"pictures/{folder}")).exists() for folder in folders]

    with django_capture_on_commit_callbacks(execute=True):
        entry.logo = folders[1]
        entry.save()
    assert kept() == [False, True]
    with django_capture_on_commit_callbacks(execute=True):
        entry.delete()
    assert kept() == [False, False]


def test_publishing_a_draft_brings_no_replaced_logo_back(django_capture_on_commit_callbacks):
    entry, folder = make_entry(logo=1), store(2)
    draft = Draft.objects.create(content_type=ContentType.objects.get_for_model(Organisation), name="Draft")
    with django_capture_on_commit_callbacks(execute=True):
        copy.copy(entry).keep(draft)
        entry.logo = folder
        entry.save()
        draft.result().publish(draft)
    assert Organisation.objects.get(pk=entry.pk).logo == folder
    assert Path(default_storage.path(f"pictures/{folder}")).exists()


# The contact's page


def test_leaving_takes_the_entry_off_and_erases_the_contact(client):
    joining = make_joining(organisation="Teatri i Lirë")
    admit(joining)
    path = entry_path(joining)
    assert "Teatri i Lirë" in client.get(PAGE["sq"]).text
    assert client.post(path, {"leave": "1"}).status_code == 200
    joining.refresh_from_db()
    assert (joining.state, joining.address) == ("ended", None)
    assert "Teatri i Lirë" not in client.get(PAGE["sq"]).text + client.get(path).text
    run_worker()
    assert len(mail.outbox) == 1, "only the last message: the others are deleted"


def test_an_entry_leaves_the_page_when_the_data_of_its_contact_are_erased(client):
    joining = make_joining(organisation="Teatri i Lirë")
    admit(joining)
    assert "Teatri i Lirë" in client.get(PAGE["sq"]).text
    held.erase(joining.address, [each.key for each in held.held_about(joining.address)])
    assert "Teatri i Lirë" not in client.get(PAGE["sq"]).text


def test_the_card_is_there_while_the_entry_is(client):
    joining = make_joining(organisation="Teatri i Lirë")
    entry = admit(joining)
    page = client.get(entry_path(joining))
    card = f"/pictures/sq/organisation/{entry.key}.png"
    assert Image.open(BytesIO(client.get(card).content)).size == (1200, 630)
    assert card in page.text and "&lt;iframe" in page.text
    assert "Mira" not in page.text, "the page shows nothing of the contact"
    Organisation.objects.filter(pk=entry.pk).update(renewed_at=timezone.now() - YEAR - SHOWN_LAPSED)
    assert client.get(card).status_code == 404 and card not in client.get(entry_path(joining)).text


def test_an_entry_that_was_renewed_while_others_ended_stays(client):
    joining = make_joining()
    entry = admit(joining)
    let_time_pass(500 * DAY)
    late = Organisation.objects.over().get()
    entry.renew()
    assert not late.lapse()
    joining.refresh_from_db()
    assert joining.state == "approved" and Organisation.objects.filter(pk=entry.pk).exists()


# The public page


def test_an_entry_lapses_and_is_hidden_by_the_clock(client, clock):
    make_entry(name_sq="Radio B", renewed_at=timezone.now() - 300 * DAY)
    shown = []
    for days in (60, 70, 150, 160):
        clock.shift = days * DAY
        page = client.get(PAGE["sq"]).text
        shown.append(("Radio B" in page, "e parinovuar" in page))
    assert shown == [(True, False), (True, True), (True, True), (False, False)]


def test_the_page_filters_by_kind_and_county_without_script(client):
    tirana = make_joining().municipality
    make_entry(name_sq="Teatri A", name_en="Teatri A", kind="culture", municipality=tirana)
    make_entry(name_sq="Radio B", name_en="Radio B", kind="media", is_abroad=True)
    make_entry(name_sq="Shoqata C", name_en="Shoqata C", role="donor")

    def shown(query=""):
        text = client.get(PAGE["en"] + query).text
        return [name[-1] for name in ("Teatri A", "Radio B", "Shoqata C") if name in text]

    assert shown() == ["A", "B", "C"]
    assert shown("?kind=culture&county=") == ["A"]
    assert shown("?kind=&county=abroad") == ["B"]
    assert shown("?kind=media&county=AL-11") == []
    assert shown("?kind=nonsense&county=XX&page=abc") == ["A", "B", "C"]
    assert "CRCA/ECPAT" in client.get(PAGE["en"] + "?kind=culture").text, "the founders stay"


def test_a_filtered_page_is_kept_by_its_known_parameters(client, django_assert_num_queries):
    make_entry()
    client.get(PAGE["sq"] + "?kind=association")
    with django_assert_num_queries(1):
        assert client.get(PAGE["sq"] + "?kind=association&utm_source=x").status_code == 200


def test_the_121st_organisation_is_on_the_next_page(client):
    for _number in range(121):
        make_entry()
    first, second = (Document(client.get(PAGE["sq"] + query)) for query in ("", "?page=2"))
    [following] = [first.of(each)["href"] for each in first.all("a", href=True) if "page=2" in first.of(each)["href"]]
    assert following == "/sq/organizata/?page=2#list"
    assert len(first.all("li", node=first.all("ul", **{"class": "marks"})[0])) == 120
    assert len(second.all("li", node=second.all("ul", **{"class": "marks"})[0])) == 1


# Staff: the queue of those that join, what is odd about each, the decisions, and the logos


QUEUE = "/admin/pledges/joining/"
ENTRIES = "/admin/campaign/organisation/"
SENTENCE = "Nuk mundëm të verifikojmë që flisni në emër të kësaj organizate."


@pytest.fixture
def staff_client(client):
    sign_in(client, make_staff("view_joining", "change_joining", "see_people"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


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
    return Client().post(entry_path(joining, "en"), data)


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
    path = entry_path(joining, "en")
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
    Client().post(f"{entry_path(joining, 'en')}logo/", {"logo": upload(invented_logo(0).read())})
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
        Client().post(f"{entry_path(joining, 'en')}logo/", {"logo": invented_logo(0)})
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
        path = entry_path(old, "en")
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
