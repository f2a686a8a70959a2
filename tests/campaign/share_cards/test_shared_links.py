"""What a messenger shows beside a link: a short title and a picture. Every page is in tests/campaign/pages/test_pages.py."""

from urllib.parse import urlsplit

import pytest
from django.utils import translation

from campaign.models import Article, HelpChannel, Page
from campaign.share_cards import views as pictures
from pledges.figures import cards
from pledges.sharing import web_address
from tests.campaign.pages.test_pages import LONGEST_TITLE
from tests.pages import LANGUAGES, Document, path_of

pytestmark = pytest.mark.django_db


def shared(client, path):
    """(title, address of the picture) that a page gives to messengers."""
    page = Document(client.get(path))
    values = {page.of(meta).get("property"): page.of(meta).get("content") for meta in page.all("meta")}
    return values["og:title"], values["og:image"]


def test_a_long_title_is_shortened_in_the_link_only(client):
    article = Article.objects.first()
    title = "Ministries have answered the second of our demands, " * 2
    Article.objects.filter(pk=article.pk).update(title_en=title.strip(), share_title_en="")
    path = f"/en/news/{article.slug_en}/"
    assert len(shared(client, path)[0]) == LONGEST_TITLE and shared(client, path)[0].endswith("…")
    page = Document(client.get(path))
    assert page.words(page.one("h1")) == title.strip()


# Pages of help, and the title of their picture.
HELP = dict.fromkeys(
    ["campaign:help", "campaign:contact_report", "pledges:under_16"], {"sq": "Ndihmë tani", "en": "Help now"}
) | {"child": {"sq": "Je fëmijë?", "en": "Are you a child?"}}
ANSWERS = {
    "sq": ["ALO, linja kombëtare e fëmijëve", "Falas, ditë e natë.", "Nuk është faji yt."],
    "en": ["ALO, the national child helpline", "Free, day and night.", "It is not your fault."],
}


def words_of(drawing):
    return " ".join(line.text for line in drawing.lines).replace("\xa0", " ")


@pytest.mark.cases(("name", "language"), list(zip(HELP, [*LANGUAGES] * 2, strict=True)))
def test_the_picture_of_a_page_of_help_shows_the_number_and_does_not_ask_to_sign(client, language, name):
    HelpChannel.objects.filter(key="alo-116111").update(number="116 999", tel="116999")
    with translation.override(language):
        path = Page.objects.get(key=name).get_absolute_url() if name == "child" else path_of(name, language)
        drawing = pictures.help_card(HELP[name][language])
        assert client.get(urlsplit(shared(client, path)[1]).path).content == cards.draw(drawing)
        told = words_of(drawing)
        for words in (HELP[name][language], "116 999", *ANSWERS[language]):
            assert words in told
        assert not any(words in told for words in ("Zotohu", "Sign", web_address()))


def test_without_the_helpline_the_picture_of_the_page_for_children_still_does_not_ask_to_sign(client):
    HelpChannel.objects.filter(key="alo-116111").delete()
    path = Page.objects.get(key="child").get_absolute_url()
    with translation.override("sq"):
        drawing = pictures.help_card("Je fëmijë?")
        assert client.get(urlsplit(shared(client, path)[1]).path).content == cards.draw(drawing)
    assert "Nuk është faji yt." in words_of(drawing) and "Zotohu" not in words_of(drawing)
