"""Messages to the team, in both languages: from the form to the answer, and from the alarm to its end."""

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from campaign.models import HelpChannel, Page
from pledges.enquiries.alarm_words import is_alarming
from pledges.mail_texts.samples import sample_mail
from pledges.models import (
    AlarmWord,
    Answer,
    Attempt,
    BlockedAddress,
    Disclosure,
    Enquiry,
    Message,
    MessageText,
    PledgingSettings,
    ReadyAnswer,
    Submission,
)
from pledges.starter.models import StarterItem
from staff.models import Entry
from staff.roles import Role
from tests.challenges import reach_limit, solved
from tests.clock import let_time_pass
from tests.enquiries import (
    CONTACT,
    DISCLOSURE,
    FORMS,
    QUESTION,
    SENT,
    enquiry_data,
    make_disclosure,
    make_enquiry,
)
from tests.factories import form_data, keep_house, links_in, run_worker, send_messages, settle_all, sign_in
from tests.pages import Document
from tests.staff.accounts.test_accounts import make_account
from tests.traces import production_log

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("language", ["sq", "en"])
NUMBERS = ("112", "129", "116 111")
LIST = "/admin/pledges/enquiry/"


def send(language="sq", purpose="press", **changes):
    """The response to a form that was sent, and the enquiry that it became, or None."""
    response = Client().post(FORMS[language][purpose], enquiry_data(**changes))
    settle_all()
    return response, Enquiry.objects.order_by("-created_at").first()


def desk(role, address=None):
    """A client of a member of staff with this role."""
    account = make_account(address or f"{role}@shembull.al", role, "Arta")
    return sign_in(Client(headers={"accept-language": "en"}), account)


def page_of(row):
    return f"/admin/pledges/{row._meta.model_name}/{row.pk}/change/"


def listed(client, state="open"):
    """The ids of the enquiries in the list of the inbox."""
    return [row.pk for row in client.get(f"{LIST}?queue={state}").context["cl"].result_list]


def dialled(page):
    """The numbers that a tap calls in the content of a page, beside those of the strip."""
    main = page.one("main")
    return [
        page.words(page.all("b", node=link)[0]) for link in page.all("a", node=main) if "tel:" in page.of(link)["href"]
    ]


@BOTH
def test_the_contact_page_asks_what_it_is_about_and_has_no_field(client, language):
    page = Document(client.get(CONTACT[language]))
    main = page.one("main")
    assert page.all("textarea", node=main) + page.all("input", node=main) + page.all("form", node=main) == []
    links = {page.of(link)["href"] for link in page.all("a", node=page.one("nav", **{"aria-labelledby": "purposes"}))}
    with translation.override(language):
        assert links == {
            *FORMS[language].values(),
            *(reverse(name) for name in ("pledges:join", "campaign:contact_help", "campaign:contact_report")),
        }
    for link in links:
        assert client.get(link).status_code == 200


@BOTH
@pytest.mark.parametrize("purpose", ["help", "report"])
def test_help_and_report_take_no_text_and_show_numbers_chat_and_what_happens_after(client, language, purpose):
    with translation.override(language):
        path = reverse(f"campaign:contact_{purpose}")
    page = Document(client.get(path))
    main = page.one("main")
    assert page.all("textarea", node=main) + page.all("input", node=main) + page.all("form", node=main) == []
    assert [number.replace("\u00a0", " ") for number in dialled(page)] == [NUMBERS[2], NUMBERS[1], NUMBERS[0]]
    hrefs = [page.of(link)["href"] for link in page.all("a", node=main)]
    page_after = Page.objects.get(key="after_report")
    assert {"https://alo116.al", f"/{language}/{getattr(page_after, f'slug_{language}')}/"} <= set(hrefs)
    assert client.post(path, {"text": "x"}).status_code == 405


@BOTH
@pytest.mark.parametrize("purpose", ["press", "offer", "data", "site", "other"])
def test_the_form_asks_the_age_first_and_says_before_the_text_that_it_is_not_watched(client, language, purpose):
    response = client.get(FORMS[language][purpose])
    page = Document(response)
    form = page.one("form", id="enquiry")
    names = [page.of(each)["name"] for each in page.all(node=form, name=True) if each.name in ("input", "textarea")]
    assert list(dict.fromkeys(names)) == ["over_16", "text", "name", "email", "website", "stamp"]
    before = response.text[: response.text.index("<textarea")]
    with translation.override(language):
        assert str(translation.gettext("We do not read messages day and night.")) in before
    assert sorted(number.replace("\u00a0", " ") for number in dialled(page)) == sorted(NUMBERS)
    assert page.all("input", node=form, type="file") == [] and not response.cookies


