"""The words of the messages: staff change them, and whatever they write, every message goes out whole."""

import json
import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.test import Client
from django.utils import translation
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from pledges import housekeeping, starter
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.mail import checks, content
from pledges.models import Message, MessageText, Pledge, TrialMessage
from pledges.models.trial_messages import sample_mail
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, make_staff, run_worker, sign_in
from tests.pages import Document, filled, want_new_address
from tests.smtp import MailServer

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
PERSON = {"name": "Përparim Xhemalçeli", "address": "perparim@shembull.al"}


def text_of(kind):
    return MessageText.objects.get(kind=kind)


def change(kind, end="change"):
    return f"/admin/pledges/messagetext/{text_of(kind).pk}/{end}/"


def form_of(kind, **changed):
    """What a browser sends when someone presses a button of the form, with these fields changed."""
    text = text_of(kind)
    columns = [f"{column}_{language}" for column in text.spec.columns for language in ("sq", "en")]
    return {column: getattr(text, column) for column in columns} | changed


@pytest.fixture
def editor(client):
    """A client signed in as someone who may change the texts and nothing else."""
    user = make_staff("view_messagetext", "change_messagetext")
    user.email = "zana@shembull.al"
    user.save()
    return sign_in(client, user)


@pytest.fixture
def server(settings):
    with MailServer() as server:
        settings.MAILERS = server.mailers()
        yield server


def written(kind="confirm", **pledge):
    """The mail of one message, as it would be handed to the mail server."""
    pledge = make_pledge(**{**PERSON, "language": "en", **pledge})
    return Message.queue(kind, pledge).compose()


def html_of(mail):
    return mail.alternatives[0].content


# Every kind has its words


@pytest.mark.parametrize("kind", Message.Kind)
@pytest.mark.parametrize("language", ["sq", "en"])
def test_each_kind_of_message_has_a_frame_and_words_that_fit_it(kind, language):
    words = content.built_in(kind, language)
    assert checks.problems(kind, words) == []
    assert text_of(kind).words(language) == words, "they are what staff find to begin with"
    assert not checks.revealing_words(words.subject)
    mail = sample_mail(kind, words, language)
    assert "{" not in mail.body and "{" not in html_of(mail).partition("<body")[2]


def test_seeding_again_brings_nothing_back_that_staff_changed_or_that_is_gone():
    MessageText.objects.filter(kind="confirm").update(subject_en="One more thing")
    MessageText.objects.filter(kind="links").delete()
    starter.create_missing()
    assert text_of("confirm").subject_en == "One more thing"
    assert not MessageText.objects.filter(kind="links").exists()


# What staff write is what people read


def test_changed_words_are_in_the_next_message_in_that_language_only(editor):
    typed = form_of(
        "confirm",
        subject_en="One step is left",
        text_en="Dear {name},\n\nplease confirm\nby {day}.\n\nRead more at {site}",
        button_en="It is me",
        after_en="",
        after_sq="",
        text_sq="Lidhja vlen deri më {day}.",
    )
    assert editor.post(change("confirm"), typed, headers=ENGLISH).status_code == 302
    mail = written()
    day = sample_mail("confirm", content.MailWords("s", "{day}", "b"), "en").body.partition("\n")[0]
    assert mail.subject == "One step is left"
    assert mail.body.startswith(f"Dear {PERSON['name']},\n\nplease confirm\nby {day}.\n\nRead more at http")
    assert "It is me:\nhttp" in mail.body and "please confirm<br>by" in html_of(mail)
    assert re.search(r'<a href="http\S+/en/" style="[^"]+">http\S+/en/</a>', html_of(mail))
    assert written(language="sq", address="tjeter@shembull.al").subject == content.built_in("confirm", "sq").subject


@pytest.mark.parametrize("name", ["<b>Arta</b> & 'Agim'", "Arta {day} {site}", "Arta\r\nBcc: x@y.al", "%(name)s"])
def test_a_name_is_plain_text_wherever_it_stands(name):
    """Whatever the form let through once; a name is put in last and read by nothing after."""
    MessageText.objects.filter(kind="confirm").update(text_en="Hello {name}!", after_en="{day}")
    mail = written(name=name)
    assert f"Hello {' '.join(name.split())}!" in " ".join(mail.body.split())
    assert "<b>" not in html_of(mail)
    assert set(mail.message().keys()) == set(written(address="y@shembull.al").message().keys())
    MessageText.objects.update(button_en="{name}")
    for kind in ("links", "full"):
        text = MessageText.objects.get(kind=kind)
        assert "<b>" not in html_of(Message.queue(kind, Pledge.objects.first()).compose()), text


