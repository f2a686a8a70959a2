"""Messages to the team, in both languages: from the form to the answer, and from the alarm to its end."""

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core import mail
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from campaign.models import Page
from pledges.models import Answer, Attempt, BlockedAddress, Disclosure, Enquiry, Message, ReadyAnswer, Submission
from staff.models import Entry
from staff.roles import Role
from tests.challenges import reach_limit, solved
from tests.clock import let_time_pass
from tests.enquiries import CONTACT, DISCLOSURE, FORMS, QUESTION, SENT, enquiry_data, make_disclosure, make_enquiry
from tests.factories import form_data, keep_house, run_worker, send_messages, settle_all, sign_in, work
from tests.pages import Document
from tests.pledges.desk.pages import change_path
from tests.staff.accounts.test_accounts import make_account
from tests.traces import production_log

pytestmark = pytest.mark.django_db
NUMBERS = ("112", "129", "116 111")
LIST = "/admin/pledges/enquiry/"


def send(language="sq", **changes):
    """The response to a form that was sent, and the enquiry that it became, or None."""
    response = Client().post(FORMS[language]["press"], enquiry_data(**changes))
    settle_all()
    return response, Enquiry.objects.order_by("-created_at").first()


def desk(role, address=None):
    """A client of a member of staff with this role."""
    account = make_account(address or f"{role}@shembull.al", role, "Arta")
    return sign_in(Client(headers={"accept-language": "en"}), account)


def passed_at(text):
    """What the form of a disclosure sends of a day and a time."""
    return dict(zip(("passed_at_0", "passed_at_1"), text.split(" "), strict=True))


def listed(client, state="new"):
    """The ids of the enquiries in the list of the inbox."""
    return [row.pk for row in client.get(f"{LIST}?queue={state}").context["cl"].result_list]


def dialled(page):
    """The numbers that a tap calls in the content of a page, beside those of the strip."""
    main = page.one("main")
    return [
        page.words(page.all("b", node=link)[0]) for link in page.all("a", node=main) if "tel:" in page.of(link)["href"]
    ]


def test_the_contact_page_asks_what_it_is_about_and_has_no_field(client):
    page = Document(client.get(CONTACT["en"]))
    main = page.one("main")
    assert page.all("textarea", node=main) + page.all("input", node=main) + page.all("form", node=main) == []
    links = {page.of(link)["href"] for link in page.all("a", node=page.one("nav", **{"aria-labelledby": "purposes"}))}
    with translation.override("en"):
        others = {reverse(name) for name in ("pledges:join", "campaign:contact_help", "campaign:contact_report")}
    assert links == {*FORMS["en"].values(), *others}


@pytest.mark.parametrize("purpose", ["help", "report"])
def test_help_and_report_take_no_text_and_show_numbers_chat_and_what_happens_after(client, purpose):
    with translation.override("en"):
        path = reverse(f"campaign:contact_{purpose}")
    page = Document(client.get(path))
    main = page.one("main")
    assert page.all("textarea", node=main) + page.all("input", node=main) + page.all("form", node=main) == []
    assert [number.replace("\u00a0", " ") for number in dialled(page)] == [NUMBERS[2], NUMBERS[1], NUMBERS[0]]
    hrefs = [page.of(link)["href"] for link in page.all("a", node=main)]
    page_after = Page.objects.get(key="after_report")
    assert {"https://alo116.al", f"/en/{page_after.slug_en}/"} <= set(hrefs)
    assert client.post(path, {"text": "x"}).status_code == 405


def test_the_form_asks_the_age_first_and_says_before_the_text_that_it_is_not_watched(client):
    for path in FORMS["en"].values():
        response = client.get(path)
        page = Document(response)
        form = page.one("form", id="enquiry")
        names = [page.of(each)["name"] for each in page.all(node=form, name=True) if each.name in ("input", "textarea")]
        assert list(dict.fromkeys(names)) == ["over_16", "text", "name", "email", "website", "stamp"]
        assert "We do not read messages day and night." in response.text[: response.text.index("<textarea")]
        assert sorted(number.replace("\u00a0", " ") for number in dialled(page)) == sorted(NUMBERS)
        assert page.all("input", node=form, type="file") == [] and not response.cookies


