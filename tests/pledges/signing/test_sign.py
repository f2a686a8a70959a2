"""Signing: what happens when the pledge form is sent (acceptance stories 1–11, 17, 18)."""

import re
import time
import unicodedata
from datetime import timedelta

import pytest
from django.utils import timezone

from pledges.crypto import stamps
from pledges.models import Message, Pledge, PledgingSettings, Wording
from tests import tally
from tests.clock import let_time_pass
from tests.enquiries import enquiry_data
from tests.factories import form_data, links_in, make_pledge, run_worker, settle_all
from tests.organisations import join_data
from tests.pages import Document, as_typed, path_of
from tests.pledges.groups.made import group_data
from tests.pledges.signing.personal import INBOX, RESEND_INTERVAL, SIGN, sign

pytestmark = pytest.mark.django_db

SQ, EN = SIGN, "/en/pledge/"


def test_01_signing_in_albanian_counts_after_the_button_not_before(client, mailoutbox):
    before = tally.read()
    response = sign(client, sector="teachers", county="AL-10")
    assert (response.status_code, response.url) == (303, INBOX)
    run_worker()
    assert [message.subject for message in mailoutbox] == ["Konfirmoni zotimin tuaj"]
    assert mailoutbox[0].to == ["drita@shembull.al"]
    assert "Drita" not in mailoutbox[0].body, "no name before the mailbox has confirmed it"
    assert tally.read().total == before.total
    [link] = links_in(mailoutbox[0], "confirm")
    assert link.startswith("/sq/")
    assert "button" in client.get(link).text
    client.post(link)
    after = tally.read()
    assert after.total == before.total + 1
    assert {sector.slug: n for sector, n in after.sectors}["teachers"] == 1
    assert tally.counties() == {"AL-10": 1}
    assert after.counties == before.counties, "a county moves at night"
    client.post(link)
    run_worker()
    assert [message.subject for message in mailoutbox[1:]] == ["Faleminderit"], "one more message after the button"
    [manage] = links_in(mailoutbox[1], "manage")
    assert "Drita Kola" in client.get(manage).text


def test_02_signing_in_english_stays_english(client, mailoutbox):
    sign(client, EN)
    run_worker()
    assert mailoutbox[0].subject == "Please confirm your pledge"
    [link] = links_in(mailoutbox[0], "confirm")
    assert link.startswith("/en/")
    assert "One more tap." in client.get(link).text
    assert "You are number" in client.post(link).text


def test_02_switching_language_keeps_the_input_and_shows_no_error(client):
    data = form_data(name="Zana Ëndërr", email="half@", consent=None, sector="artists", county="AL-09")
    response = client.post(EN, data | {"switch": "1"})
    settle_all()
    page = response.text
    assert response.status_code == 200
    assert 'lang="en"' in page
    assert 'value="Zana Ëndërr"' in page and 'value="half@"' in page
    assert 'value="artists"' in page and '<option value="AL-09" selected' in page
    assert "Error" not in page and "errors" not in page
    assert not Pledge.objects.exists()


def test_04_signing_again_looks_the_same_and_counts_once(client, mailoutbox):
    make_pledge("Drita Kola", "drita.kola@gmail.com", state="confirmed")
    let_time_pass(RESEND_INTERVAL)
    response = sign(client, name="KOLA  drità", email="DritaKola+zotim@googlemail.com")
    assert (response.status_code, response.url) == (303, INBOX)
    run_worker()
    assert tally.read().total == 1 and Pledge.objects.count() == 1
    assert [len(links_in(message, "manage")) for message in mailoutbox] == [1]
    assert mailoutbox[0].to == ["drita.kola@gmail.com"]


def test_06_a_second_person_may_pledge_from_an_address_and_a_third_may_not(client, mailoutbox):
    for name in ("Drita Kola", "Agim Kola"):
        assert sign(client, name=name).url == INBOX
    run_worker()
    for message in list(mailoutbox):
        client.post(links_in(message, "confirm")[0])
    run_worker()
    assert tally.read().total == 2
    # Also one that waits since before the second was confirmed.
    make_pledge("Cen Kola", "drita@shembull.al")
    let_time_pass(RESEND_INTERVAL)
    for name in ("Besa Kola", "Cen Kola"):
        mailoutbox.clear()
        assert sign(client, name=name).url == INBOX
        run_worker()
        [message] = mailoutbox
        assert message.subject == "Lidhja juaj" and "dy veta" in message.body and name not in message.body
        assert len(links_in(message, "manage")) == 2 and not links_in(message, "confirm")
    assert {pledge.name for pledge in Pledge.objects.all()} == {"Drita Kola", "Agim Kola", "Cen Kola"}


