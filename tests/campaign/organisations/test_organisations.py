"""Organisations as their contact and the public meet them: joining, confirming, approval, logo, renewal, lapse, leaving."""

import copy
import re
import zlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.functions import Now
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from campaign.demo.content import invented_logo
from campaign.models import Organisation
from campaign.organisations.models import SHOWN_LAPSED, YEAR
from campaign.pictures import logos
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.figures import fonts
from pledges.models import BlockedAddress, Joining, Message, Submission
from staff.models import Draft
from tests.campaign.pages.test_weight import first_view
from tests.clock import DatabaseClock, let_time_pass
from tests.factories import keep_house, run_worker
from tests.organisations import FORM, PAGE, admit, join_data, make_entry, make_joining, upload
from tests.pages import LANGUAGES, Document

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def link_of(message):
    """The path of the first personal link in a mail."""
    paths = "konfirmoni-organizaten|confirm-organisation|organizata-jone|our-organisation"
    [url] = re.findall(rf"https?://\S+/(?:{paths})/\S+", message.body)[:1]
    return "/" + url.split("/", 3)[3].rstrip(".")


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
def test_an_organisation_joins_confirms_is_approved_sends_a_logo_renews_lapses_and_is_hidden(client):
    language = "en"
    assert client.get(FORM[language]).status_code == 200
    confirmation = send(client, language)
    assert confirmation.to == ["mira.hoxha@shkolla-shembull.al"]
    assert "Shembull" not in confirmation.body and "Mira" not in confirmation.body, "a stranger may have typed it"
    path = link_of(confirmation)
    assert "Shkolla Shembull" in client.get(path).text
    joining = Joining.objects.get()
    assert (joining.state, joining.domain) == ("submitted", "shkolla-shembull.al"), "opening the link confirms nothing"
    client.post(path)
    joining.refresh_from_db()
    assert joining.state == "confirmed" and "Shkolla Shembull" not in client.get(PAGE[language]).text

    entry = admit(joining, sq=joining.statement_sq, en="We want every pupil to have someone to talk to.")
    run_worker()
    page = client.get(PAGE[language]).text
    assert "Shkolla Shembull" in page and getattr(entry, f"text_{language}") in page
    assert "https://www.shkolla-shembull.al" in page
    assert "Mira" in mail.outbox[-1].body and "Shkolla Shembull" in mail.outbox[-1].body

    # The logo: sent behind the link, shown once staff have looked at it.
    own = link_of(mail.outbox[-1])
    assert client.post(f"{own}logo/", {"logo": invented_logo(0)}).status_code == 303
    entry.refresh_from_db()
    assert entry.new_logo and not entry.logo and entry.new_logo not in client.get(PAGE[language]).text
    assert entry.new_logo in client.get(own).text
    assert entry.decide_logo(accept=True)
    entry.refresh_from_db()
    response = client.get(PAGE[language])
    page = Document(response)
    address = page.of(page.one("img", loading="lazy"))["src"]
    with Image.open(default_storage.path(address.removeprefix("/media/"))) as image:
        assert image.size == logos.SIZES[0]
    assert entry.logo in response.text

    # A month before the year ends the contact is asked, once.
    let_time_pass(336 * DAY)
    keep_house(), keep_house()
    run_worker()
    asked = [
        message
        for message in mail.outbox
        if message.subject in ("A është organizata juaj ende me ne?", "Is your organisation still with us?")
    ]
    assert len(asked) == 1
    renew = link_of(asked[0])
    assert 'name="renew"' in client.get(renew).text
    before = Organisation.objects.get(pk=entry.pk).renewed_at
    client.get(renew)
    assert Organisation.objects.get(pk=entry.pk).renewed_at == before, "opening the link renews nothing"
    assert client.post(renew, {"renew": "1"}).status_code == 303
    assert Organisation.objects.get(pk=entry.pk).renewed_at > before + 300 * DAY
    assert 'name="renew"' not in client.get(renew).text

    # Not renewed: a quiet note after a year, hidden and the contact erased 90 days later.
    lapsed = {"sq": "e parinovuar këtë vit", "en": "not renewed this year"}[language]
    let_time_pass(364 * DAY)
    assert lapsed not in client.get(PAGE[language]).text
    let_time_pass(2 * DAY)
    assert lapsed in client.get(PAGE[language]).text
    let_time_pass(90 * DAY)
    assert "Shkolla Shembull" not in client.get(PAGE[language]).text
    keep_house(), keep_house()
    joining.refresh_from_db()
    assert (joining.state, joining.name, joining.address) == ("ended", None, None)
    run_worker()
    assert (
        mail.outbox[-1].to == ["mira.hoxha@shkolla-shembull.al"]
        and not Message.objects.filter(joining=joining).exists()
    )
    assert "Shkolla Shembull" not in client.get(renew).text, "the link opens nothing"


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