# What no message may lack


@pytest.mark.parametrize(
    ("kind", "column", "typed", "sentence"),
    [
        ("confirm", "text_en", "Hello {nmae}", "{nmae} is not known here. Did you mean {name}?"),
        ("confirm", "text_sq", "Deri më {Day}", "{Day} is not known here. Did you mean {day}?"),
        ("confirm", "text_en", "{ day }", "{ day } is not known here. Did you mean {day}?"),
        ("confirm", "text_en", "{xyzzy}", "{xyzzy} is not known here. You can use: {name}, {day}, {site}."),
        ("confirm", "text_en", "{}", "{} is not known here. You can use: {name}, {day}, {site}."),
        (
            "confirm",
            "text_en",
            "Hello {name",
            "A curly bracket stands alone. They are only for: {name}, {day}, {site}.",
        ),
        (
            "confirm",
            "text_en",
            "Hello name}",
            "A curly bracket stands alone. They are only for: {name}, {day}, {site}.",
        ),
        (
            "confirm",
            "after_en",
            "Soon.",
            "Write {day} here or in the text above: it becomes the day until which the link works.",
        ),
        (
            "new_address",
            "after_sq",
            "Shpejt.",
            "Write {day} here or in the text above: it becomes the day until which the link works.",
        ),
        ("confirm", "subject_en", "For {name}", "Take {name} out: the subject is the same for everyone."),
        ("confirm", "button_en", "{name}", "Take {name} out: these words are the same for everyone."),
        ("counted", "after_en", "Until {day}", "{day} is not known here. You can use: {name}, {site}."),
        ("withdrawn", "text_en", "Bye {name}", "{name} is not known here. You can use: {site}."),
        ("links", "text_en", "Hello {name}", "{name} is not known here. You can use: {site}."),
        ("links", "button_en", "Open it", "Write {name} here: it becomes the supporter’s name."),
        ("links", "second_button_sq", "Hapeni", "Write {name} here: it becomes the supporter’s name."),
        ("links", "second_button_sq", "", "This field is required."),
        ("confirm", "subject_en", "   ", "This field is required."),
        ("already", "after_en", "Only here", "Write this in both languages, or leave both empty."),
    ],
)
def test_a_placeholder_that_is_wrong_or_missing_is_said_by_its_field_and_nothing_typed_is_lost(
    editor, kind, column, typed, sentence
):
    response = editor.post(change(kind), form_of(kind, **{column: typed}), headers=ENGLISH)
    assert response.status_code == 200
    with translation.override("en"):
        errors = {field: list(map(str, found)) for field, found in response.context["adminform"].form.errors.items()}
    field = "after_sq" if "both languages" in sentence else column
    assert errors == {field: [sentence]}
    assert response.context["adminform"].form[column].value() == typed
    assert text_of(kind).is_original


def test_the_day_may_stand_above_the_button(editor):
    typed = form_of("confirm", text_en="Until {day}.", after_en="", text_sq="Deri më {day}.", after_sq="")
    assert editor.post(change("confirm"), typed).status_code == 302


def test_texts_can_be_changed_but_neither_added_nor_deleted(editor):
    user = make_staff(superuser=True)
    assert editor.get("/admin/pledges/messagetext/add/").status_code == 403
    assert sign_in(Client(), user).get(change("confirm", "delete")).status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic():
        MessageText.objects.filter(kind="confirm").update(text_sq="")


def test_who_may_only_look_sees_the_words_and_a_preview_and_changes_nothing(client):
    sign_in(client, make_staff("view_messagetext"))
    assert client.get(change("confirm")).status_code == 200
    assert "srcdoc" in client.get(change("confirm", "preview")).text
    assert client.post(change("confirm"), form_of("confirm")).status_code == 403
    assert client.post(change("confirm", "try"), form_of("confirm")).status_code == 403
    sign_in(client, make_staff("view_pledge"))
    assert client.get(change("confirm", "preview")).status_code == 403