def test_the_numbers_beside_the_form_are_those_of_the_help_channels(client):
    HelpChannel.objects.filter(key="police-129").update(number="128", tel="128")
    assert "128" in dialled(Document(client.get(FORMS["sq"]["other"])))
    assert "129" not in dialled(Document(client.get(SENT["sq"])))


@BOTH
def test_a_question_of_the_press_is_answered_from_the_inbox(language):
    response, enquiry = send(language, text=QUESTION[language])
    assert (response.status_code, response.url) == (303, SENT[language])
    page = Document(Client().get(response.url))
    assert sorted(number.replace("\u00a0", " ") for number in dialled(page)) == sorted(NUMBERS)
    assert (enquiry.purpose, enquiry.language, enquiry.state) == ("press", language, "new")
    assert (enquiry.text, enquiry.name) == (QUESTION[language], "Zamira Gazetarja")
    run_worker()
    assert mail.outbox == [], "nothing is sent by itself"

    staff = desk(Role.PLEDGES)
    assert listed(staff) == [enquiry.pk]
    shown = staff.get(page_of(enquiry))
    assert QUESTION[language] in shown.text
    arta = staff.get("/admin/").wsgi_request.user
    assert staff.post(page_of(enquiry), {"assign": "1", "assignee": arta.pk}).status_code == 302
    enquiry.refresh_from_db()
    assert (enquiry.state, enquiry.assignee_id) == ("assigned", arta.pk)

    ready = ReadyAnswer.objects.get(key="interview")
    assert ready.title_en in Document(shown).words()
    filled = staff.post(page_of(enquiry), {"use": "1", "ready": ready.pk})
    assert textarea(filled) == " ".join(getattr(ready, f"text_{language}").split())
    words = {"sq": "Mund të flisni me ne të martën.", "en": "You can talk to us on Tuesday."}[language]
    assert staff.post(page_of(enquiry), {"answer": "1", "text": f"{words}\n\n#NEJEMI1"}).status_code == 302
    run_worker()
    [sent] = mail.outbox
    assert sent.to == ["zamira@gazeta-shembull.al"]
    assert words in sent.body
    assert sent.subject == {"sq": "Një mesazh për ju", "en": "A message for you"}[language]
    whole = sent.body + sent.alternatives[0][0]
    assert QUESTION[language][:25] not in whole and "Zamira" not in whole
    enquiry.refresh_from_db()
    assert enquiry.state == "answered"
    again = staff.get(page_of(enquiry))
    assert words in again.text
    assert [each["by"] for each in again.context["answers"]] == ["Arta"]
    entries = Entry.objects.filter(subject_ids__contains=[enquiry.pk]).values_list("action", flat=True)
    assert set(entries) == {"look", "change"}
    assert words not in str(list(Entry.objects.values_list("details")))


@BOTH
def test_the_page_after_sending_promises_no_email_about_violence(client, language):
    words = Document(client.get(SENT[language])).words()
    sentence = {"sq": "nuk përgjigjemi me email", "en": "we do not answer by email"}[language]
    assert sentence in words
    assert sentence in Document(client.get(FORMS[language]["other"])).words(), "as the form says before"


def test_an_answer_that_repeats_the_message_is_not_sent():
    enquiry = make_enquiry(text="Rreshti i parë është mjaft i gjatë.\nTel. 1")
    staff = desk(Role.PLEDGES)
    for text in ("Ju shkruat: rreshti i  parë ËSHTË mjaft i gjatë. Po.", "", "x" * 4001):
        response = staff.post(page_of(enquiry), {"answer": "1", "text": text})
        assert response.status_code == 200 and textarea(response) == " ".join(text.split())
    assert not Answer.objects.exists() and not Message.objects.exists()
    assert staff.post(page_of(enquiry), {"answer": "1", "text": "Tel. 1 është i saktë."}).status_code == 302


def test_two_answers_are_two_messages_and_each_is_in_the_history(mailoutbox):
    enquiry = make_enquiry()
    staff = desk(Role.PLEDGES)
    for text in ("Përgjigjja e parë.", "Përgjigjja e dytë."):
        staff.post(page_of(enquiry), {"answer": "1", "text": text})
    run_worker()
    assert [("parë" in sent.body, "dytë" in sent.body) for sent in mailoutbox] == [(True, False), (False, True)]
    history = staff.get(f"/admin/pledges/enquiry/{enquiry.pk}/history/", follow=True)
    assert [entry.details["state"] for entry in history.context["cl"].result_list] == ["answered"] * 2