def test_a_question_of_the_press_is_answered_from_the_inbox():
    response, enquiry = send("en", text=QUESTION["en"])
    assert (response.status_code, response.url) == (303, SENT["en"])
    page = Document(Client().get(response.url))
    assert sorted(number.replace("\u00a0", " ") for number in dialled(page)) == sorted(NUMBERS)
    assert "about violence" in page.words() and "we do not answer by email" in page.words()
    assert (enquiry.purpose, enquiry.language, enquiry.state) == ("press", "en", "new")
    assert (enquiry.text, enquiry.name) == (QUESTION["en"], "Zamira Gazetarja")
    run_worker()
    assert mail.outbox == [], "nothing is sent by itself"

    staff = desk(Role.PLEDGES)
    assert listed(staff) == [enquiry.pk]
    assert QUESTION["en"] in staff.get(change_path(enquiry)).text
    words = "You can talk to us on Tuesday."
    answer = {"answer": "1", "seen": "0", "text": f"{words}\n\n#NEJEMI1"}
    assert staff.post(change_path(enquiry), answer).status_code == 302
    assert "changed since you opened this page" in staff.post(change_path(enquiry), {"answer": "1", "text": words}).text
    # The button is pressed twice, and a colleague answers from a page that was open.
    for text in (words, "We call you tomorrow."):
        told = staff.post(change_path(enquiry), answer | {"text": text})
        assert "changed since you opened this page" in told.text and textarea(told) == text
        assert 'name="seen" value="1"' in told.text
    run_worker()
    [sent] = mail.outbox
    assert sent.to == ["zamira@gazeta-shembull.al"]
    assert words in sent.body
    assert sent.subject == "A message for you"
    whole = sent.body + sent.alternatives[0][0]
    assert QUESTION["en"][:25] not in whole and "Zamira" not in whole
    enquiry.refresh_from_db()
    assert enquiry.state == "answered"
    again = staff.get(change_path(enquiry))
    assert words in again.text
    assert [each["by"] for each in again.context["answers"]] == ["Arta"]
    entries = Entry.objects.filter(subject_ids__contains=[enquiry.pk]).values_list("action", flat=True)
    assert set(entries) == {"look", "change"}
    assert words not in str(list(Entry.objects.values_list("details")))


@pytest.mark.parametrize("language", ["sq", "en"])
def test_a_ready_answer_takes_the_place_of_what_was_typed_and_sends_nothing(language):
    enquiry, staff = make_enquiry(language=language), desk(Role.PLEDGES)
    ready = ReadyAnswer.objects.get(key="interview")
    page = staff.get(change_path(enquiry)).text
    assert page.index("Request for an interview") < page.index('name="answer"') and page.count("<h2>Answer</h2>") == 1
    used = staff.post(change_path(enquiry), {"use": "1", "ready": ready.pk, "text": "Typed."})
    assert textarea(used) == " ".join(getattr(ready, f"text_{language}").split())
    assert not Answer.objects.exists() and not Entry.objects.filter(action="change").exists()
    ReadyAnswer.objects.all().delete()
    page = staff.get(change_path(enquiry)).text
    assert 'name="use"' not in page and page.count("<h2>Answer</h2>") == 1


def test_an_initial_is_enough_of_a_name():
    assert Client().post(FORMS["sq"]["press"], enquiry_data(name="A.")).status_code == 303
    settle_all()
    assert Enquiry.objects.get().name == "A."


def test_an_answer_that_repeats_the_message_is_not_sent():
    enquiry = make_enquiry(text="Rreshti i parë është mjaft i gjatë.\nTel. 1")
    staff = desk(Role.PLEDGES)
    for text in ("Ju shkruat: rreshti i  parë ËSHTË mjaft i gjatë. Po.", "", "x" * 4001):
        response = staff.post(change_path(enquiry), {"answer": "1", "seen": "0", "text": text})
        assert response.status_code == 200 and textarea(response) == " ".join(text.split())
    assert not Answer.objects.exists() and not Message.objects.exists()
    sent = {"answer": "1", "seen": "0", "text": "Tel. 1 është i saktë."}
    assert staff.post(change_path(enquiry), sent).status_code == 302


