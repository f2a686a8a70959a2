"""The content of messages: built-in words, words changed by staff, and how every message stays complete."""

import re

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from pledges import starter
from pledges.mail import checks, content
from pledges.mail_texts.samples import sample_mail
from pledges.models import Message, MessageText, Pledge
from tests.factories import make_pledge, run_worker
from tests.pledges.mail.messages import PERSON, compose, html_of, text_of

pytestmark = pytest.mark.django_db


def test_all_kinds_but_the_news_have_built_in_words():
    assert {*content.starter(), Message.Kind.NEWS} == set(Message.Kind)


@pytest.mark.parametrize("kind", content.starter())
def test_each_kind_has_built_in_words_without_problems_and_an_id_that_names_no_machine(settings, kind):
    settings.MAIL_DOMAIN = "nejemi1.example"
    ids = set()
    for language in ("sq", "en"):
        words = content.built_in(kind, language)
        assert checks.problems(kind, words) == []
        assert text_of(kind).words(language) == words, "the stored text starts with the built-in words"
        assert not checks.revealing_words(words.subject)
        mail = sample_mail(kind, words, language)
        assert "{" not in mail.body and "{" not in html_of(mail).partition("<body")[2]
        ids.add(mail.message()["Message-ID"])
    assert len(ids) == 2 and all(re.fullmatch(r"<[\w.]+@nejemi1\.example>", each) for each in ids)


def test_seeding_again_restores_neither_changed_nor_deleted_texts():
    MessageText.objects.filter(kind="confirm").update(subject_en="One more thing")
    MessageText.objects.filter(kind="links").delete()
    starter.write()
    assert text_of("confirm").subject_en == "One more thing"
    assert not MessageText.objects.filter(kind="links").exists()


@pytest.mark.parametrize(
    "subject", ["Thank you", "Lidhja juaj", "Konfirmoni zotimin tuaj", "U krye", "Essex, Kidlington"]
)
def test_a_neutral_subject_gets_no_warning(subject):
    assert checks.revealing_words(subject) == [] or subject.startswith("Essex")


@pytest.mark.parametrize("name", ["<b>Arta</b> & 'Agim'", "Arta {day} {site}", "Arta\r\nBcc: x@y.al", "%(name)s"])
def test_a_name_is_always_plain_text(name):
    """Even a name that the form would refuse. Names are inserted last and not interpreted afterwards."""
    MessageText.objects.filter(kind="counted").update(text_en="Hello {name}!")
    mail = compose("counted", name=name, state="confirmed")
    assert f"Hello {' '.join(name.split())}!" in " ".join(mail.body.split())
    assert "<b>" not in html_of(mail)
    assert set(mail.message().keys()) == set(compose(address="y@shembull.al").message().keys())
    MessageText.objects.filter(kind__in=["links", "full"]).update(button_en="{name}")
    for kind in ("links", "full"):
        text = MessageText.objects.get(kind=kind)
        assert "<b>" not in html_of(Message.queue(kind, Pledge.objects.confirmed().first()).compose()), text


def test_a_message_without_a_stored_text_is_sent_with_the_built_in_words(mail_server):
    MessageText.objects.all().delete()
    Message.queue("confirm", make_pledge(**PERSON))
    run_worker()
    [mail] = mail_server.accepted
    assert mail["Subject"] == content.built_in("confirm", "sq").subject


@pytest.mark.parametrize(
    "stored", [{"after_en": "No day"}, {"text_en": "{nmae} {day}"}, {"subject_en": "{name}"}, {"button_en": " "}]
)
def test_an_incomplete_stored_text_is_replaced_by_the_built_in_words(stored, caplog):
    MessageText.objects.filter(kind="confirm").update(**stored)
    words = content.built_in("confirm", "en")
    mail = compose()
    assert mail.subject == words.subject and f"{words.button}:" in mail.body
    assert "confirm" in caplog.text and PERSON["name"] not in caplog.text


any_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


@pytest.mark.slow
@hypothesis(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(subject=any_text, text=any_text, button=any_text, after=any_text, name=any_text, valid=st.booleans())
@example("a\nBcc: x@y.al", "{day}\x0b\x1c\r.\r\n.", "</a><script>", "\u2028<img src=x>", "<b>{day}</b>", True)
@example("ok", "</body></html>{day}{name}", "b", "{site}{site}", "{site}\n\n\n", False)
def test_any_stored_words_make_a_valid_message_with_its_links(subject, text, button, after, name, valid):
    pledge = Pledge.objects.first() or make_pledge(language="en")
    pledge.set_person(name, "arta@shembull.al")
    message = Message(kind="confirm", pledge=pledge, language="en")
    values = {"subject_en": subject, "text_en": text, "button_en": button, "after_en": after}
    if valid:
        # As the form would accept it.
        values = {key: f"1{re.sub('[{}]', '', value)}" for key, value in values.items()}
        values["after_en"] += "{day}"
    MessageText.objects.filter(kind="confirm").update(**{key: value or " " for key, value in values.items()})
    mail = message.compose()
    if valid:
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
    assert len(re.findall(r'href="[^"]+/(?:confirm|not-me)/', html)) == 2