def test_closing_and_reopening():
    enquiry, staff = make_enquiry(), desk(Role.PLEDGES)
    staff.post(page_of(enquiry), {"close": "1"})
    assert listed(staff) == []
    assert listed(staff, "closed") == [enquiry.pk]
    staff.post(page_of(enquiry), {"reopen": "1"})
    enquiry.refresh_from_db()
    assert enquiry.state == "new"


def test_only_people_who_answer_can_be_chosen():
    enquiry, staff = make_enquiry(), desk(Role.PLEDGES)
    editor = make_account("redaktor@shembull.al", Role.EDITOR, "Redaktori")
    response = staff.post(page_of(enquiry), {"assign": "1", "assignee": editor.pk})
    assert response.status_code == 200 and "Choose who answers it." in response.text
    enquiry.refresh_from_db()
    assert enquiry.assignee is None


def test_the_inbox_shows_an_answer_that_was_refused_or_came_back():
    enquiry, staff = make_enquiry(), desk(Role.PLEDGES)
    staff.post(page_of(enquiry), {"answer": "1", "text": "Ja përgjigjja."})
    assert "not delivered" not in staff.get(f"{LIST}?queue=answered").text
    came_back = {"sent_at": timezone.now(), "returned_at": timezone.now()}
    for state, values in (("refused", {"error": "SMTPRecipientsRefused 550"}), ("bounced", came_back), ("delayed", {})):
        Message.objects.update(state=state, **values)
        assert "not delivered" in staff.get(f"{LIST}?queue=answered").text, state
        page = staff.get(page_of(enquiry)).text
        assert "our answer could not be delivered to this address" in page, state
        assert ("refused by the recipient" in page) == (state == "refused")
        assert "answer could not be delivered: the address may be wrong" in staff.get("/admin/").text, state


def test_a_blocked_mailbox_is_heard_but_not_written_to():
    BlockedAddress.objects.add("zamira@gazeta-shembull.al")
    _response, enquiry = send()
    staff = desk(Role.PLEDGES)
    page = staff.get(page_of(enquiry))
    assert (
        QUESTION["sq"] in page.text and "asked us never to email it" in page.text and 'name="answer"' not in page.text
    )
    staff.post(page_of(enquiry), {"answer": "1", "text": "Ja përgjigjja."})
    assert not Message.objects.exists()


@pytest.mark.slow
@BOTH
def test_the_same_message_sent_many_times_is_one_enquiry_and_each_answer_is_the_same_page(language):
    PledgingSettings.objects.update_or_create(pk=1, defaults={"network_limit": 100})
    form = Document(Client().get(FORMS[language]["press"]))
    stamp = form.of(form.one("input", name="stamp"))["value"]
    addresses = ["zamira@gazeta-shembull.al"] * 19 + ["Zamira@Gazeta-Shembull.al", " zamira@gazeta-shembull.al "]
    responses = []
    for place, address in enumerate(addresses):
        let_time_pass(timedelta(seconds=3))
        responses.append(Client().post(FORMS[language]["press"], enquiry_data(stamp=stamp, email=address)))
        if place % 5 == 0:
            settle_all()
    settle_all()
    assert {(response.status_code, response.url) for response in responses} == {(303, SENT[language])}
    assert Enquiry.objects.count() == 1 and not Submission.objects.exists()


def test_another_text_another_person_or_another_purpose_is_another_enquiry():
    for purpose, changes in (
        ("press", {}),
        ("press", {"text": f"{QUESTION['sq']} Faleminderit!"}),
        ("press", {"email": "tjeter@gazeta-shembull.al"}),
        ("data", {}),
    ):
        send(purpose=purpose, **changes)
    assert Enquiry.objects.count() == 4


def test_the_same_message_is_a_new_enquiry_after_a_day_or_once_the_first_is_erased():
    send()
    let_time_pass(timedelta(hours=23, minutes=59))
    keep_house()
    _response, first = send()
    assert Enquiry.objects.count() == 1
    let_time_pass(timedelta(minutes=2))
    keep_house()
    assert not Enquiry.objects.exclude(text_digest=None).exists()
    _response, second = send()
    assert Enquiry.objects.count() == 2 and second.pk != first.pk
    second.delete()
    send()
    assert Enquiry.objects.count() == 2