def test_list_and_page_show_an_answer_that_was_refused_or_came_back():
    enquiry, staff = make_enquiry(), desk(Role.PLEDGES)
    staff.post(change_path(enquiry), {"answer": "1", "seen": "0", "text": "Ja përgjigjja."})
    assert "not delivered" not in staff.get(f"{LIST}?queue=answered").text
    came_back = {"sent_at": timezone.now(), "returned_at": timezone.now()}
    for state, values in (("refused", {"error": "SMTPRecipientsRefused 550"}), ("bounced", came_back), ("delayed", {})):
        Message.objects.update(state=state, **values)
        assert "not delivered" in staff.get(f"{LIST}?queue=answered").text, state
        page = staff.get(change_path(enquiry)).text
        assert "our answer could not be delivered to this address" in page, state
        assert ("refused by the recipient" in page) == (state == "refused")
        assert "answer could not be delivered: the address may be wrong" in staff.get("/admin/").text, state
    staff.post(change_path(enquiry), {"close": "1"})
    assert "could not be delivered" not in staff.get("/admin/").text, "the list that it leads to has no closed ones"


def test_a_blocked_mailbox_is_heard_but_not_written_to():
    BlockedAddress.objects.add("zamira@gazeta-shembull.al")
    _response, enquiry = send()
    staff = desk(Role.PLEDGES)
    page = staff.get(change_path(enquiry))
    assert QUESTION["sq"] in page.text and "asked us never to email it" in page.text
    assert 'name="answer"' not in page.text and 'name="use"' not in page.text
    staff.post(change_path(enquiry), {"answer": "1", "seen": "0", "text": "Ja përgjigjja."})
    assert not Message.objects.exists()


UNDER_16 = {"sq": "/sq/kontakt/nen-16/", "en": "/en/contact/under-16/"}


@pytest.mark.parametrize("changes", [{}, {"over_16": ["yes", "no"]}, {"switch": "1"}])
def test_a_child_of_fifteen_leaves_nothing_and_is_led_to_the_page_for_them(changes, settings):
    settings.DEBUG = False
    typed = {"text": "Unë jam Besarta Fëmija", "name": "Besarta", "email": "besarta@shembull.al"}
    for path in FORMS["sq"].values():
        with production_log() as log:
            response = Client().post(path, enquiry_data(**{"over_16": "no"} | typed | changes))
        assert (response.status_code, response.url) == (303, UNDER_16["sq"])
        assert not response.cookies and "esarta" not in log.getvalue() + response.text
    assert not Submission.objects.exists() and not Enquiry.objects.exists() and not Attempt.objects.exists()


def test_a_child_who_wrote_reads_that_no_one_read_it_and_who_listens(client):
    response = client.get(UNDER_16["sq"])
    page = Document(response)
    main = page.one("main")
    words = page.words(main)
    for sentence in ("Mesazhin tënd nuk e ruajtëm dhe nuk e lexoi njeri", "Nuk është faji yt.", "në 112"):
        assert sentence in words
    assert not re.search("faleminderit|ndihmosh", words, re.IGNORECASE)
    hrefs = [page.of(link)["href"] for link in page.all("a", node=main)]
    first = [href for href in hrefs if not href.startswith("/")][:3]
    assert first == ["tel:116111", "tel:116111", "https://alo116.al"], "before anything else"
    assert words.index("116 111") < words.index("112")
    assert not response.cookies and "s-maxage" in response.headers["Cache-Control"]


def test_a_message_without_an_age_is_not_kept_and_comes_back_whole():
    typed = {"text": DISCLOSURE["en"], "name": "Zamira Gazetarja", "email": "zamira@gazeta-shembull.al"}
    response = Client().post(FORMS["en"]["other"], enquiry_data(over_16=None, **typed))
    assert response.status_code == 422
    assert not Submission.objects.exists() and not Attempt.objects.exists()
    page = Document(response)
    errors = page.one("div", **{"class": "errors"})
    assert [page.of(link)["href"] for link in page.all("a", node=errors)] == ["#id_over_16_0"]
    assert textarea(response) == DISCLOSURE["en"]
    kept = {name: page.of(page.one("input", id=f"id_{name}"))["value"] for name in ("name", "email")}
    assert kept == {"name": typed["name"], "email": typed["email"]}