def test_a_contact_may_enter_two_organisations_and_two_contacts_the_same_one(client):
    send(client), send(client, organisation="Kopshti Lule")
    send(client, email="drita@shkolla-shembull.al")
    assert Joining.objects.count() == 3
    one, *_others = Joining.objects.filter(organisation="Shkolla Shembull")
    Joining.objects.update(state="confirmed", confirmed_at=Now())
    doubles = {double.organisation for double in one.likely_doubles()}
    assert doubles == {"Shkolla Shembull", "Kopshti Lule"}, "one has the name, the other the site"


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
    ({"organisation": " "}, "organisation"),
    ({"organisation": "shihni www.shembull.al"}, "organisation"),
    ({"kind": "army"}, "kind"),
    ({"municipality": "99999"}, "municipality"),
    ({"municipality": ""}, "municipality"),
    ({"email": "mira@"}, "email"),
    ({"email": "mira@gmail.com"}, "email"),
    ({"email": "mira@yahoo.it", "url": ""}, "email"),
    ({"url": "https://www.facebook.com/shkolla"}, "url"),
    ({"url": "instagram.com/shkolla"}, "url"),
    ({"url": "http://192.0.2.7/"}, "url"),
    ({"url": "http://[2001:db8::1]/"}, "url"),
    ({"url": "http://localhost/"}, "url"),
    ({"url": "shkolla"}, "url"),
    ({"url": "ftp://shkolla.al"}, "url"),
    ({"url": "javascript:alert(1)"}, "url"),
    ({"url": "https://mira:fjala@shkolla.al"}, "url"),
    ({"url": "https://shkolla.al:8080"}, "url"),
    ({"url": "https://shkolla.al:99999"}, "url"),
    ({"url": f"https://shkolla.al/{'a' * 200}"}, "url"),
    ({"statement_sq": "a" * 301}, "statement_sq"),
    ({"name": "?"}, "name"),
    ({"acts_for": None}, "acts_for"),
    ({"consent": None}, "consent"),
]


@pytest.mark.slow
def test_bad_input_is_a_sentence_at_the_field_and_loses_nothing(client, subtests):
    for number, (changes, field) in enumerate(BAD):
        with subtests.test(str(changes)[:80]):
            response = client.post(FORM[LANGUAGES[number % 2]], join_data(**changes))
            assert response.status_code == 422
            page = Document(response)
            [error] = page.all("p", id=f"id_{field}_error")
            assert len(page.words(error)) > 3
            assert page.of(page.one("input", name="name"))["value"] == join_data(**changes)["name"]
            assert "Duam që çdo nxënës" in response.text or "statement_sq" in changes
            assert not Submission.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_statement_names_the_limit_and_comes_back_whole(client, language):
    response = client.post(FORM[language], join_data(statement_en="word\r\n" * 61))
    page = Document(response)
    error = page.words(page.one("p", id="id_statement_en_error"))
    sentence = {
        "sq": "Deklarata duhet të ketë deri në 300 shenja. Tani ka 304.",
        "en": "300 characters or fewer. It has 304.",
    }
    assert response.status_code == 422 and sentence[language] in error
    area = page.one("textarea", id="id_statement_en")
    assert page.words(area).count("word") == 61 and "maxlength" not in page.of(area), "a browser would cut it off"


