"""The content of messages: built-in words, words changed by staff, and how every message stays complete."""

import re

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from pledges import starter
from pledges.mail import content, texts
from pledges.mail_texts.admin import sample_mail
from pledges.models import Message, MessageText, Pledge
from tests.factories import make_pledge
from tests.pledges.mail.messages import PERSON, compose, html_of, text_of

pytestmark = pytest.mark.django_db


def test_each_kind_but_the_news_has_built_in_words_without_problems_and_an_id_that_names_no_machine(settings):
    settings.MAIL_DOMAIN = "nejemi1.example"
    assert {*content.starter(), Message.Kind.NEWS} == set(Message.Kind)
    for kind in content.starter():
        ids = set()
        for language in ("sq", "en"):
            words = text_of(kind).words(language)
            assert texts.problems(kind, words) == [] and not texts.revealing_words(words.subject), kind
            mail = sample_mail(kind, words, language)
            assert "{" not in mail.body and "{" not in html_of(mail).partition("<body")[2], kind
            ids.add(mail.message()["Message-ID"])
        assert len(ids) == 2 and all(re.fullmatch(r"<[\w.]+@nejemi1\.example>", each) for each in ids)


def test_seeding_again_restores_no_changed_text_and_without_one_the_built_in_words_are_sent():
    MessageText.objects.filter(kind="confirm").update(subject_en="One more thing")
    MessageText.objects.filter(kind="already").delete()
    starter.write()
    assert compose().subject == "One more thing"
    assert (
        compose("already", state="confirmed", address="y@shembull.al").subject
        == content.starter()["already"]["subject_en"]
    )


def test_a_name_is_always_plain_text():
    """Even a name that the form would refuse. Names are inserted last and not interpreted afterwards."""
    MessageText.objects.filter(kind="counted").update(text_en="Hello {name}!")
    headers = set(compose(address="y@shembull.al").message().keys())
    for name in ["<b>Arta</b> & 'Agim'", "Arta {day} {site}", "Arta\r\nBcc: x@y.al", "%(name)s"]:
        mail = compose("counted", name=name, state="confirmed")
        assert f"Hello {' '.join(name.split())}!" in " ".join(mail.body.split())
        assert "<b>" not in html_of(mail) and set(mail.message().keys()) == headers
        pledge = Pledge.objects.confirmed().get()
        for kind in ("links", "full"):
            assert "<b>" not in html_of(Message.queue(kind, pledge).compose()), (kind, name)
        pledge.delete()


@pytest.mark.parametrize(
    "stored", [{"after_en": "No day"}, {"text_en": "{nmae} {day}"}, {"subject_en": "{name}"}, {"button_en": " "}]
)
def test_an_incomplete_stored_text_is_replaced_by_the_built_in_words(stored, caplog):
    subject = text_of("confirm").subject_en
    MessageText.objects.filter(kind="confirm").update(**{"subject_en": "One more thing"} | stored)
    assert compose().subject == subject
    assert "the text of the message “confirm” (en) cannot be used" in caplog.text and PERSON["name"] not in caplog.text


any_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


@pytest.mark.slow
@hypothesis(max_examples=50)
@given(subject=any_text, text=any_text, button=any_text, after=any_text, name=any_text)
@example("a\nBcc: x@y.al", "\x0b\x1c\r.\r\n.", "</a><script>", "\u2028<img src=x>", "<b></b>")
@example("ok", "</body></html>", "b", "{site}{site}", "{site}\n\n\n")
def test_any_stored_words_make_a_valid_message_with_its_links(subject, text, button, after, name):
    pledge = Pledge.objects.first() or make_pledge(language="en")
    pledge.set_person(name, "arta@shembull.al")
    # The placeholder that every text of this message has.
    values = {"subject_en": subject, "text_en": f"{{day}} {text}", "button_en": button, "after_en": after}
    MessageText.objects.filter(kind="confirm").update(**{key: value or " " for key, value in values.items()})
    mail = Message(kind="confirm", pledge=pledge, language="en").compose()
    # Words that lack something are replaced by the built-in ones.
    has_problems = texts.problems("confirm", text_of("confirm").words("en"))
    assert mail.subject == (content.starter()["confirm"]["subject_en"] if has_problems else " ".join(subject.split()))
    assert b"\nBcc:" not in mail.message().as_bytes().partition(b"\n\n")[0]
    for page in ("confirm", "not-me"):
        assert len(re.findall(rf"/en/{page}/\S{{60,}}/\n", mail.body)) == 1
    html = html_of(mail)
    assert "<script" not in html and "<img" not in html and html.count("</body>") == 1
    assert len(re.findall(r'href="[^"]+/(?:confirm|not-me)/', html)) == 2
