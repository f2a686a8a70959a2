"""The admin's editor of message texts: validation of placeholders, preview, and test messages to the editor's own address."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from pledges.mail import content
from pledges.mail_texts.admin import sample_mail
from pledges.models import Message, MessageText
from tests.clock import let_time_pass
from tests.factories import make_staff, sign_in
from tests.pages import Document
from tests.pledges.mail.messages import compose, html_of, text_of
from tests.pledges.signing.personal import opens_nothing

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
ORIGINAL = content.starter()


def path_of_text(kind, end="change"):
    return f"/admin/pledges/messagetext/{text_of(kind).pk}/{end}/"


def form_of(kind, **changed):
    """The form's data as a browser would send it, with these fields changed."""
    text = text_of(kind)
    columns = [f"{column}_{language}" for column in content.columns_of(text.spec) for language in ("sq", "en")]
    return {column: getattr(text, column) for column in columns} | changed


@pytest.fixture
def editor(client):
    """A client signed in with the permission to change texts and no other."""
    user = make_staff("view_messagetext", "change_messagetext")
    user.email = "zana@shembull.al"
    user.save()
    return sign_in(client, user)


def test_changed_words_are_in_the_next_message_of_that_language_only(editor):
    data = form_of(
        "confirm",
        subject_en="One step is left",
        text_en="Dear friend,\n\nplease confirm\nby {day}.\n\nRead more at {site}",
        button_en="It is me",
        after_en="",
        after_sq="",
        text_sq="Lidhja vlen deri më {day}.",
    )
    assert editor.post(path_of_text("confirm"), data, headers=ENGLISH).status_code == 302
    mail = compose()
    day = sample_mail("confirm", content.MailWords("s", "{day}", "b"), "en").body.splitlines()[2]
    assert mail.subject == "One step is left"
    assert mail.body.startswith(f"We are 1\n\nDear friend,\n\nplease confirm\nby {day}.\n\nRead more at http")
    assert "It is me:\nhttp" in mail.body and "please confirm<br>by" in html_of(mail)
    assert re.search(r'<a href="http\S+/en/" style="[^"]+">http\S+/en/</a>', html_of(mail))
    assert compose(language="sq", address="tjeter@shembull.al").subject == ORIGINAL["confirm"]["subject_sq"]


WRONG = [
    ("confirm", "text_en", "{xyzzy} {name", "You cannot use {xyzzy} here. You can use: {day}, {site}."),
    (
        *("new_address", "after_sq", "Shpejt."),
        "Include {day} here or in the text above. It becomes the day until which the link works.",
    ),
    ("confirm", "subject_en", "For {name}", "Remove {name}: this text is the same for everyone."),
    ("links", "button_en", "{name}", "Remove {name}: this text is the same for everyone."),
    ("counted", "after_en", "Dear {Nmae }", "You cannot use {Nmae } here. Did you mean {name}?"),
    ("counted", "after_en", "Until {day}", "You cannot use {day} here. You can use: {name}, {site}, {friend}."),
    # Nobody has confirmed the name yet.
    ("confirm", "text_en", "Hello {name}", "You cannot use {name} here. You can use: {day}, {site}."),
    ("links", "second_button_sq", "", "This field is required."),
    ("already", "after_en", "Only here", "Write this in both languages, or leave both empty."),
]


def test_a_wrong_or_missing_placeholder_is_an_error_of_its_field_and_the_input_kept(editor):
    for kind, column, value, error in WRONG:
        response = editor.post(path_of_text(kind), form_of(kind, **{column: value}), headers=ENGLISH)
        form = response.context["adminform"].form
        field = "after_sq" if "both languages" in error else column
        assert list(form.errors) == [field] and error in response.text, (kind, column)
        assert form[column].value() == value
        assert text_of(kind).subject_en == ORIGINAL[kind]["subject_en"]


def test_texts_can_be_changed_but_neither_added_nor_deleted_nor_emptied(editor):
    user = make_staff(superuser=True)
    assert editor.get("/admin/pledges/messagetext/add/").status_code == 403
    assert sign_in(Client(), user).get(path_of_text("confirm", "delete")).status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic():
        MessageText.objects.filter(kind="confirm").update(text_sq="")


def test_the_view_permission_shows_texts_and_preview_and_changes_nothing(client):
    sign_in(client, make_staff("view_messagetext"))
    assert client.get(path_of_text("confirm")).status_code == 200
    assert "srcdoc" in client.get(path_of_text("confirm", "preview")).text
    assert client.post(path_of_text("confirm"), form_of("confirm")).status_code == 403
    assert client.post(path_of_text("confirm", "try"), form_of("confirm")).status_code == 403
    sign_in(client, make_staff("view_pledge"))
    assert client.get(path_of_text("confirm", "preview")).status_code == 403