def test_the_longest_values_and_an_organisation_without_a_domain_of_its_own_are_taken(client):
    # Each of these letters is two without accents, and a line break counts as one character.
    send(client, organisation="ß" * 120, statement_sq="abcd\r\n" * 59 + "abcde")
    joining = Joining.objects.get()
    assert joining.organisation == "ß" * 120 and len(joining.statement_sq) == 300
    assert send(client, email="mira@gmail.com", url="", no_domain="on").to == ["mira@gmail.com"]


def test_changing_the_language_keeps_the_input(client):
    page = client.post(FORM["en"], {**join_data(kind=""), "switch": "1"})
    assert page.status_code == 200 and "Shkolla Shembull" in page.text and not Submission.objects.exists()


# The logo


def png(width, height, mode="RGB", color="white"):
    out = BytesIO()
    Image.new(mode, (width, height), color).save(out, "PNG")
    return out.getvalue()


def bomb():
    """A PNG of a few kilobytes whose header says 60,000 × 60,000 pixels."""
    data = bytearray(png(8, 8))
    data[16:24] = (60_000).to_bytes(4) * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
    return bytes(data)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script><path d="M0 0h9v9z"/></svg>'
NO_LOGOS = {
    "svg": lambda: upload(SVG, "logo.svg"),
    "svg called png": lambda: upload(SVG),
    "bomb": lambda: upload(bomb()),
    "gif": lambda: upload(b"GIF89a" + bytes(60)),
    "pdf": lambda: upload(b"%PDF-1.7\n" + bytes(60)),
    "cut": lambda: upload(invented_logo(0).read()[:400]),
    "empty": lambda: upload(b""),
    "blank": lambda: upload(png(60, 60)),
    "none": lambda: "",
    "too large": lambda: upload(bytes(logos.MAX_BYTES + 1)),
}


def test_a_file_that_is_no_logo_is_a_sentence_and_changes_nothing(client, subtests):
    joining = make_joining()
    entry = admit(joining)
    for number, (kind, make) in enumerate(NO_LOGOS.items()):
        with subtests.test(kind):
            response = client.post(f"{entry_path(joining, LANGUAGES[number % 2])}logo/", {"logo": make()})
            assert response.status_code == 422
            page = Document(response)
            assert len(page.words(page.one("p", id="id_logo_error"))) > 3
            entry.refresh_from_db()
            assert entry.new_logo == ""


@pytest.mark.parametrize("number", range(4))
def test_a_logo_is_redrawn_in_one_colour_without_metadata(number):
    original = Image.open(invented_logo(number))
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Tiranë, rruga e shkollës"
    original.save(out, "PNG", exif=exif)
    for width, data in logos.redrawn(upload(out.getvalue())).items():
        image = Image.open(BytesIO(data))
        assert image.size in logos.SIZES and image.width == width and not image.getexif() and not image.info.get("exif")
        colors = {pixel[:3] for _n, pixel in image.convert("RGBA").getcolors(70_000) if pixel[3]}
        assert colors == {logos.COLOR} and len(data) < 4000


@pytest.mark.parametrize("ground", ["black on white", "white on black", "black on nothing", "white on nothing"])
def test_a_logo_may_be_dark_or_light(ground):
    ink, paper = {"black": (0, 0, 0, 255), "white": (255, 255, 255, 255)}[ground.split()[0]], ground.split()[-1]
    background = {"white": (255, 255, 255, 255), "black": (0, 0, 0, 255), "nothing": (0, 0, 0, 0)}[paper]
    image = Image.new("RGBA", (400, 200), background)
    image.paste(ink, (100, 80, 300, 120))
    out = BytesIO()
    image.save(out, "PNG")
    drawn = Image.open(BytesIO(logos.redrawn(upload(out.getvalue()))[200]))
    # The margins are cut off: the bar is as wide as the canvas.
    assert drawn.getpixel((100, 40))[3] == 255 and drawn.getpixel((100, 5))[3] == 0