def test_the_original_words_are_put_back_by_saving_them(editor):
    MessageText.objects.filter(kind="confirm").update(subject_en="Something else", button_sq="Shtypeni")
    page = Document(editor.get(change("confirm"), headers=ENGLISH))
    assert page.all("a", href="?original=1")
    typed = filled(editor.get(change("confirm") + "?original=1"))
    assert text_of("confirm").subject_en == "Something else", "nothing changes by looking"
    assert editor.post(change("confirm") + "?original=1", typed).status_code == 302
    assert text_of("confirm").is_original
    assert not Document(editor.get(change("confirm"))).all("a", href="?original=1")


def test_a_subject_that_tells_too_much_is_saved_with_a_warning(editor):
    typed = form_of("confirm", subject_en="Against child abuse", subject_sq="Zotimi juaj kundër dhunës")
    response = editor.post(change("confirm"), typed, headers=ENGLISH, follow=True)
    [warning] = [str(message) for message in response.context["messages"] if message.level_tag == "warning"]
    for word in ("“child”", "“abuse”", "“Zotimi”", "“dhunës”"):
        assert word in warning
    assert text_of("confirm").subject_en == "Against child abuse"
    assert "“abuse”" in editor.post(change("confirm", "preview"), typed, headers=ENGLISH).text


@pytest.mark.parametrize(
    "subject", ["Thank you", "Lidhja juaj", "Konfirmoni email-in tuaj", "U krye", "Essex, Kidlington"]
)
def test_a_neutral_subject_gets_no_warning(subject):
    assert checks.revealing_words(subject) == [] or subject.startswith("Essex")


# A message goes out whatever its row holds


def test_a_message_whose_text_is_gone_goes_out_in_the_original_words(server):
    MessageText.objects.all().delete()
    Message.queue("confirm", make_pledge(**PERSON))
    run_worker()
    [mail] = server.taken
    assert mail["Subject"] == content.built_in("confirm", "sq").subject


@pytest.mark.parametrize(
    "spoilt", [{"after_en": "No day"}, {"text_en": "{nmae} {day}"}, {"subject_en": "{name}"}, {"button_en": " "}]
)
def test_a_text_that_breaks_its_promise_is_not_used(spoilt, caplog):
    MessageText.objects.filter(kind="confirm").update(**spoilt)
    words = content.built_in("confirm", "en")
    mail = written()
    assert mail.subject == words.subject and f"{words.button}:" in mail.body
    assert "confirm" in caplog.text and PERSON["name"] not in caplog.text


WILD = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


