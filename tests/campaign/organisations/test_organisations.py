"""Organisations as their contact and the public meet them: joining, confirming, approval, logo, renewal, lapse, leaving."""

import copy
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.files.storage import default_storage
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image

from campaign.management.commands.demo import invented_logo
from campaign.models import Organisation
from campaign.organisations.models import SHOWN_LAPSED, YEAR
from campaign.pictures import logos
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import BlockedAddress, Joining, Message, Submission
from pledges.requests import held
from staff.models import Draft
from tests.campaign.organisations.test_admin import decide, state_of
from tests.campaign.pictures.test_pictures import png as header_only
from tests.clock import let_time_pass
from tests.factories import keep_house, links_in, make_staff, make_upload, run_worker, sign_in
from tests.organisations import FORM, PAGE, admit, join_data, make_entry, make_joining, upload
from tests.pages import Document
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


def test_the_longest_values_and_an_organisation_without_a_domain_of_its_own_are_taken(client):
    # Each of these letters is two without accents, and a line break counts as one character.
    send(client, organisation="ß" * 120, statement_sq="abcd\r\n" * 59 + "abcde")
    joining = Joining.objects.get()
    assert joining.organisation == "ß" * 120 and len(joining.statement_sq) == 300
    assert send(client, email="mira@gmail.com", url="", no_domain="on").to == ["mira@gmail.com"]


def test_an_organisation_outside_albania_is_taken(client):
    send(client, municipality="abroad")
    assert Joining.objects.get().municipality is None


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