def test_06_one_network_causes_two_of_the_five_messages_and_keeps_nobody_from_signing(client, mailoutbox):
    """A stranger signs with her address, again and again. Then she signs, at home."""
    for number in range(12):
        assert sign(client, name=f"E huaj {'abcdefghijkl'[number]}", network="192.0.2.1").url == INBOX
        run_worker()
        let_time_pass(RESEND_INTERVAL)
    assert len(mailoutbox) == 2 and Pledge.objects.count() == 2
    assert sign(client, name="Elira Kola", network="192.0.2.2").url == INBOX
    run_worker()
    client.post(links_in(mailoutbox[-1], "confirm")[-1])
    assert Pledge.objects.confirmed().get().name == "Elira Kola"


def test_07_a_misspelt_domain_is_mended_by_a_button_or_kept_by_sending_the_form_again(client):
    address, suggestion = "a@gmial.com", "a@gmail.com"
    response = sign(client, email=address, name="Zana Ëndërr", county="AL-09")
    assert response.status_code == 422 and not Pledge.objects.exists()
    page = Document(response)
    assert 'value="Zana Ëndërr"' in response.text and '<option value="AL-09" selected' in response.text
    [button] = page.all("button", name="email")
    assert page.of(button)["value"] == suggestion and page.words(button) == f"Po, {suggestion}"
    [typed] = page.all("input", name="email")
    shown = {
        "email_as_typed": page.of(page.one("input", name="email_as_typed"))["value"],
        "stamp": stamp_in(response.text),
    }
    assert page.of(typed)["value"] == address == shown["email_as_typed"]
    # A browser sends the values of the input and of the button, in this order.
    assert client.post(SQ, form_data(**shown) | {"email": [address, suggestion]}).status_code == 303
    settle_all()
    assert Pledge.objects.get().address == suggestion
    Pledge.objects.all().delete()
    assert sign(client, email=address, **shown).status_code == 303
    assert Pledge.objects.get().address == address


def test_07_another_misspelt_domain_gets_its_own_suggestion_and_other_errors_keep_the_answer(client):
    declined = {"email_as_typed": "a@gmial.com"}
    assert "a@hotmail.com" in sign(client, email="a@hotmial.com", **declined).text
    page = Document(sign(client, email="a@gmial.com", consent=None, **declined))
    assert page.all("button", name="email") == []
    assert page.of(page.one("input", name="email_as_typed"))["value"] == "a@gmial.com"
    mended = Document(client.post(SQ, form_data(consent=None) | {"email": ["a@gmial.com", "a@gmail.com"]}))
    [typed] = mended.all("input", name="email")
    assert mended.of(typed)["value"] == "a@gmail.com"


@pytest.mark.cases(
    "name",
    [
        "<b>Drita</b>",
        "<script>alert(1)</script>",
        "http://shembull.al",
        "www.shembull.al",
        "=cmd|' /C calc'!A0",
        "+355691234567",
        "-Drita Kola",
        "@drita",
        "   ",
        "Drita" * 2000,
        "Drita 🙂",
        "Drita\u202eKola",
        "Drita\x00Kola",
        "D",
        "1234",
        "Drita\nKola",
        "D" + "\u0301" * 40 + "rita",
        "ʼʼ",
        "\ufc5e\ufc5e",
        "A.B." * 20,
    ],
)
def test_08_an_invalid_name_is_refused_with_a_message_and_the_input_kept(client, name):
    response = sign(client, name=name)
    assert response.status_code == 422
    assert "Gabim:" in response.text
    assert "drita@shembull.al" in response.text, "the other fields are kept"
    assert not Pledge.objects.exists()


@pytest.mark.cases(
    ("entered", "stored"),
    [
        ("Ge\u0308zim C\u0327ela", "Gëzim Çela"),
        ("  Drita   Kola ", "Drita Kola"),
        ("Ana-Maria O’Neil", "Ana-Maria O’Neil"),
        ("J. R. Tolkien", "J. R. Tolkien"),
        ("Ελένη Παππά", "Ελένη Παππά"),
        ("Xhevdet Gjergj Ll.", "Xhevdet Gjergj Ll."),
    ],
)
def test_08_real_names_are_stored_in_nfc_with_single_spaces(client, entered, stored):
    assert sign(client, name=entered).status_code == 303
    name = Pledge.objects.get().name
    assert name == stored and unicodedata.is_normalized("NFC", name)