UNDER_16 = {"sq": "/sq/kontakt/nen-16/", "en": "/en/contact/under-16/"}


@BOTH
@pytest.mark.parametrize("changes", [{}, {"over_16": ["yes", "no"]}, {"switch": "1"}])
def test_a_child_of_fifteen_leaves_nothing_and_is_led_to_the_page_for_them(language, changes, settings):
    settings.DEBUG = False
    typed = {"text": "Unë jam Besarta Fëmija", "name": "Besarta", "email": "besarta@shembull.al"}
    for path in FORMS[language].values():
        with production_log() as log:
            response = Client().post(path, enquiry_data(**{"over_16": "no"} | typed | changes))
        assert (response.status_code, response.url) == (303, UNDER_16[language])
        assert not response.cookies and "esarta" not in log.getvalue() + response.text
    assert not Submission.objects.exists() and not Enquiry.objects.exists() and not Attempt.objects.exists()


@BOTH
def test_a_child_who_wrote_reads_that_no_one_read_it_and_who_listens(client, language):
    response = client.get(UNDER_16[language])
    page = Document(response)
    main = page.one("main")
    words = page.words(main)
    told = {
        "sq": ("Mesazhin tënd nuk e ruajtëm dhe nuk e lexoi njeri", "Nuk është faji yt.", "në 112"),
        "en": ("We did not keep your message, and nobody read it", "It is not your fault.", "or 112"),
    }
    for sentence in told[language]:
        assert sentence in words
    assert not re.search("faleminderit|ndihmosh|thank|wanting", words, re.IGNORECASE)
    hrefs = [page.of(link)["href"] for link in page.all("a", node=main)]
    first = [href for href in hrefs if not href.startswith("/")][:3]
    assert first == ["tel:116111", "tel:116111", "https://alo116.al"], "before anything else"
    assert words.index("116 111") < words.index("112")
    assert not response.cookies and "s-maxage" in response.headers["Cache-Control"]


def test_the_chat_of_a_child_who_wrote_is_that_of_the_help_channels(client):
    HelpChannel.objects.filter(key="alo-chat").update(url="https://chat.shembull.al")
    HelpChannel.objects.filter(key="alo-116111").update(number="116 999", tel="116999")
    page = Document(client.get(UNDER_16["en"]))
    hrefs = [page.of(link)["href"] for link in page.all("a", node=page.one("main"))]
    assert "https://chat.shembull.al" in hrefs and "tel:116999" in hrefs and "tel:116111" not in hrefs


@BOTH
def test_a_message_without_an_age_is_not_kept_and_comes_back_whole(language):
    typed = {"text": DISCLOSURE[language], "name": "Zamira Gazetarja", "email": "zamira@gazeta-shembull.al"}
    response = Client().post(FORMS[language]["other"], enquiry_data(over_16=None, **typed))
    assert response.status_code == 422
    assert not Submission.objects.exists() and not Attempt.objects.exists()
    page = Document(response)
    errors = page.one("div", **{"class": "errors"})
    assert [page.of(link)["href"] for link in page.all("a", node=errors)] == ["#id_over_16_0"]
    with translation.override(language):
        assert translation.gettext("Select yes if you are 16 or over.") in page.words(errors)
    assert textarea(response) == DISCLOSURE[language]
    assert [page.of(page.one("input", id=f"id_{name}"))["value"] for name in ("name", "email")] == [
        typed["name"],
        typed["email"],
    ]


def refused(**changes):
    """The page that a refused form leads to; nothing is stored."""
    response = Client().post(FORMS["en"]["press"], enquiry_data(**changes))
    assert response.status_code == 422
    assert not Submission.objects.exists()
    return response


def textarea(response):
    page = Document(response)
    return page.words(page.one("textarea"))