def test_the_signature_is_checked_before_the_file_is_read(client):
    joining = make_joining()
    admit(joining)

    class Unread(BytesIO):
        def read(self, *_size):
            raise AssertionError("the body was read")

    tampered = entry_path(joining).rstrip("/")[:-2] + "xx/"
    response = client.generic(
        "POST", f"{tampered}logo/", CONTENT_TYPE=MULTIPART_CONTENT, CONTENT_LENGTH=str(4 * 1024 * 1024),
        **{"wsgi.input": Unread()},
    )  # fmt: skip
    ended = client.get(tampered)
    assert (response.status_code, Document(response).title) == (ended.status_code, Document(ended).title)


def test_the_page_of_an_entry_that_is_hidden_offers_no_card(client):
    joining = make_joining()
    entry = admit(joining)
    card = f"/pictures/sq/organisation/{entry.key}.png"
    assert card in client.get(entry_path(joining)).text and client.get(card).status_code == 200
    Organisation.objects.filter(pk=entry.pk).update(renewed_at=timezone.now() - YEAR - SHOWN_LAPSED)
    assert client.get(card).status_code == 404 and card not in client.get(entry_path(joining)).text


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


@pytest.mark.parametrize("state", ["confirmed", "refused"])
def test_who_is_not_on_the_page_is_not_told_of_being_taken_off(client, state):
    joining = make_joining(state, language="en")
    page = client.get(links.path(Purpose.ORGANISATION, joining)).text
    assert "off our page" not in page and "We erase your name and email address." in page
    client.post(links.path(Purpose.ORGANISATION, joining), {"leave": "1"})
    assert Joining.objects.get().address is None


def test_nginx_learns_whether_a_link_is_signed_without_a_query(client, django_assert_num_queries):
    path = entry_path(make_joining())
    token = path.rstrip("/").rpartition("/")[2]
    confirmation = links.token(Purpose.JOINING_CONFIRM, make_joining())
    with django_assert_num_queries(0):
        assert client.get(f"/signed-link/{token}").status_code == 204
        for other in (token[:-2] + "xx", token.replace(":", "."), "x", confirmation):
            assert client.get(f"/signed-link/{other}").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_a_logo_comes_in(client):
    """A message to the contact needs the row: while it is locked no submission is settled."""
    joining = make_joining()
    admit(joining)
    locked = []

    class Slow(BytesIO):
        def read(self, *size):
            locked.append(connection.in_atomic_block)
            return super().read(*size)

    body = encode_multipart(BOUNDARY, {"logo": upload(invented_logo(0).read())})
    response = client.generic(
        "POST", f"{entry_path(joining)}logo/", CONTENT_TYPE=MULTIPART_CONTENT,
        CONTENT_LENGTH=str(len(body)), **{"wsgi.input": Slow(body)},
    )  # fmt: skip
    assert response.status_code == 303 and locked and not any(locked)


def test_only_the_path_of_a_logo_takes_more_than_a_form(client):
    joining = make_joining()
    entry = admit(joining)
    noise = invented_logo(0).read() + bytes(600_000)
    assert client.post(f"{entry_path(joining)}logo/", {"logo": upload(noise)}).status_code == 303
    entry.refresh_from_db()
    assert entry.new_logo
    assert client.post(entry_path(joining), {"logo": upload(noise)}).status_code == 400
    assert client.post(FORM["sq"], join_data(statement_sq="a" * 400_000)).status_code == 400
    assert client.post(f"{entry_path(joining)}logo/", {"logo": upload(bytes(6 * 1024 * 1024))}).status_code == 400