def textarea(response):
    page = Document(response)
    return page.words(page.one("textarea"))


def test_markup_links_and_control_characters_are_plain_text(mailoutbox):
    text = "<script>alert(1)</script> https://shembull.al <a href='x'>y</a>\x00\x07 {{ x }} <b>fund</b>\r\nrreshti 2"
    _response, enquiry = send(text=text, name=None)
    stored = text.replace("\x00\x07", "").replace("\r\n", "\n")
    assert (enquiry.text, enquiry.name) == (stored, "")
    page = desk(Role.PLEDGES).get(change_path(enquiry)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>alert" not in page
    assert 'href="https://shembull.al' not in page and "{{ x }}" in page


@pytest.mark.cases(
    ("changes", "words"),
    [
        ({"over_16": None}, "Select yes if you are 16 or over."),
        ({"text": " \r\n \x00"}, "Write your message."),
        ({"text": "x" * 4001}, "Your message must be 4,000 characters or fewer. It has 4001."),
        ({"email": "zamira@gmial.com"}, "Did you mean zamira@gmail.com?"),
        ({"email": None}, "Enter an email address in the correct format"),
        ({"name": "https://x.al"}, "Your name can only include letters"),
        ({"website": "x"}, "Please check your answers and send the form again."),
        ({"stamp": "x"}, "Please check your answers and send the form again."),
    ],
)
def test_a_wrong_field_is_refused_in_words(changes, words):
    response = Client().post(FORMS["en"]["press"], enquiry_data(**changes))
    assert response.status_code == 422 and not Submission.objects.exists()
    assert words in Document(response).words()


def test_neither_error_page_nor_address_nor_log_repeats_the_message(client):
    with production_log() as log:
        response = client.post(FORMS["en"]["press"], enquiry_data(text=DISCLOSURE["en"]))
        settle_all()
        page = client.get(response.url)
    assert "touches me" not in page.text + log.getvalue() + unquote(response.url)


def test_the_page_after_the_slow_lane_says_that_the_message_waits():
    reach_limit()
    form = Document(Client().post(FORMS["en"]["press"], enquiry_data()))
    words = form.words(form.one("div", **{"class": "without-check"}))
    assert "Our team may then see it" in words and "email" not in words
    response = Client().post(FORMS["en"]["press"], enquiry_data(slow="1"))
    page = Document(Client().get(response.url))
    assert "up to an hour" in page.words(page.one("div", id="later"))


@pytest.mark.slow
def test_a_disclosure_in_the_press_form_goes_from_the_alarm_to_the_helpline_and_is_erased():
    lead, staff, administrator = desk(Role.SAFEGUARDING), desk(Role.PLEDGES), desk(Role.ADMINISTRATOR)
    response, enquiry = send(text=DISCLOSURE["sq"])
    assert (response.status_code, response.url) == (303, SENT["sq"]), "the sender notices no difference"
    disclosure = Disclosure.objects.get()
    work()
    [alarm] = mail.outbox
    assert alarm.to == ["safeguarding@shembull.al"]
    whole = alarm.subject + alarm.body + alarm.alternatives[0][0].partition("<body")[2]
    assert not re.search("zamira|touch|prek|press|media|abuz|dhun|disclos|rrëfim", whole, re.IGNORECASE)
    assert str(enquiry.pk)[:8] not in whole
    work()
    assert len(mail.outbox) == 1, "one alarm for one disclosure"
    assert not Message.objects.filter(kind="alarm").exists(), "the address of the lead is not kept"

    for other in (staff, administrator):
        assert other.get("/admin/pledges/disclosure/").status_code == 403
        assert other.get(change_path(disclosure)).status_code == 403
        assert other.get(change_path(enquiry)).status_code == 302, "it is not in the inbox"
        assert other.get(f"/admin/pledges/enquiry/{enquiry.pk}/history/").status_code == 302
        assert listed(other) == []
        assert "disclosure of abuse: pass it on" not in other.get("/admin/").text
        other.post(change_path(enquiry), {"close": "1"})
        disclosure.refresh_from_db()
        assert disclosure.state == "new"
    assert "disclosure of abuse: pass it on" in lead.get("/admin/").text
    assert DISCLOSURE["sq"] in lead.get(change_path(disclosure)).text
    late = f"{timezone.localtime() + timedelta(hours=2):%Y-%m-%d %H:%M}"
    for wrong in (late, "2020-01-01 10:00", "nesër 10:00", f"{timezone.localdate()} nesër", " "):
        assert lead.post(change_path(disclosure), {"pass": "1", **passed_at(wrong)}).status_code == 200
    moment = passed_at(f"{timezone.localtime():%Y-%m-%d %H:%M}")
    assert 'href="tel:116111"' in lead.get(change_path(disclosure)).text
    old = {"seen": disclosure.seen}
    noted = {"pass": "1", **moment, **old, "taker": "Mira at the helpline", "reference": "ALO-77/26"}
    assert lead.post(change_path(disclosure), noted).status_code == 302
    disclosure.refresh_from_db()
    assert disclosure.passed_at is not None
    # Another lead, whose page was open.
    assert "changed since you opened" in lead.post(change_path(disclosure), {"release": "1", **old}).text
    told = lead.post(change_path(disclosure), noted | {"taker": "Someone else"}).text
    assert "changed since you opened" in told and 'value="Someone else"' in told
    shown = lead.get(change_path(disclosure), headers={"accept-language": "en"}).text
    assert "Passed to 116 111 at" in shown and "State of" not in shown
    assert "Mira at the helpline" in shown and "ALO-77/26" in shown
    lead.post(change_path(disclosure), {"pass": "1", **moment, "seen": disclosure.seen})
    disclosure.refresh_from_db()
    assert disclosure.taker == "Mira at the helpline", "what is empty stays"
    ciphers = [bytes(getattr(disclosure, f"{name}_cipher")) for name in ("taker", "reference")]
    assert not any(b"Mira" in each or b"ALO" in each for each in ciphers)
    assert "Mira" not in str([entry.details for entry in Entry.objects.all()])
    assert "disclosure of abuse: pass it on" not in lead.get("/admin/").text

    let_time_pass(timedelta(days=29))
    keep_house()
    assert Disclosure.objects.exists()
    let_time_pass(timedelta(days=1, minutes=1))
    keep_house()
    assert not Enquiry.objects.exists()


def test_while_nobody_has_the_role_administrators_see_disclosures_and_get_the_alarm(mailoutbox):
    administrator, manager = desk(Role.ADMINISTRATOR), desk(Role.PLEDGES)
    make_account("e-re@shembull.al", Role.SAFEGUARDING, "E ftuar", app=False)
    make_disclosure()
    disclosure = Disclosure.objects.get()
    work()
    assert [sent.to for sent in mailoutbox] == [["administrator@shembull.al"]]
    assert DISCLOSURE["sq"] in administrator.get(change_path(disclosure)).text
    assert manager.get(change_path(disclosure)).status_code == 403
    assert "No safeguarding lead can sign in" in administrator.get("/admin/").text
    lead = make_account("safeguarding@shembull.al", Role.SAFEGUARDING, "Drita")
    assert administrator.get(change_path(disclosure)).status_code == 403
    assert "No safeguarding lead can sign in" not in administrator.get("/admin/").text
    lead.is_active = False
    lead.save()
    assert administrator.get(change_path(disclosure)).status_code == 200


def alarms(work=run_worker):
    """The recipients of the alarms that one round of the worker sends, in order."""
    before = len(mail.outbox)
    keep_house()
    work()
    return sorted(sent.to[0] for sent in mail.outbox[before:])


def test_each_lead_gets_the_alarm_in_the_language_of_our_emails_to_them():
    albanian, english, neither = (
        make_account(f"{name}@shembull.al", Role.SAFEGUARDING, name) for name in ("drita", "emma", "pa-ftese")
    )
    albanian.send_link("sq"), english.send_link("sq"), english.send_link("en")
    assert not neither.invitations.exists()
    keep_house()
    mail.outbox.clear()
    make_disclosure()
    assert alarms() == ["drita@shembull.al", "emma@shembull.al", "pa-ftese@shembull.al"]
    subjects = {sent.to[0].partition("@")[0]: sent.subject for sent in mail.outbox}
    assert subjects == {
        "drita": "Hyni te administrimi",
        "emma": "Please sign in to the admin",
        "pa-ftese": "Hyni te administrimi",
    }


@pytest.mark.slow
def test_the_alarm_is_repeated_once_a_day_until_the_disclosure_is_passed_on(mailoutbox):
    make_account("lead@shembull.al", Role.SAFEGUARDING, "Drita")
    first = make_disclosure()
    assert alarms() == ["lead@shembull.al"] and alarms() == []
    let_time_pass(timedelta(hours=20))
    second = make_disclosure()
    assert alarms() == ["lead@shembull.al"]
    let_time_pass(timedelta(hours=23))
    assert alarms() == [], "the last alarm was about both"
    let_time_pass(timedelta(hours=1, minutes=1))
    assert alarms() == ["lead@shembull.al"] and alarms() == []
    first.pass_on(timezone.now())
    let_time_pass(timedelta(days=1, minutes=1))
    assert alarms() == ["lead@shembull.al"]
    second.pass_on(timezone.now())
    let_time_pass(timedelta(days=2))
    assert alarms() == []
    text = "".join(sent.subject + sent.body for sent in mailoutbox)
    assert not re.search("prek|zamira", text, re.IGNORECASE)


@pytest.mark.slow
def test_a_set_aside_form_that_may_be_a_disclosure_raises_the_alarm_once_a_day(mailoutbox):
    lead = desk(Role.SAFEGUARDING, "lead@shembull.al")
    for text in (QUESTION["sq"], DISCLOSURE["sq"]):
        Client().post(FORMS["sq"]["press"], enquiry_data(text=text))
        Submission.objects.update(state="aside", aside_at=Now(), error="IntegrityError")
        assert alarms(send_messages) == (["lead@shembull.al"] if text == DISCLOSURE["sq"] else [])
    assert "could not be processed" in lead.get("/admin/pledges/disclosure/").text
    assert alarms(send_messages) == []
    let_time_pass(timedelta(days=1, minutes=1))
    assert alarms(send_messages) == ["lead@shembull.al"]
    Submission.objects.update(payload_cipher=b"x" * 40)
    let_time_pass(timedelta(days=1, minutes=1))
    assert alarms(send_messages) == ["lead@shembull.al"], "one that no key opens may be one"
    Submission.objects.all().delete()
    assert "could not be processed" not in lead.get("/admin/pledges/disclosure/").text


@pytest.mark.slow
def test_a_flood_of_alarming_messages_is_one_alarm_in_ten_minutes(mailoutbox):
    make_account("lead@shembull.al", Role.SAFEGUARDING, "Drita")
    sent = []
    for _minute in range(12):
        make_disclosure()
        sent.append(len(alarms()))
        let_time_pass(timedelta(minutes=1))
    assert sent == [1, *[0] * 9, 1, 0]
    for _alarm in range(5):
        let_time_pass(timedelta(minutes=10))
        make_disclosure()
        assert len(alarms()) == 1, "also above the limit of a mailbox"
    assert (
        not Disclosure.objects.filter(alerted_at=None).exclude(pk=Disclosure.objects.latest("created_at").pk).exists()
    )


def test_what_the_words_missed_is_passed_to_the_lead_and_what_is_none_comes_back():
    lead, manager = desk(Role.SAFEGUARDING), desk(Role.PLEDGES)
    enquiry = make_enquiry()
    assert manager.post(change_path(enquiry), {"alarm": "1"}).status_code == 302
    assert manager.get(change_path(enquiry)).url == "/admin/"
    disclosure = Disclosure.objects.get()
    assert lead.post(change_path(disclosure), {"release": "1", "seen": disclosure.seen}).status_code == 302
    assert not Disclosure.objects.exists()
    assert QUESTION["sq"] in manager.get(change_path(enquiry)).text


@pytest.mark.parametrize("kind", ["enquiry", "disclosure"])
def test_erasing_on_request_takes_the_answers_and_their_messages_along(kind):
    client = desk({"enquiry": Role.PLEDGES, "disclosure": Role.SAFEGUARDING}[kind])
    row = make_enquiry()
    row.answer("Ja përgjigjja.", None)
    if kind == "disclosure":
        row.raise_alarm()
        row = Disclosure.objects.get()
    assert client.post(change_path(row), {"erase": "1"}).status_code == 200
    assert client.post(change_path(row), {"erase": "1", "asked": "on"}).status_code == 302
    assert not Enquiry.objects.exists() and not Answer.objects.exists() and not Message.objects.exists()
    assert Entry.objects.filter(action="erase", subject_ids__contains=[row.pk]).exists()


def test_a_word_that_the_lead_adds_counts_for_the_next_message():
    lead = desk(Role.SAFEGUARDING)
    assert lead.post("/admin/pledges/alarmword/add/", {"words": "  kodi*   blu "}).status_code == 302
    assert lead.post("/admin/pledges/alarmword/add/", {"words": "* *"}).status_code == 200
    send(text="E thashë kodin blu sot.")
    assert Disclosure.objects.count() == 1


def test_an_alarm_reaches_a_mailbox_that_is_blocked_for_supporters(mailoutbox):
    make_account("safeguarding@shembull.al", Role.SAFEGUARDING, "Drita")
    BlockedAddress.objects.add("safeguarding@shembull.al")
    make_disclosure()
    work()
    assert len(mailoutbox) == 1


def answered(**changes):
    """(the enquiry of someone whom we have answered, the link in the answer)"""
    enquiry = make_enquiry(language="en", **changes)
    enquiry.answer("You can talk to us on Tuesday.", None)
    run_worker()
    [link] = re.findall(rf"{settings.SITE_URL}(/\S+/further/\S+)", mail.outbox.pop().body)
    return enquiry, link


def further_data(text=QUESTION["en"], **changes):
    return {"text": text, "stamp": form_data()["stamp"], "website": "", **changes}


def test_the_link_of_an_answer_leads_into_the_same_conversation():
    enquiry, link = answered(text=DISCLOSURE["en"])
    page = Document(Client().get(link))
    assert page.all("textarea", name="text") and not page.all("input", name="email")
    assert DISCLOSURE["en"] not in page.words() and "Zamira" not in page.words(), "others may read the mailbox"
    response = Client().post(link, further_data())
    assert (response.status_code, response.url) == (303, SENT["en"])
    settle_all()
    further = Enquiry.objects.exclude(pk=enquiry.pk).get()
    assert (further.text, further.address, further.purpose) == (QUESTION["en"], enquiry.address, "press")
    staff = desk(Role.PLEDGES)
    assert listed(staff) == [further.pk]
    for one, other in ((further, enquiry), (enquiry, further)):
        assert change_path(other) in staff.get(change_path(one)).text
    assert further.first_id == enquiry.pk


def test_a_further_message_counts_as_any_form_does():
    _enquiry, link = answered()
    assert Client().post(link, further_data(text="")).status_code == 422
    assert Client().post(link).status_code == 422
    assert Client().post(link, further_data(website="x")).status_code == 422
    assert Client().post(link, further_data(), headers={"sec-fetch-site": "cross-site"}).status_code == 403
    reach_limit()
    response = Client().post(link, further_data())
    assert response.status_code == 429 and Document(response).one("p", **{"data-url": "/challenge/further/"})
    assert not Submission.objects.exists()
    assert Client().post(link, further_data(altcha=solved("further"))).status_code == 303


def test_who_has_told_of_violence_goes_on_with_the_safeguarding_lead():
    enquiry, link = answered()
    enquiry.raise_alarm()
    Client().post(link, further_data())
    settle_all()
    assert Disclosure.objects.count() == 2 and listed(desk(Role.PLEDGES)) == []
    enquiry, link = answered()
    Client().post(link, further_data(DISCLOSURE["en"]))
    Client().post(link, further_data())
    settle_all()
    assert Disclosure.objects.count() == 4, "the messages after it too"
    assert Enquiry.objects.get(pk=enquiry.pk).disclosure_at is None


def test_the_link_of_an_erased_or_restricted_enquiry_opens_nothing():
    enquiry, link = answered()
    Enquiry.objects.filter(pk=enquiry.pk).update(restricted_at=timezone.now())
    for response in (Client().get(link), Client().post(link, further_data())):
        assert "This link does not work" in response.text
    enquiry.delete()
    assert "This link does not work" in Client().post(link, further_data()).text
    assert not Submission.objects.exists()