def test_markup_links_and_control_characters_are_plain_text(mailoutbox):
    text = "<script>alert(1)</script> https://shembull.al <a href='x'>y</a>\x00\x07 {{ x }} <b>fund</b>\r\nrreshti 2"
    _response, enquiry = send(text=text, name=None)
    stored = text.replace("\x00\x07", "").replace("\r\n", "\n")
    assert (enquiry.text, enquiry.name) == (stored, "")
    page = desk(Role.PLEDGES).get(page_of(enquiry)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>alert" not in page
    assert 'href="https://shembull.al' not in page and "{{ x }}" in page


@pytest.mark.cases(
    ("changes", "words"),
    [
        ({"over_16": None}, "Select yes if you are 16 or over."),
        ({"over_16": "maybe"}, "Select yes if you are 16 or over."),
        ({"text": " \r\n "}, "Write your message."),
        ({"text": "\x00"}, "Write your message."),
        ({"email": "zamira@gmial.com"}, "Did you mean zamira@gmail.com?"),
        ({"email": None}, "Enter an email address in the correct format"),
        *(({"name": name}, "Your name can only include letters") for name in ("https://x.al", ".", "-", "’", "1")),
        ({"website": "x"}, "Please check your answers and send the form again."),
        ({"stamp": "x"}, "Please check your answers and send the form again."),
    ],
)
def test_a_wrong_field_is_refused_in_words(changes, words):
    assert words in Document(refused(**changes)).words()


def test_initials_are_enough_of_a_name_and_files_are_not_read():
    file = {"file": SimpleUploadedFile("a.jpg", b"123")}
    for name in ("A.", "X", "A. B.", "Ç"):
        assert Client().post(FORMS["sq"]["press"], enquiry_data(name=name) | file).status_code == 303
        settle_all()
        assert Enquiry.objects.get().name == name
        Enquiry.objects.all().delete()


def test_the_language_switch_keeps_the_message():
    response = Client().post(FORMS["en"]["press"], enquiry_data(switch="1", text="Gjysma e mesazhit"))
    assert response.status_code == 200 and textarea(response) == "Gjysma e mesazhit"
    assert not Submission.objects.exists()


def test_neither_error_page_nor_address_nor_log_repeats_the_message(client):
    with production_log() as log:
        response = client.post(FORMS["en"]["press"], enquiry_data(text=DISCLOSURE["en"]))
        settle_all()
        page = client.get(response.url)
    assert "touches me" not in page.text + log.getvalue() + unquote(response.url)


@BOTH
def test_the_page_after_the_slow_lane_says_that_the_message_waits(language):
    reach_limit()
    response = Client().post(FORMS[language]["press"], enquiry_data(slow="1"))
    assert response.url == SENT[language] + "#later"
    let_time_pass(timedelta(minutes=2, seconds=1))
    settle_all()
    assert Enquiry.objects.count() == 1
    page = Document(Client().get(response.url))
    [later] = page.all("p", node=page.one("div", id="later"), **{"class": "later"})
    words = {"sq": "deri në një orë", "en": "up to an hour"}[language]
    assert words in page.words(later)


@BOTH
def test_the_check_of_an_enquiry_does_not_promise_an_email(language):
    reach_limit()
    page = Document(Client().post(FORMS[language]["press"], enquiry_data()))
    words = page.words(page.one("div", **{"class": "without-check"}))
    assert {"sq": "ekipi ynë mund ta shohë", "en": "Our team may then see it"}[language] in words
    assert "email" not in words


@pytest.mark.slow
@BOTH
def test_a_disclosure_in_the_press_form_goes_from_the_alarm_to_the_helpline_and_is_erased(language):
    lead, staff = desk(Role.SAFEGUARDING), desk(Role.PLEDGES)
    administrator = desk(Role.ADMINISTRATOR)
    response, enquiry = send(language, text=DISCLOSURE[language])
    assert (response.status_code, response.url) == (303, SENT[language]), "the sender notices no difference"
    disclosure = Disclosure.objects.get()
    keep_house()
    run_worker()
    [alarm] = mail.outbox
    assert alarm.to == ["safeguarding@shembull.al"]
    whole = alarm.subject + alarm.body + alarm.alternatives[0][0].partition("<body")[2]
    assert not re.search("zamira|touch|prek|press|media|abuz|dhun|disclos|rrëfim", whole, re.IGNORECASE)
    assert str(enquiry.pk)[:8] not in whole
    keep_house()
    run_worker()
    assert len(mail.outbox) == 1, "one alarm for one disclosure"
    assert not Message.objects.filter(kind="alarm").exists(), "the address of the lead is not kept"

    for other in (staff, administrator):
        assert other.get("/admin/pledges/disclosure/").status_code == 403
        assert other.get(page_of(disclosure)).status_code == 403
        assert other.get(page_of(enquiry)).status_code == 302, "it is not in the inbox"
        assert other.get(f"/admin/pledges/enquiry/{enquiry.pk}/history/").status_code == 302
        assert listed(other) == listed(other, "new") == []
        assert "disclosure of abuse: pass it on" not in other.get("/admin/").text
        other.post(page_of(enquiry), {"close": "1"})
        disclosure.refresh_from_db()
        assert disclosure.state == "new"
    assert "disclosure of abuse: pass it on" in lead.get("/admin/").text
    assert DISCLOSURE[language] in lead.get(page_of(disclosure)).text
    late = (timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    for wrong in (late, "2020-01-01T10:00", "nesër", ""):
        assert lead.post(page_of(disclosure), {"pass": "1", "passed_at": wrong}).status_code == 200
    moment = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    assert 'href="tel:116111"' in lead.get(page_of(disclosure)).text
    noted = {"pass": "1", "passed_at": moment, "taker": "Mira at the helpline", "reference": "ALO-77/26"}
    assert lead.post(page_of(disclosure), noted).status_code == 302
    disclosure.refresh_from_db()
    assert disclosure.passed_at is not None
    shown = lead.get(page_of(disclosure), headers={"accept-language": "en"}).text
    assert "Passed to 116 111 at" in shown and "State of" not in shown
    # Twice: as a fact, and in the form that corrects it.
    assert shown.count("Mira at the helpline") == shown.count("ALO-77/26") == 2
    assert not any(b"Mira" in bytes(value) or b"ALO" in bytes(value) for value in _ciphers(disclosure))
    assert "Mira" not in str([entry.details for entry in Entry.objects.all()])
    assert "disclosure of abuse: pass it on" not in lead.get("/admin/").text

    let_time_pass(timedelta(days=29))
    keep_house()
    assert Disclosure.objects.exists()
    let_time_pass(timedelta(days=1, minutes=1))
    keep_house()
    assert not Enquiry.objects.exists()


def test_what_no_key_opens_of_a_disclosure_stays_when_the_lead_corrects_the_rest():
    make_disclosure()
    disclosure, lead = Disclosure.objects.get(), desk(Role.SAFEGUARDING)
    disclosure.pass_on(timezone.now(), taker="Mira", reference="ALO-77/26")
    moment = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    # As with a key that is missing for now.
    [of_another_row] = Disclosure.objects.values_list("name_cipher", flat=True)
    Disclosure.objects.update(taker_cipher=of_another_row)
    assert 'name="taker"' not in lead.get(page_of(disclosure)).text
    corrected = {"pass": "1", "passed_at": moment, "reference": "ALO-78/26"}
    assert lead.post(page_of(disclosure), corrected).status_code == 302
    disclosure.refresh_from_db()
    assert disclosure.reference == "ALO-78/26" and bytes(disclosure.taker_cipher) == bytes(of_another_row)


def test_while_nobody_has_the_role_administrators_see_disclosures_and_get_the_alarm(mailoutbox):
    administrator, manager = desk(Role.ADMINISTRATOR), desk(Role.PLEDGES)
    make_account("e-re@shembull.al", Role.SAFEGUARDING, "E ftuar", app=False)
    make_disclosure()
    disclosure = Disclosure.objects.get()
    keep_house()
    run_worker()
    assert [sent.to for sent in mailoutbox] == [["administrator@shembull.al"]]
    assert DISCLOSURE["sq"] in administrator.get(page_of(disclosure)).text
    assert manager.get(page_of(disclosure)).status_code == 403
    assert "No safeguarding lead can sign in" in administrator.get("/admin/").text
    lead = make_account("safeguarding@shembull.al", Role.SAFEGUARDING, "Drita")
    assert administrator.get(page_of(disclosure)).status_code == 403
    assert "No safeguarding lead can sign in" not in administrator.get("/admin/").text
    lead.is_active = False
    lead.save()
    assert administrator.get(page_of(disclosure)).status_code == 200


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
    run_worker()
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
    assert (
        not Disclosure.objects.filter(alerted_at=None).exclude(pk=Disclosure.objects.latest("created_at").pk).exists()
    )


def test_a_clock_that_was_set_back_holds_no_alarm_up(mailoutbox):
    make_account("lead@shembull.al", Role.SAFEGUARDING, "Drita")
    make_disclosure()
    assert len(alarms()) == 1
    let_time_pass(-timedelta(hours=3))
    make_disclosure()
    assert len(alarms()) == 1


def test_what_the_words_missed_is_passed_to_the_lead_and_what_is_none_comes_back():
    lead, manager = desk(Role.SAFEGUARDING), desk(Role.PLEDGES)
    enquiry = make_enquiry()
    assert manager.post(page_of(enquiry), {"alarm": "1"}).status_code == 302
    assert manager.get(page_of(enquiry)).url == "/admin/"
    disclosure = Disclosure.objects.get()
    assert lead.post(page_of(disclosure), {"release": "1"}).status_code == 302
    assert not Disclosure.objects.exists()
    assert QUESTION["sq"] in manager.get(page_of(enquiry)).text


@pytest.mark.parametrize("kind", ["enquiry", "disclosure"])
def test_erasing_on_request_takes_the_answers_and_their_messages_along(kind):
    client = desk({"enquiry": Role.PLEDGES, "disclosure": Role.SAFEGUARDING}[kind])
    row = make_enquiry()
    row.answer("Ja përgjigjja.", None)
    if kind == "disclosure":
        row.raise_alarm()
        row = Disclosure.objects.get()
    assert client.post(page_of(row), {"erase": "1"}).status_code == 200
    assert client.post(page_of(row), {"erase": "1", "asked": "on"}).status_code == 302
    assert not Enquiry.objects.exists() and not Answer.objects.exists() and not Message.objects.exists()
    assert Entry.objects.filter(action="erase", subject_ids__contains=[row.pk]).exists()


ALARMING = [
    *DISCLOSURE.values(),
    "xhaxhai me prek cdo nate",
    "Babai im më rreh",
    "ME KA PËRDHUNUAR",
    "Ai e dhunon vajzën e vet.",
    "Me\u0308 prek.",
    "My uncle touched me",
    "she was raped",
    "don’t tell anyone",
    "He is abusing a child next door",
    "<raped>",
    "Një nxënëse më tregoi diçka.",
    # Without ë and ç, and as it is spoken in the north and in messages.
    "axha me ka rreh",
    "ai m’ka prek shumë herë",
    "e ka perdhunu",
    "s’ia kam thënë askujt",
    "dont tell anyone",
    "Im scared of him",
    # Inflected forms, and others than of one person.
    "Më kanë përdhunuar dy vetë.",
    "Një fëmijë më tregoi se e rrahin në shtëpi.",
    "Më detyroi të bëj gjëra që nuk doja.",
    "Ai më detyroi të bëja gjëra.",
    "Askujt nuk i kam treguar deri sot.",
    "Më tregoi një nxënëse se çfarë i ndodh në shtëpi.",
    "Jam ngacmuar nga trajneri.",
    "E ka rrahur të birin.",
    "Më keqtrajton çdo ditë.",
    "Kushëriri më puthi me zor.",
    "Abuzohem nga babai.",
    "Vajza e fqinjit është abuzuar.",
    "My stepfather comes into my room",
    "I was being abused",
    "he touches also me",
    "he forced me to watch",
    "She beats her son.",
]
NOT_ALARMING = [
    *QUESTION.values(),
    "Lëvizja Kombëtare kundër dhunës dhe shfrytëzimit seksual të fëmijëve: kush e financon?",
    "Dua një intervistë lidhur me dhunën ndaj fëmijëve dhe me abuzimin në internet.",
    "I work on sexual violence, child abuse and exploitation. May I quote your figures?",
    "Faqja nuk hapet në telefonin tim.",
    "Dua të fshij të dhënat e mia.",
    # What journalists ask, and what visitors of any site write.
    "Sa fëmijë të abuzuar dhe të dhunuar u ndihmuan në vitin 2025?",
    "How many children are sexually abused each year? Which human rights abuses do you see?",
    "Please get in touch with me, I am in touch with children’s organisations.",
    "Your movement touched my heart.",
    "The form forces me to enter my name.",
    "Formulari më detyron të shkruaj emrin.",
    "Faqja nuk punon me prekje në ekran.",
    "Jam prekur shumë nga lëvizja juaj.",
    "Zotimi mbetet me përdorim të kufizuar?",
]


def test_words_of_a_disclosure_raise_the_alarm_and_ordinary_questions_raise_none():
    patterns = AlarmWord.objects.patterns()
    assert [text for text in ALARMING if not is_alarming(text, patterns)] == []
    assert [text for text in NOT_ALARMING if is_alarming(text, patterns)] == []


@pytest.mark.slow
def test_seeding_again_keeps_the_words_of_the_lead():
    call_command("seed", verbosity=0)
    taken = AlarmWord.objects.first()
    StarterItem.objects.filter(key=f"alarm:{taken.words}").delete()
    AlarmWord.objects.filter(words="nudes").delete()
    call_command("seed", verbosity=0)
    assert AlarmWord.objects.filter(words=taken.words).count() == 1
    assert not AlarmWord.objects.filter(words="nudes").exists()


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
    keep_house()
    run_worker()
    assert len(mailoutbox) == 1


def test_samples_of_both_messages_can_be_seen_before_they_are_sent():
    for kind in ("answer", "alarm"):
        for language in ("sq", "en"):
            assert sample_mail(kind, MessageText.objects.words_in_use(kind, language), language).body


def _ciphers(row):
    return [
        getattr(row, field.name)
        for field in row._meta.fields
        if field.name.endswith("_cipher") and getattr(row, field.name)
    ]


def answered(language="en", **changes):
    """(the enquiry of someone whom we have answered, the mail with the answer, the link in it)"""
    enquiry = make_enquiry(language=language, **changes)
    enquiry.answer("You can talk to us on Tuesday.", None)
    run_worker()
    sent = mail.outbox[-1]
    [link] = re.findall(rf"{settings.SITE_URL}(/\S+/further/\S+|/\S+/vazhdim/\S+)", sent.body)
    mail.outbox.clear()
    return enquiry, sent, link


def further_data(text=QUESTION["en"], **changes):
    return {"text": text, "stamp": form_data()["stamp"], "website": "", **changes}


@BOTH
def test_the_link_of_an_answer_leads_into_the_same_conversation(language):
    enquiry, _sent, link = answered(language, text=DISCLOSURE["en"])
    page = Document(Client().get(link))
    assert page.all("textarea", name="text") and not page.all("input", name="email")
    assert DISCLOSURE["en"] not in page.words() and "Zamira" not in page.words(), "others may read the mailbox"
    response = Client().post(link, further_data())
    assert (response.status_code, response.url) == (303, SENT[language])
    settle_all()
    further = Enquiry.objects.exclude(pk=enquiry.pk).get()
    assert (further.text, further.address, further.purpose) == (QUESTION["en"], enquiry.address, "press")
    staff = desk(Role.PLEDGES)
    assert listed(staff) == [further.pk]
    for one, other in ((further, enquiry), (enquiry, further)):
        assert page_of(other) in staff.get(page_of(one)).text
    # A third message, behind the answer to the second.
    further.answer("On Wednesday too.", None)
    run_worker()
    [link] = links_in(mail.outbox[0], "further")
    Client().post(link, further_data("Thank you, on Wednesday then."))
    settle_all()
    assert set(Enquiry.objects.exclude(pk=enquiry.pk).values_list("first_id", flat=True)) == {enquiry.pk}


def test_a_further_message_counts_as_any_form_does():
    _enquiry, _sent, link = answered()
    assert Client().post(link, further_data(text="")).status_code == 422
    assert Client().post(link, further_data(website="x")).status_code == 422
    assert Client().post(link, further_data(), headers={"sec-fetch-site": "cross-site"}).status_code == 403
    reach_limit()
    response = Client().post(link, further_data())
    assert response.status_code == 429 and Document(response).one("p", **{"data-url": "/challenge/further/"})
    assert not Submission.objects.exists()
    assert Client().post(link, further_data(altcha=solved("further"))).status_code == 303


def test_who_has_told_of_violence_goes_on_with_the_safeguarding_lead():
    enquiry, _sent, link = answered()
    enquiry.raise_alarm()
    Client().post(link, further_data())
    settle_all()
    assert Disclosure.objects.count() == 2 and listed(desk(Role.PLEDGES)) == []
    enquiry, _sent, link = answered()
    Client().post(link, further_data(DISCLOSURE["en"]))
    Client().post(link, further_data())
    settle_all()
    assert Disclosure.objects.count() == 4, "the messages after it too"
    assert Enquiry.objects.get(pk=enquiry.pk).disclosure_at is None


def test_the_link_of_an_erased_or_restricted_enquiry_opens_nothing():
    enquiry, _sent, link = answered()
    Enquiry.objects.filter(pk=enquiry.pk).update(restricted_at=timezone.now())
    for response in (Client().get(link), Client().post(link, further_data())):
        assert "This link does not work" in response.text
    enquiry.delete()
    assert "This link does not work" in Client().post(link, further_data()).text
    assert not Submission.objects.exists()