@pytest.mark.slow
def test_replaced_and_refused_logos_leave_no_file(client, django_capture_on_commit_callbacks):
    entry = make_entry()
    folders = [logos.store(logos.redrawn(invented_logo(number))) for number in range(3)]

    def kept():
        return [Path(default_storage.path(f"pictures/{folder}")).exists() for folder in folders]

    with django_capture_on_commit_callbacks(execute=True):
        entry.offer_logo(folders[0]), entry.offer_logo(folders[1])
    assert kept() == [False, True, True]
    with django_capture_on_commit_callbacks(execute=True):
        entry.decide_logo(accept=True), entry.offer_logo(folders[2]), entry.decide_logo(accept=False)
    assert kept() == [False, True, False]
    keep_house()
    assert kept()[1], "housekeeping keeps the logo that is shown"
    with django_capture_on_commit_callbacks(execute=True):
        Organisation.objects.get(pk=entry.pk).delete()
    assert kept() == [False, False, False]


@pytest.mark.slow
@pytest.mark.parametrize("before", [None, 1])
def test_publishing_a_draft_brings_no_replaced_logo_back(before, django_capture_on_commit_callbacks):
    entry, folder = make_entry(logo=before), logos.store(logos.redrawn(invented_logo(2)))
    draft = Draft.objects.create(content_type=ContentType.objects.get_for_model(Organisation), name="Draft")
    with django_capture_on_commit_callbacks(execute=True):
        copy.copy(entry).keep(draft)
        entry.offer_logo(folder)
        entry.decide_logo(accept=True)
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


def test_the_card_shows_the_name_and_no_number_of_signers(client):
    joining = make_joining(organisation="Teatri i Lirë")
    entry = admit(joining)
    page = client.get(entry_path(joining))
    card = client.get(f"/pictures/sq/organisation/{entry.key}.png")
    assert card.headers["Content-Type"] == "image/png" and Image.open(BytesIO(card.content)).size == (1200, 630)
    assert f"organisation/{entry.key}.png" in page.text and "&lt;iframe" in page.text
    assert "Mira" not in page.text, "the page shows nothing of the contact"
    entry.leave()
    assert client.get(f"/pictures/sq/organisation/{entry.key}.png").status_code == 404