@pytest.mark.cases(
    ("form", "field", "others"),
    [
        ("sign", "name", form_data),
        ("sign", "email", form_data),
        ("my_pledge", "email", form_data),
        ("group", "institution", group_data),
        ("group", "letter", group_data),
        ("join", "organisation", join_data),
        ("join", "url", join_data),
        ("enquiry_other", "text", enquiry_data),
        ("enquiry_other", "name", enquiry_data),
    ],
)
def test_08_a_field_that_is_far_too_long_is_refused_as_it_was_typed(client, form, field, others):
    # In NFC it would be half as long: it is measured before.
    typed = "e\u0308" * 5001
    data = others() | {field: typed, "else": typed}
    response = client.post(path_of(f"pledges:{form}", "sq"), data)
    page = Document(response)
    [error] = page.all("p", id=f"id_{field}_error")
    assert "5001" not in re.sub(r"\s", "", page.words(error))
    assert typed in response.text
    assert f'value="{data["email"]}"' in response.text, "the other fields are kept"


def test_09_under_16_nothing_is_stored_or_shown_again_also_with_a_second_answer(client, mailoutbox):
    response = sign(client, over_16="no", name="Fëmija Sekret", email="femija@shembull.al", county="AL-99")
    assert response.status_code == 303
    page = as_typed(client.get(response.url).text)
    assert "116 111" in page and "alo116.al" in page and "klasë" in page
    assert "Sekret" not in page and "femija@" not in page
    for more in ({"over_16": ["no", "yes"]}, {"over_16": "no", "switch": "1"}):
        assert client.post(SQ, form_data() | more).url == response.url
    run_worker()
    assert not Pledge.objects.exists() and not Message.objects.exists() and mailoutbox == []


def test_10_without_consent_the_form_shows_errors_and_keeps_the_input(client):
    response = sign(client, consent=None, name="Drita Kola", county="AL-12", updates="on")
    page = response.text
    assert response.status_code == 422
    assert "<title>Gabim:" in page
    assert 'value="Drita Kola"' in page and 'value="drita@shembull.al"' in page
    assert '<option value="AL-12" selected' in page
    assert 'class="errors" role="group" aria-labelledby="errors-title" tabindex="-1" autofocus' in page
    assert 'href="#id_consent"' in page and 'aria-invalid="true"' in page
    assert response.headers["Cache-Control"] == "private, no-store"
    assert not Pledge.objects.exists()


def test_an_invalid_address_has_one_error(client):
    for address in ("ana", "ana@", "ana koci@gmail.com", "é@x.al", "ana@gmail"):
        page = client.post(EN, form_data(email=address)).text
        # In the summary and beside the field.
        assert page.count("Enter an email address in the correct format") == 2, address


def test_10_an_empty_form_names_each_missing_field(client):
    page = client.post(SQ, {"stamp": form_data()["stamp"]}).text
    for field in ("id_over_16_0", "id_sector_0", "id_name", "id_email", "id_consent"):
        assert f'href="#{field}"' in page


@pytest.mark.parametrize("state", ["paused", "closed"])
def test_11_while_pledging_is_paused_or_closed_nothing_is_stored(client, state):
    PledgingSettings.objects.create(pk=1, state=state, message_sq="Kthehemi nesër.", message_en="Back tomorrow.")
    page = client.get(SQ).text
    assert "Kthehemi nesër." in page and 'id="pledge"' not in page
    assert "Back tomorrow." in client.get(EN).text
    response = sign(client)
    assert response.status_code == 409 and "Kthehemi nesër." in response.text
    assert not Pledge.objects.exists()


def test_signing_that_is_paused_until_a_time_opens_by_itself(client, clock):
    until = timezone.now() + timedelta(hours=1)
    PledgingSettings.objects.create(pk=1, state="paused", until=until, message_sq="Kthehemi.", message_en="Back soon.")
    assert "You can sign again on" in client.get(EN).text and "Mund të nënshkruani sërish" in client.get(SQ).text
    assert sign(client).status_code == 409
    clock.shift = timedelta(hours=1, seconds=2)
    assert 'id="pledge"' in client.get(EN).text and "Back soon." not in client.get("/en/").text
    assert sign(client).status_code == 303


@pytest.mark.cases(
    "fields", [{"website": "https://spam.example"}, *({"stamp": forged} for forged in ("", "x", "[1,2]:abc", "\x00"))]
)
def test_17_a_filled_honeypot_and_a_forged_stamp_store_nothing_and_redisplay_the_form(client, fields):
    response = sign(client, **fields)
    assert response.status_code == 422 and not Pledge.objects.exists()
    assert "spam.example" not in response.text and 'value="Drita Kola"' in response.text


def stamp_in(page):
    return page.split('name="stamp" value="')[1].split('"')[0].replace("&quot;", '"')