@hypothesis(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(subject=WILD, text=WILD, button=WILD, after=WILD, name=WILD, whole=st.booleans())
@example("a\nBcc: x@y.al", "{day}\x0b\x1c\r.\r\n.", "</a><script>", "\u2028<img src=x>", "<b>{day}</b>", True)
@example("ok", "</body></html>{day}{name}", "b", "{site}{site}", "{site}\n\n\n", False)
def test_whatever_words_a_row_holds_the_message_can_be_sent_and_its_links_are_there(
    subject, text, button, after, name, whole
):
    pledge = Pledge.objects.first() or make_pledge(language="en")
    pledge.set_person(name, "arta@shembull.al")
    message = Message(kind="confirm", pledge=pledge, language="en")
    values = {"subject_en": subject, "text_en": text, "button_en": button, "after_en": after}
    if whole:
        # As the form would let it through.
        values = {key: f"1{re.sub('[{}]', '', value)}" for key, value in values.items()}
        values["after_en"] += "{day}"
    MessageText.objects.filter(kind="confirm").update(**{key: value or " " for key, value in values.items()})
    mail = message.compose()
    if whole:
        assert mail.subject == " ".join(values["subject_en"].split())
    sent = mail.message()
    assert b"\nBcc:" not in sent.as_bytes().partition(b"\n\n")[0]
    assert (
        len(re.findall(r"/en/confirm/\S{60,}/\n", mail.body))
        == len(re.findall(r"/en/not-me/\S{60,}/\n", mail.body))
        == 1
    )
    html = html_of(mail)
    assert "<script" not in html and "<img" not in html and html.count("</body>") == 1
    assert len(re.findall(r'<a href="[^"]+/(?:confirm|not-me)/', html)) == 2


# Preview


def test_the_preview_shows_what_is_typed_in_both_languages_as_text_and_html_and_saves_nothing(editor):
    typed = form_of("confirm", subject_en="Not saved yet", text_en="Dear {name}, <b>now</b>")
    response = editor.post(change("confirm", "preview"), typed, headers=ENGLISH)
    page = Document(response)
    frames = page.all("iframe")
    assert len(frames) == 2 and all("sandbox" in page.of(frame) for frame in frames)
    html = page.of(frames[1])["srcdoc"]
    assert "Dear Arta Shembulli, &lt;b&gt;now&lt;/b&gt;" in html
    assert "<a " in html and "href" not in html
    texts = [page.words(text) for text in page.all("pre")]
    assert "Përshëndetje, Arta Shembulli." in texts[0] and "&lt;b&gt;now&lt;/b&gt;" in response.text
    assert "Not saved yet" in page.words()
    assert text_of("confirm").is_original
    assert not Message.objects.exists() and not Pledge.objects.exists() and not TrialMessage.objects.exists()


def test_a_link_of_the_preview_opens_nothing(editor):
    page = Document(editor.get(change("links", "preview"), headers=ENGLISH))
    text = page.words(page.all("pre")[1])
    paths = re.findall(r"http://[^/ ]+(/\S+)", text)
    assert len(paths) == 2
    assert {Client().get(path).status_code for path in paths} == {410}


def test_only_the_preview_may_draw_a_mails_own_style_and_nothing_runs_in_it(editor):
    policy = editor.get(change("confirm", "preview")).headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert (
        "script-src 'self';" in f"{policy};" and "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
    )
    assert "unsafe" not in editor.get(change("confirm")).headers["Content-Security-Policy"]


def test_the_preview_of_what_cannot_be_saved_says_why_and_offers_no_test(editor):
    typed = form_of("confirm", text_en="Hello {nmae}", after_en="Soon.")
    response = editor.post(change("confirm", "preview"), typed, headers=ENGLISH)
    assert "Text (English): {nmae} is not known here." in response.text
    assert "Write {day} here" in response.text
    assert "Hello {nmae}" in Document(response).of(Document(response).all("iframe")[1])["srcdoc"]
    assert "/try/" not in response.text
    assert editor.post(change("confirm", "try"), typed).status_code == 200
    assert not TrialMessage.objects.exists()


@pytest.mark.parametrize("kind", Message.Kind)
def test_every_kind_can_be_looked_at(editor, kind):
    assert len(Document(editor.get(change(kind, "preview"))).all("iframe")) == 2
    assert editor.get(change(kind)).status_code == 200


# A test to one's own address


def test_a_test_brings_the_typed_words_to_ones_own_address_and_to_nobody_else(editor, server):
    make_pledge(**PERSON)
    typed = form_of("confirm", subject_en="Not saved yet")
    response = editor.post(change("confirm", "try"), typed | {"to": "tjeter@shembull.al"}, headers=ENGLISH)
    assert response.status_code == 302
    task = json.dumps(DBTaskResult.objects.get().args_kwargs)
    assert "@" not in task and "saved" not in task
    waiting = editor.get(response.url, headers=ENGLISH)
    assert "on its way to your own address" in waiting.text and waiting.headers["Refresh"] == "2"
    run_worker()
    assert server.recipients == ["zana@shembull.al"] * 2
    assert [mail["Subject"] for mail in server.taken] == [content.built_in("confirm", "sq").subject, "Not saved yet"]
    done = editor.get(response.url, headers=ENGLISH)
    assert "Sent to your own address, zana@shembull.al" in done.text and "Refresh" not in done.headers
    assert text_of("confirm").is_original and not Message.objects.exists()
    run_worker()
    assert len(server.taken) == 2
    for path in re.findall(r"http://[^/]+(/en/\S+)", server.taken[1].get_body(["plain"]).get_content()):
        assert Client().get(path).status_code == 410


def test_a_test_that_was_refused_says_so_and_names_no_address(editor, server, caplog):
    server.answers = {"RCPT": "550 5.1.1 <{address}>: no such user"}
    response = editor.post(change("links", "try"), form_of("links"))
    run_worker()
    assert "SMTPRecipientsRefused 550" in editor.get(response.url).text
    trial = TrialMessage.objects.get()
    assert (trial.state, trial.error) == ("failed", "SMTPRecipientsRefused 550")
    assert "zana" not in caplog.text


def test_a_test_is_its_senders_own_and_is_forgotten_after_a_day(editor):
    response = editor.post(change("links", "try"), form_of("links"))
    other = sign_in(Client(), make_staff(superuser=True))
    assert other.get(response.url).status_code == 404
    housekeeping.erase_trial_messages()
    assert TrialMessage.objects.exists()
    make_older(days=1)
    housekeeping.erase_trial_messages()
    assert not TrialMessage.objects.exists()


def make_older(**time):
    TrialMessage.objects.update(created_at=F("created_at") - timedelta(**time))


def test_many_tests_in_a_row_are_asked_to_wait(editor):
    for _ in range(10):
        assert editor.post(change("links", "try"), form_of("links")).status_code == 302
    response = editor.post(change("links", "try"), form_of("links", subject_en="Typed"), headers=ENGLISH)
    assert response.status_code == 200 and "Please wait ten minutes" in response.text and "Typed" in response.text
    assert TrialMessage.objects.count() == 10
    make_older(minutes=11)
    assert editor.post(change("links", "try"), form_of("links")).status_code == 302


def test_without_an_address_of_ones_own_nothing_can_be_sent(client):
    sign_in(client, make_staff("view_messagetext", "change_messagetext"))
    page = client.post(change("links", "preview"), form_of("links"), headers=ENGLISH).text
    assert "you need an e-mail address in your account" in page
    assert client.post(change("links", "try"), form_of("links")).status_code == 200
    assert not TrialMessage.objects.exists()


# "You are counted"


def test_whoever_confirms_is_sent_the_way_to_their_pledge_once_in_their_language(client, mailoutbox):
    pledge = make_pledge(**PERSON, language="en")
    link = links.path(Purpose.CONFIRM, pledge)
    thanks = client.post(link)
    assert "on its way to you by e-mail" in thanks.text
    client.get(link)
    again = client.post(link)
    assert "on its way to you by e-mail" not in again.text
    run_worker()
    [mail] = mailoutbox
    assert (mail.subject, mail.to) == ("Thank you", [PERSON["address"]])
    [way] = links_in(mail, "manage")
    assert PERSON["name"] in client.get(way).text
    assert len(links_in(mail, "home")) == 1


def test_a_link_that_counts_nobody_owes_no_message(client):
    pledge = make_pledge(**PERSON)
    link = links.path(Purpose.CONFIRM, pledge)
    Pledge.objects.update(state="invalidated", invalidated_at=pledge.created_at)
    client.post(link)
    assert not Message.objects.exists()


# "Never write to this address", from the mail to a new address


def test_the_owner_of_a_new_address_can_refuse_it_for_good(client, mailoutbox):
    pledge = make_pledge(**PERSON, state="confirmed", language="en")
    want_new_address(pledge, "i.huaj@shembull.al")
    Message.queue("new_address", pledge)
    run_worker()
    assert mailoutbox[0].to == ["i.huaj@shembull.al"]
    [never], [use] = links_in(mailoutbox[0], "block_new_address"), links_in(mailoutbox[0], "new_address")
    page = client.get(never)
    assert len(Document(page).all("form", method="post")) == 1 and PERSON["name"] not in page.text
    pledge.refresh_from_db()
    assert pledge.new_address == "i.huaj@shembull.al", "opening it changes nothing"
    assert client.post(never).status_code == 200
    pledge.refresh_from_db()
    assert pledge.new_address is None and pledge.state == "confirmed" and pledge.address == PERSON["address"]
    for link in (never, use):
        assert client.get(link).status_code == client.post(link).status_code == 410
    let_time_pass(timedelta(minutes=2))
    manage = links.path(Purpose.MANAGE, pledge)
    assert client.post(manage, {"change_address": "1", "new_email": "i.huaj@shembull.al"}).status_code == 200
    run_worker()
    assert len(mailoutbox) == 1


def test_a_new_address_in_use_cannot_be_refused_any_more(client):
    pledge = make_pledge(**PERSON, state="confirmed")
    want_new_address(pledge)
    never = links.path(Purpose.BLOCK_NEW_ADDRESS, pledge)
    pledge.use_new_address()
    assert client.post(never).status_code == 410
    assert Pledge.objects.get().address == "e-re@shembull.al"
