"""What a messenger shows beside a link: a short title and a picture, on every page in both languages."""

import pytest

from campaign.content import SiteContent
from campaign.models import Article
from tests.pages import LANGUAGES, Document, public_paths

pytestmark = pytest.mark.django_db

# WhatsApp cuts off what is longer.
LONGEST_TITLE = 65


def shared(client, path):
    """(title, address of the picture) that a page gives to messengers."""
    page = Document(client.get(path))
    values = {page.of(meta).get("property"): page.of(meta).get("content") for meta in page.all("meta")}
    return values["og:title"], values["og:image"]


def test_every_page_has_a_short_title_and_a_picture(client):
    content = SiteContent.current()
    paths = [path for _name, _language, path in public_paths()]
    for language in LANGUAGES:
        paths += [f"/{language}/{getattr(page, f'slug_{language}')}/" for page in content.pages if page.has_own_address]
        news = {"sq": "lajme", "en": "news"}[language]
        paths += [f"/{language}/{news}/{getattr(row, f'slug_{language}')}/" for row in content.articles]
    assert len(paths) > 60
    for path in paths:
        title, picture = shared(client, path)
        assert 0 < len(title) <= LONGEST_TITLE, (path, title)
        assert f"/{path[1:3]}/" in picture, path


def test_a_long_title_is_shortened_in_the_link_only(client):
    article = Article.objects.published().first()
    title = "Ministries have answered the second of our demands, " * 2
    Article.objects.filter(pk=article.pk).update(title_en=title.strip(), share_title_en="")
    path = f"/en/news/{article.slug_en}/"
    assert len(shared(client, path)[0]) == LONGEST_TITLE and shared(client, path)[0].endswith("…")
    page = Document(client.get(path))
    assert page.words(page.one("h1")) == title.strip()