def test_a_revealing_subject_is_saved_with_a_warning(editor):
    data = form_of("confirm", subject_en="Against child abuse", subject_sq="Zotimi juaj kundër dhunës")
    response = editor.post(path_of_text("confirm"), data, headers=ENGLISH, follow=True)
    [warning] = [str(message) for message in response.context["messages"] if message.level_tag == "warning"]
    assert all(word in warning for word in ("“child”", "“abuse”", "“dhunës”"))
    assert text_of("confirm").subject_en == "Against child abuse"


def test_the_preview_shows_the_input_in_both_languages_as_text_and_html_and_saves_nothing(editor):
    data = form_of("counted", subject_en="Not saved yet", text_en="Dear {name}, <b>now</b>")
    response = editor.post(path_of_text("counted", "preview"), data, headers=ENGLISH)
    page = Document(response)
    frames = page.all("iframe")
    assert len(frames) == 4 and all("sandbox" in page.of(frame) for frame in frames)
    html = page.of(frames[3])["srcdoc"]
    assert "Dear Arta Shembulli, &lt;b&gt;now&lt;/b&gt;" in html
    assert "<a " in html and "href" not in html
    texts = [page.words(text) for text in page.all("pre")]
    assert "Përshëndetje, Arta Shembulli." in texts[0] and "Dear Arta Shembulli" in texts[1]
    assert "Not saved yet" in page.words() and text_of("counted").subject_en != "Not saved yet"
    policy = response.headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy and "script-src 'self';" in f"{policy};"
    assert "unsafe" not in editor.get(path_of_text("confirm")).headers["Content-Security-Policy"]


def test_the_preview_of_a_saved_draft_does_not_say_that_it_is_not_saved(editor):
    data = form_of("counted", subject_en="Saved as a draft")
    assert editor.post(path_of_text("counted"), data | {"_draft": "1"}).status_code == 302
    words = Document(editor.post(path_of_text("counted", "preview"), data, headers=ENGLISH)).words()
    assert "Nothing has been saved" not in words and "The preview saves nothing" in words


def test_the_preview_of_an_invalid_text_shows_the_errors_and_offers_no_test_message(editor):
    data = form_of("confirm", text_en="Hello {nmae}", after_en="Soon.")
    response = editor.post(path_of_text("confirm", "preview"), data, headers=ENGLISH)
    assert "Text (English): You cannot use {nmae} here." in response.text
    assert "Hello {nmae}" in Document(response).of(Document(response).all("iframe")[3])["srcdoc"]
    assert "/try/" not in response.text
    assert editor.post(path_of_text("confirm", "try"), data).status_code == 200
    assert not mail.outbox


# News has words of its own (test_mailings.py).
@pytest.mark.slow
def test_every_kind_has_a_form_and_a_preview(editor):
    for kind in set(Message.Kind) - {Message.Kind.NEWS}:
        assert editor.get(path_of_text(kind, "preview")).text.count("<iframe") == 4, kind
        assert editor.get(path_of_text(kind)).status_code == 200, kind


def test_a_test_message_sends_the_input_only_to_the_editors_own_address(editor, mail_server):
    data = form_of("links", subject_en="Not saved yet")
    response = editor.post(path_of_text("links", "try"), data | {"to": "tjeter@shembull.al"}, headers=ENGLISH)
    assert "Sent to your own address, zana@shembull.al" in response.text
    assert mail_server.recipients == ["zana@shembull.al"] * 2
    assert [sent["Subject"] for sent in mail_server.accepted] == [ORIGINAL["links"]["subject_sq"], "Not saved yet"]
    assert text_of("links").subject_en != "Not saved yet" and not Message.objects.exists()
    paths = re.findall(r"http://[^/]+(/en/\S+:\S+)", mail_server.accepted[1].get_body(["plain"]).get_content())
    assert len(paths) == 2 and all(opens_nothing(Client().get(path)) for path in paths)


def test_a_refused_test_message_shows_the_error_without_the_address(editor, mail_server, caplog):
    mail_server.replies = {"RCPT": "550 5.1.1 <{address}>: no such user"}
    response = editor.post(path_of_text("links", "try"), form_of("links"))
    assert "SMTPRecipientsRefused 550" in response.text and "no such user" not in response.text
    assert "zana" not in caplog.text


def test_test_messages_are_rate_limited(editor):
    data = form_of("links", subject_en="Typed")
    for _ in range(11):
        response = editor.post(path_of_text("links", "try"), data, headers=ENGLISH)
    assert "Please wait ten minutes" in response.text and "Typed" in response.text and len(mail.outbox) == 20
    let_time_pass(timedelta(minutes=11))
    assert "Sent to your own" in editor.post(path_of_text("links", "try"), data, headers=ENGLISH).text


def test_an_editor_without_an_address_cannot_send_a_test_message(client):
    sign_in(client, make_staff("view_messagetext", "change_messagetext"))
    page = client.post(path_of_text("links", "preview"), form_of("links"), headers=ENGLISH).text
    assert "you need an email address in your account" in page
    assert client.post(path_of_text("links", "try"), form_of("links")).status_code == 200
    assert not mail.outbox
