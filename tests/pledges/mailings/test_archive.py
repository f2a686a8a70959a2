"""The public archive of news by email: list, pages, feed, sitemap, search."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.utils import timezone

from campaign.models import Article, Demand
from pledges.models import Mailing, Message, Sector
from tests.mailings import WORDS, make_follower, make_mailing, release, send_all
from tests.pages import LANGUAGES, Document, path_of

pytestmark = pytest.mark.django_db

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def archive(client, language="sq"):
    return client.get(path_of("pledges:mailings", language))


def page_of(mailing, language="sq"):
    return path_of("pledges:mailing", language, mailing.pk)


def plain(words):
    """Words without what keeps the name of the movement in one line."""
    return words.replace("\xa0", " ")


def subjects(response):
    """The subjects of the list, in their order."""
    page = Document(response)
    return [plain(page.words(heading)) for heading in page.all("h2", **{"class": "headline"})]


def test_an_empty_archive_says_so_and_leads_to_the_news(client):
    page = Document(archive(client, "en"))
    main = page.one("main")
    assert "We have not sent any news by email yet." in page.words(main)
    for name in ("pledges:sign", "pledges:my_pledge"):
        assert page.all("a", href=path_of(name, "en"), node=main)
    news = Document(client.get(path_of("campaign:news", "en")))
    assert news.all("a", href=path_of("pledges:mailings", "en"))


def test_a_released_mailing_appears_at_once_and_no_other(client):
    path = page_of(mailing := make_mailing())
    assert subjects(archive(client)) == [] and client.get(path).status_code == 404
    mailing.submit()
    assert subjects(archive(client)) == [] and client.get(path).status_code == 404
    release(mailing)
    assert subjects(archive(client)) == [WORDS["subject_sq"]] and client.get(path).status_code == 200


def test_the_newest_is_first(client):
    old, new = release(subject_sq="E vjetra"), release(subject_sq="E reja")
    assert subjects(archive(client)) == ["E reja", "E vjetra"]
    page = Document(archive(client))
    assert page.all("a", href=page_of(old)) and page.all("a", href=page_of(new))


def test_the_page_has_the_words_as_they_were_sent(client):
    links = {"link_sq": "https://shembull.al/r", "link_en": "https://example.org/r"}
    text = "First <b>\nsecond line\n\n\n  Then: https://shembull.al/?a=1&b=2 end"
    mailing = release(text_en=text, button_sq="Lexoni", button_en="Read", **links)
    page = Document(client.get(page_of(mailing, "en")))
    subject = WORDS["subject_en"]
    assert plain(page.words(page.one("h1"))) == subject and plain(page.title).startswith(subject)
    paragraphs = [page.words(p) for p in page.all("p", node=page.one("article"))]
    assert {"First <b> second line", "Then: https://shembull.al/?a=1&b=2 end"} <= set(paragraphs)
    assert "noreferrer" in page.of(page.one("a", href="https://shembull.al/?a=1&b=2"))["rel"]
    button = page.one("a", href=links["link_en"])
    assert page.of(button)["rel"] == "noreferrer" and page.words(button) == "Read"
    assert page.one("time", datetime=timezone.localdate().isoformat())
    shared = {tag["property"]: tag["content"] for meta in page.all("meta", property=True) for tag in [page.of(meta)]}
    assert shared["og:title"] == subject and shared["og:description"].startswith("First")
    assert shared["og:image"].startswith(settings.SITE_URL)


def test_the_page_says_to_whom_it_went(client):
    demand, sector = Demand.objects.first(), Sector.objects.get(slug="teachers")
    for audience, about, said in [
        ("news", {}, "To everyone who asked for news"),
        ("sector", {"sector": sector}, f"To people of the group “{sector.name_en}” who asked for news"),
        ("demand", {"demand": demand.key}, f"To people who follow the demand “{demand.title_en}”"),
        ("county", {"county_id": "AL-01"}, "To people who follow what happens in the county of Berat"),
    ]:
        mailing = release(audience=audience, **about)
        for response in (archive(client, "en"), client.get(page_of(mailing, "en"))):
            assert said in plain(Document(response).words())


def test_what_is_taken_off_or_went_to_no_person_is_not_shown(client):
    make_follower()
    hidden, cancelled, stopped = release(), release(), release()
    assert len(subjects(archive(client))) == 3
    Mailing.objects.filter(pk=hidden.pk).update(is_archived=False)
    cancelled.cancel()
    Mailing.objects.filter(pk=stopped.pk).fill_queue()
    send_all()
    stopped.refresh_from_db()
    stopped.cancel()
    assert subjects(archive(client)) == [WORDS["subject_sq"]]
    for mailing, status in ((hidden, 404), (cancelled, 404), (stopped, 200)):
        assert client.get(page_of(mailing)).status_code == status
    assert client.get(path_of("pledges:mailing", "sq", 10**9)).status_code == 404
    assert client.get(path_of("pledges:mailing", "sq", 10**30)).status_code == 404


def test_sending_changes_no_page(client):
    for _ in range(3):
        make_follower()
    mailing = release()
    paths = [path_of("pledges:mailings", "sq"), page_of(mailing), path_of("campaign:feed", "sq")]
    before = [client.get(path).headers["ETag"] for path in paths]
    send_all()
    assert Message.objects.filter(mailing=mailing, state="sent").count() == 3
    mailing.refresh_from_db()
    assert mailing.state == "done"
    for path, etag in zip(paths, before, strict=True):
        assert client.get(path).headers["ETag"] == etag


def test_the_feed_has_it_among_the_articles_by_time(client):
    article = Article.objects.latest("date")
    make_mailing(subject_en="Old", state="sending", released_at=timezone.now() - timedelta(days=9000))
    new = release(subject_en="New")
    entries = ET.fromstring(client.get(path_of("campaign:feed", "en")).content).findall("a:entry", ATOM)
    titles = [entry.find("a:title", ATOM).text for entry in entries]
    assert titles[0] == "New" and titles[-1] == "Old" and article.title_en in titles[1:-1]
    times = [entry.find("a:published", ATOM).text for entry in entries]
    assert times == sorted(times, reverse=True)
    assert entries[0].find("a:link", ATOM).get("href") == settings.SITE_URL + page_of(new, "en")
    assert entries[0].find("a:summary", ATOM).text == "Hello."


def test_the_sitemap_and_the_search_have_it(client):
    mailing = release(text_sq="Një fjalë: kalamidh.", text_en="One word: kalamidh.")
    sitemap = client.get("/sitemap.xml").text
    for language in LANGUAGES:
        assert settings.SITE_URL + page_of(mailing, language) in sitemap
        found = Document(client.get(path_of("campaign:search", language), {"q": "kalamidh"}))
        assert found.all("a", href=page_of(mailing, language))
