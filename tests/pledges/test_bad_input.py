"""Bad input in each public form: it is answered with one sentence, comes back whole, and is not stored."""

import pytest
from django.test import Client

from pledges.models import Enquiry, GroupPledge, Joining, Message, Pledge, Submission
from tests.enquiries import enquiry_data
from tests.factories import form_data, settle_all
from tests.organisations import join_data
from tests.pages import Document, path_of
from tests.pledges.groups.made import group_data

pytestmark = pytest.mark.django_db

# {id of the form: (URL name, its data, a field of text and what is typed there)}
FORMS = {
    "pledge": ("pledges:sign", form_data, "name", "Drita Ëndërr"),
    "group": ("pledges:group", group_data, "institution", "Shkolla „Naim Frashëri”"),
    "join": ("pledges:join", join_data, "statement_sq", "Duam që çdo fëmijë të dëgjohet."),
    "enquiry": ("pledges:enquiry_other", enquiry_data, "text", "Kur mund të flasim?\nFaleminderit!"),
}
MARKUP, LINK = "<script>alert(1)</script> <b>fund</b>", "https://shembull.al/faqja"
EMAIL = "Enter an email address in the correct format, like name@example.com"
LONG_NAME = "Your name must be 80 characters or fewer."
NAME = "Your name can only include letters, spaces, hyphens, full stops and apostrophes."
LONG_INSTITUTION = "The name must be 120 characters or fewer. It has 100000."
INSTITUTION = "The name can only include letters, digits, spaces and simple punctuation."
LETTER = "Enter the letter only, for example B."
SITE = "Enter the address of your site, for example www.shkolla.al."
STATEMENT = "The statement must be 300 characters or fewer. It has 100000."
MESSAGE = "Your message must be 4,000 characters or fewer. It has 100000."
# {form: {field: (the sentence about 100,000 letters, that about markup, that about a link); None: it is taken as plain text}}
SENTENCES = {
    "pledge": {"name": (LONG_NAME, NAME, NAME), "email": (EMAIL, EMAIL, EMAIL)},
    "group": {
        "institution": (LONG_INSTITUTION, INSTITUTION, INSTITUTION),
        "letter": (LETTER, LETTER, LETTER),
        "name": (LONG_NAME, NAME, NAME),
        "email": (EMAIL, EMAIL, EMAIL),
    },
    "join": {
        "organisation": (LONG_INSTITUTION, INSTITUTION, INSTITUTION),
        "url": (SITE, SITE, None),
        "statement_sq": (STATEMENT, None, None),
        "statement_en": (STATEMENT, None, None),
        "name": (LONG_NAME, NAME, NAME),
        "email": (EMAIL, EMAIL, EMAIL),
    },
    "enquiry": {"text": (MESSAGE, None, None), "name": (LONG_NAME, NAME, NAME), "email": (EMAIL, EMAIL, EMAIL)},
}
MANY = "x" * 100_000


def inputs():
    """(form, {field: what is typed there}, {field: the sentence about it}). What is taken as plain text has no sentence.

    Only so many letters fit into one request that each field of theirs is a case of its own.
    """
    for form, fields in SENTENCES.items():
        for field, (sentence, *_others) in fields.items():
            yield form, {field: MANY}, {field: sentence}
        for place, typed in enumerate((MARKUP, LINK), 1):
            refused = {field: sentences[place] for field, sentences in fields.items() if sentences[place]}
            taken = dict.fromkeys(fields.keys() - refused.keys(), typed)
            yield form, dict.fromkeys(refused, typed), refused
            if taken:
                yield form, taken, {}


def value(page, field):
    """What a field of the page holds, in one line."""
    [element] = page.all(id=f"id_{field}")
    return page.words(element) if element.name == "textarea" else page.of(element)["value"]


@pytest.mark.quick
def test_what_does_not_fit_comes_back_whole_with_one_sentence(subtests):
    for form, typed, sentences in inputs():
        with subtests.test(form, typed={field: words[:5] for field, words in typed.items()}):
            assert_comes_back_whole(form, typed, sentences)


def assert_comes_back_whole(form, typed, sentences):
    name, data, _field, _typed = FORMS[form]
    sent = data(**typed)
    response = Client().post(path_of(name, "en"), sent)
    if not sentences:
        assert response.status_code == 303 and Submission.objects.count() == 1
        Submission.objects.all().delete()
        return
    page = Document(response)
    assert response.status_code == 422 and not Submission.objects.exists()
    for field, sentence in sentences.items():
        [error] = page.all(id=f"id_{field}_error")
        assert page.words(error).replace("\u00a0", " ") == f"Error: {sentence}"
        # A browser would cut off what is pasted, without a word.
        assert "maxlength" not in page.of(page.all(id=f"id_{field}")[0])
    shown = {each: value(page, each) for each in SENTENCES[form] if each in sent}
    assert shown == {each: sent[each] for each in shown}


@pytest.mark.parametrize("form", FORMS)
def test_control_characters_are_left_out(form):
    name, data, field, typed = FORMS[form]
    with_controls = typed.replace(" ", "\x00 \x07").replace("\n", "\r\n")
    path = path_of(name, "en")
    # In a form that comes back as well.
    response = Client().post(path, data(**{field: with_controls, "email": "x\x00"}))
    assert response.status_code == 422 and "\x00" not in response.text and "\x07" not in response.text
    page = Document(response)
    assert (value(page, field), value(page, "email")) == (" ".join(typed.split()), "x")
    sent = data(**{field: with_controls, "email": "zamira\x00@gazeta-shembull.al"})
    response = Client().post(path, sent)
    if field == "name":
        # The sentence of a name with other signs; sent again as it came back, it is taken.
        page = Document(response)
        assert NAME in page.words(page.one("p", id="id_name_error"))
        response = Client().post(path, sent | {field: value(page, field)})
    assert response.status_code == 303
    settle_all()
    models = {"pledge": Pledge, "group": GroupPledge, "join": Joining, "enquiry": Enquiry}
    row = models[form].objects.get()
    assert (getattr(row, field), row.address) == (typed, "zamira@gazeta-shembull.al")


# An address that bounces: the person is not told at once, because the answer is the same for each address.


@pytest.mark.parametrize("form", FORMS)
def test_the_page_after_a_form_is_the_same_for_an_address_that_bounces(form):
    name, data, _field, _typed = FORMS[form]
    path = path_of(name, "sq")
    answers = []
    for address in ("zamira@gazeta-shembull.al", "nuk-ekziston@gazeta-shembull.al"):
        response = Client().post(path, data(email=address))
        settle_all()
        Message.objects.update(state=Message.State.REFUSED, error="SMTPRecipientsRefused 550")
        answers.append((response.status_code, response.url, Client().get(response.url).content))
    assert answers[0] == answers[1] and answers[0][0] == 303