@pytest.mark.parametrize("state", ["confirmed", "refused"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_an_entry_that_is_not_public_says_how_far_it_is(client, language, state):
    joining = make_joining(state)
    page = client.get(entry_path(joining, language))
    takes_logo = "logo" in page.text.lower().split("<main")[1].split("</main")[0]
    assert page.status_code == 200 and takes_logo == (state == "confirmed")
    if state == "refused":
        words = {"sq": "Nuk mundëm të verifikojmë", "en": "We could not check"}[language]
        assert words in page.text


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


def test_an_entry_lapses_and_is_hidden_by_the_clock(client):
    make_entry(name_sq="Radio B", renewed_at=timezone.now() - 300 * DAY)
    clock = DatabaseClock()
    try:
        shown = []
        for days in (60, 70, 150, 160):
            clock.shift = days * DAY
            page = client.get(PAGE["sq"]).text
            shown.append(("Radio B" in page, "e parinovuar" in page))
    finally:
        clock.end()
    assert shown == [(True, False), (True, True), (True, True), (False, False)]


def test_the_page_filters_by_kind_and_county_without_script(client):
    language = "en"
    tirana = make_joining().municipality
    make_entry(name_sq="Teatri A", name_en="Teatri A", kind="culture", municipality=tirana)
    make_entry(name_sq="Radio B", name_en="Radio B", kind="media", is_abroad=True)
    make_entry(name_sq="Shoqata C", name_en="Shoqata C", role="donor")

    def shown(query=""):
        text = client.get(PAGE[language] + query).text
        return [
            letter for letter, name in zip("ABC", ("Teatri A", "Radio B", "Shoqata C"), strict=True) if name in text
        ]

    assert shown() == ["A", "B", "C"]
    assert shown("?kind=culture&county=") == ["A"]
    assert shown("?kind=&county=abroad") == ["B"]
    assert shown("?kind=media&county=AL-11") == []
    assert shown("?kind=nonsense&county=XX&page=abc") == ["A", "B", "C"]
    page = Document(client.get(PAGE[language] + "?kind=culture"))
    assert page.of(page.one("option", value="culture")).keys() >= {"selected"}
    assert "CRCA/ECPAT" in client.get(PAGE[language] + "?kind=culture").text, "the founders stay"


def test_a_filtered_page_is_kept_by_its_known_parameters(client, django_assert_num_queries):
    make_entry()
    client.get(PAGE["sq"] + "?kind=association")
    with django_assert_num_queries(1):
        assert client.get(PAGE["sq"] + "?kind=association&utm_source=x").status_code == 200


def test_the_page_of_donors_and_partners_shows_who_is_behind_the_movement(client):
    make_entry(name_sq="Fondacioni D", name_en="Foundation D", role="donor")
    make_entry(name_sq="Shkolla E", name_en="School E", role="supporter")
    page = client.get("/sq/partneret/").text
    assert "Fondacioni D" in page and "Shkolla E" not in page
    assert "Shkolla E" in client.get(PAGE["sq"]).text


def logo_with_words(number):
    """The upload of a logo as organisations have them: a mark and a name in two lines."""
    image = Image.new("RGB", (900, 360), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 60 + 7 * number, 240, 280 + 7 * number), outline=(20 * number, 40, 120), width=18 + 3 * number)
    for row, words in enumerate(NAMES[number % len(NAMES)].split(maxsplit=1)):
        draw.text((290, 40 + 140 * row), words, font=ImageFont.truetype(fonts.PATH, 96), fill=(20 * number, 40, 120))
    out = BytesIO()
    image.save(out, "PNG")
    return upload(out.getvalue())


NAMES = ("Shkolla Lule", "Teatri i Qytetit", "Radio Agimi", "Biblioteka Publike", "Fondacioni Shpresa", "Klubi Rinia")


def fill(number=120):
    """So many entries, each with a logo and a statement of its own."""
    drawn = [logos.redrawn(logo_with_words(each)) for each in range(len(NAMES))]
    for each in range(number):
        texts = {"text_sq": f"Jemi me ju, sepse çdo fëmijë {each}.", "text_en": f"We stand with every child {each}."}
        make_entry(logo=None, **texts, url=f"https://organizata{each}.al")
        Organisation.objects.filter(url=f"https://organizata{each}.al").update(
            logo=logos.store(drawn[each % len(drawn)])
        )


@pytest.mark.slow
def test_120_organisations_with_logos_weigh_at_most_250_kilobytes_on_a_phone(client):
    fill()
    language = "sq"
    weights = first_view(client, PAGE[language])
    page = Document(client.get(PAGE[language]))
    images = [page.of(each) for each in page.all("img", loading="lazy")]
    assert len(images) == 120 and all(each["alt"] == "" for each in images)
    for image in images:
        address = image["src"]
        size = Path(default_storage.path(address.removeprefix("/media/"))).stat().st_size
        # HTTP/2 sends the headers that all of them share once.
        weights[address] = size + 100
    assert sum(weights.values()) <= 250_000, sum(weights.values())


def test_the_121st_organisation_is_on_the_next_page(client):
    for _number in range(121):
        make_entry()
    first, second = (Document(client.get(PAGE["sq"] + query)) for query in ("", "?page=2"))
    [following] = [first.of(each)["href"] for each in first.all("a", href=True) if "page=2" in first.of(each)["href"]]
    assert following == "/sq/organizata/?page=2#list"
    assert len(first.all("li", node=first.all("ul", **{"class": "marks"})[0])) == 120
    assert len(second.all("li", node=second.all("ul", **{"class": "marks"})[0])) == 1