# The first one also if this test takes seconds.
@pytest.mark.cases("age", [-60, stamps.MAX_AGE_SECONDS + 1])
def test_17_a_form_sent_too_fast_or_too_late_is_redisplayed_filled_in(client, age):
    shown = tuple(Wording.objects.current().values_list("pk", flat=True))
    response = sign(client, stamp=str(stamps.Stamp(int(time.time()) - age, shown)))
    page = response.text
    assert response.status_code == 422 and not Pledge.objects.exists()
    assert 'value="Drita Kola"' in page and 'value="drita@shembull.al"' in page
    assert "checked" in page.split('name="consent"')[1].split(">")[0]
    assert sign(client, stamp=stamp_in(page)).status_code == 303
    assert Pledge.objects.count() == 1


def test_17_a_cross_site_post_is_refused_and_one_of_this_site_or_without_metadata_accepted(client):
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver:8000"},
        {"Origin": "http://evil.example//testserver"},
        {"Origin": "http://testserver@evil.example"},
        {"Origin": "http://testserver:port"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    ):
        assert sign(client, headers=headers).status_code == 403, headers
    assert not Pledge.objects.exists()
    for headers in (
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    ):
        assert sign(client, headers=headers).status_code == 303, headers


def test_the_box_names_the_consent_in_three_sentences_and_the_whole_text_that_is_signed_unfolds_below(client):
    page = Document(client.get(SQ))
    [label] = page.all("label", **{"for": "id_consent"})
    [unfolded] = page.all("details", **{"class": "hint"})
    assert page.words(label).count(".") == 3
    first, rest = Wording.objects.consent().get().in_language("sq").split("\n\n")
    read = [page.words(part).replace("\xa0", " ") for part in (label, unfolded)]
    assert read[0] == first and read[1].endswith(rest)


def test_the_signed_wording_is_the_one_on_the_cached_page(client):
    old = form_data()
    newest = Wording.objects.consent().get().next_version()
    newest.text_sq, newest.text_en = "Fjalë të reja.", "New words."
    newest.save()
    client.post(SQ, old)
    settle_all()
    assert Pledge.objects.get().consent.version == 1
    sign(client, email="tjeter@shembull.al")
    assert Pledge.objects.order_by("created_at").last().consent == newest


@pytest.mark.parametrize("changes", [{"name": ""}, {"switch": "1"}])
def test_a_consent_given_to_an_older_text_is_asked_for_again(client, changes):
    def is_ticked(response):
        return bool(Document(response).all("input", name="consent", checked=True))

    old = form_data() | changes
    assert is_ticked(client.post(SQ, old))
    newest = Wording.objects.consent().get().next_version()
    newest.text_sq, newest.text_en = "Fjalë të reja.", "New words."
    newest.save()
    response = client.post(SQ, old)
    assert "Fjalë të reja." in response.text and not is_ticked(response)


def test_a_form_with_a_deleted_wording_is_redisplayed(client):
    gone = Wording.objects.consent().get().next_version()
    gone.save()
    old = form_data()
    gone.delete()
    response = client.post(SQ, old)
    settle_all()
    assert response.status_code == 422 and not Pledge.objects.exists()
    assert sign(client, stamp=stamp_in(response.text)).status_code == 303
    assert Pledge.objects.get().consent.version == 1


def test_names_of_young_people_are_never_shown(client):
    sign(client, sector="youth", show_name="on")
    sign(client, sector="artists", show_name="on", email="b@shembull.al")
    assert dict(Pledge.objects.values_list("sector__slug", "show_name")) == {"youth": False, "artists": True}


def test_consent_to_news_is_repeated_in_the_confirmation_message(client, mailoutbox):
    sign(client, EN, updates="on")
    sign(client, EN, email="b@shembull.al")
    run_worker()
    news = "You have also asked for news"
    assert [news in message.body for message in mailoutbox] == [True, False]


def test_who_confirms_reads_before_and_after_that_the_form_lets_the_name_be_shown(client, mailoutbox):
    """Someone else may have ticked it."""
    for number, (sector, ticked) in enumerate([("teachers", "on"), ("teachers", None), ("youth", "on")]):
        sign(client, EN, sector=sector, show_name=ticked, email=f"drita{number}@shembull.al")
    run_worker()
    paths = [links_in(message, "confirm")[0] for message in mailoutbox]
    pages, thanks = [client.get(path).text for path in paths], [client.post(path).text for path in paths]
    notice = "Your name will appear in the list of supporters"
    assert [notice in page for page in pages] == [True, False, False] and "Drita" not in pages[0]
    assert [f"{notice} once our team has checked it." in page for page in thanks] == [True, False, False]


def test_the_sector_of_the_query_is_chosen_and_an_unknown_one_ignored(client):
    assert "checked" in client.get(SQ, {"sector": "artists"}).text.split('value="artists"')[1].split(">")[0]
    assert client.get(SQ, {"sector": "x' OR 1=1"}).status_code == 200
