"""Ending the news: the short address in mails, the page with the buttons, and what mail programs send."""

import pytest

from campaign.models import Demand
from pledges.crypto import links
from pledges.models import Follow, MailingCount, Pledge
from tests.mailings import make_follower, make_mailing, release
from tests.pages import LANGUAGES, Document, path_of, want_new_address
from tests.pledges.signing.personal import opens_nothing

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
PAGES = {"sq": "/sq/mos-me-dergoni-lajme/", "en": "/en/no-more-news/"}
ALL, ONE = "all", "only"


def supporter(**values):
    """A confirmed pledge that follows the news, a demand and two counties."""
    pledge = make_follower(**values)
    Follow.choose(pledge, [Demand.objects.first().key], ["AL-01", "AL-11"])
    return pledge


def followed(pledge):
    """(wants news, number of demands, codes of counties)"""
    pledge.refresh_from_db()
    counties = pledge.follows.filter(county__isnull=False).order_by("county").values_list("county", flat=True)
    return pledge.updates, pledge.follows.filter(county=None).count(), list(counties)


EVERYTHING, NOTHING = (True, 1, ["AL-01", "AL-11"]), (False, 0, [])


def short(pledge, mailing):
    return f"/u/{links.news_token(pledge, mailing.pk)}"


def page_of(pledge, mailing, language="sq"):
    return path_of("pledges:end_news", language, links.news_token(pledge, mailing.pk))


def lost(mailing):
    """How many people the mailing has lost."""
    return mailing.figures()["unsubscribed"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_are_led_to_the_page_in_the_language_of_the_mail_and_opening_it_changes_nothing(client, language):
    pledge, mailing = supporter(language=language), release()
    response = client.get(short(pledge, mailing), headers={"Accept-Language": "de"})
    assert response.status_code == 302
    assert response.url == PAGES[language] + links.news_token(pledge, mailing.pk) + "/"
    page = client.get(response.url)
    assert page.status_code == 200
    for each in (response, page):
        assert each.headers["Cache-Control"] == "private, no-store"
        assert each.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert not each.cookies
        assert client.head(each.request["PATH_INFO"]).status_code == each.status_code
    assert pledge.name.split()[0] not in page.text
    assert followed(pledge) == EVERYTHING and not MailingCount.objects.exists(), "opening it changes nothing"


@pytest.mark.parametrize(("kind", "language"), [("body", "sq"), ("multipart", "en"), ("empty", "sq")])
def test_the_button_of_a_mail_program_ends_all_without_a_header_of_a_browser(client, kind, language):
    pledge, mailing = supporter(language=language), release(audience="county", county_id="AL-01")
    path = short(pledge, mailing)
    if kind == "body":
        response = client.post(path, "List-Unsubscribe=One-Click", content_type=FORM)
    else:
        response = client.post(path, {"List-Unsubscribe": "One-Click"} if kind == "multipart" else {})
    assert response.status_code == 200 and not response.cookies
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Content-Language"] == language
    assert followed(pledge) == NOTHING and lost(mailing) == 1
    # Providers send it again after a time-out. It is counted once.
    assert client.post(path, "List-Unsubscribe=One-Click", content_type=FORM).status_code == 200
    assert lost(mailing) == 1


@pytest.mark.cases("audience", ["news", "demand", "county"])
def test_the_page_has_a_button_for_all_and_one_for_what_the_mail_was_about(client, audience):
    pledge = supporter()
    demand = Demand.objects.first()
    about = {"news": {}, "demand": {"demand": demand.key}}
    mailing = release(audience=audience, **about.get(audience, {"county_id": "AL-01"}))
    path = page_of(pledge, mailing)
    page = Document(client.get(path))
    buttons = [button for form in page.all("form", action=path) for button in page.all("button", node=form)]
    what = {"demand": demand.title_sq, "county": "Berat"}.get(audience)
    assert len(buttons) == (2 if what else 1)
    if not what:
        # A forged button for a part ends all.
        client.post(path, {"only": "1"})
        assert followed(pledge) == NOTHING
        return
    assert what in page.words(buttons[1]) and page.of(buttons[1])["name"] == "only"
    done = Document(client.post(path, {"only": "1"}))
    assert what in page.words(done.one("h1")) and not done.all("form", action=path)
    left = (True, 0, ["AL-01", "AL-11"]) if audience == "demand" else (True, 1, ["AL-11"])
    assert followed(pledge) == left and lost(mailing) == 1


def test_the_answer_says_that_the_pledge_stays_and_leads_to_the_own_link(client):
    pledge, mailing = supporter(language="en"), release()
    page = Document(client.post(page_of(pledge, mailing, "en")))
    main = page.one("main")
    assert "Your pledge stays as it is" in page.words(main)
    assert page.all("a", href=path_of("pledges:my_pledge", "en"), node=main)
    assert Pledge.objects.confirmed().filter(pk=pledge.pk).exists()


def test_it_ends_for_both_pledges_of_a_mailbox_and_for_no_other(client):
    first, second = supporter(address="drita@shembull.al"), supporter(address="drita@shembull.al")
    other = supporter(address="arta@shembull.al")
    mailing = release(audience="county", county_id="AL-01")
    client.post(page_of(first, mailing), {"only": "1"})
    assert [followed(each) for each in (first, second)] == [(True, 1, ["AL-11"])] * 2
    client.post(short(second, mailing), "List-Unsubscribe=One-Click", content_type=FORM)
    assert followed(first) == followed(second) == NOTHING
    assert followed(other) == EVERYTHING


@pytest.mark.slow
def test_every_wrong_address_gets_the_same_page_and_changes_nothing(client):
    pledge, mailing = supporter(), release()
    other = make_follower()
    token = links.news_token(pledge, mailing.pk)
    # The id of one pledge with the digest of another.
    foreign = token[:12] + links.news_token(other, mailing.pk)[12:]
    gone = supporter()
    of_the_gone = links.news_token(gone, mailing.pk)
    gone.withdraw()
    pages = set()
    mangled = [
        token[:-1],
        token + "A",
        f"{token}%0A",
        token.swapcase(),
        "x",
        "=" * 24,
        "%C3%AB" * 24,
        "%00" * 24,
        "a" * 2000,
    ]
    for wrong in [*mangled, foreign, of_the_gone]:
        path = f"{PAGES['sq']}{wrong}/"
        answers = [client.get(path), client.post(path, {"only": "1"})]
        answers.append(client.get(f"/u/{wrong}", follow=True))
        for answer in answers:
            assert opens_nothing(answer), wrong
            assert answer.headers["Cache-Control"] == "private, no-store"
            pages.add((answer.headers["Content-Language"], Document(answer).words(Document(answer).one("main"))))
        assert client.post(f"/u/{wrong}").status_code == 410, "a mail program must not say that it has worked"
    assert len(dict(pages)) == len(pages), "one page in each language"
    assert followed(pledge) == EVERYTHING and followed(other)[0] and not MailingCount.objects.exists()


def after(change, pledge):
    """Let the pledge move to another mailbox, cancel its links, or withdraw."""
    if change == "moved":
        want_new_address(pledge, "e-re@shembull.al")
        assert pledge.use_new_address()
    elif change == "cancelled":
        pledge.revoke_links()
    else:
        pledge.withdraw()


@pytest.mark.parametrize("change", ["moved", "cancelled", "withdrawn"])
def test_an_old_mail_ends_no_news_and_tells_nothing_after(client, change):
    pledge, mailing = supporter(language="sq"), release(audience="county", county_id="AL-01")
    other = supporter(address="e-re@shembull.al")
    path, page = short(pledge, mailing), page_of(pledge, mailing, "sq")
    before = client.get(path)
    after(change, pledge)
    answer = client.get(path)
    assert (answer.status_code, answer.url) == (before.status_code, before.url), (
        "it tells not whether there is a pledge"
    )
    for each in (client.get(page), client.post(page), client.post(page, {"only": "1"})):
        assert opens_nothing(each)
    assert client.post(path, "List-Unsubscribe=One-Click", content_type=FORM).status_code == 410
    assert followed(other) == EVERYTHING and not lost(mailing)
    if change != "withdrawn":
        assert followed(pledge) == EVERYTHING
        # A mail that was sent after the change.
        path = short(Pledge.objects.get(pk=pledge.pk), mailing)
        assert client.post(path, "List-Unsubscribe=One-Click", content_type=FORM).status_code == 200
        assert followed(pledge) == NOTHING


def test_the_page_of_a_dead_link_says_how_to_stop_and_offers_no_group(client):
    stop = "To stop our emails, enter your email address under Manage my pledge."
    for path, words, target in [
        ("/en/no-more-news/bad/", stop, "pledges:my_pledge"),
        ("/en/my-words/bad/", "To remove your words, write to us.", "campaign:contact"),
    ]:
        page = Document(client.get(path))
        main = page.one("main")
        assert words in page.words(main) and page.all("a", href=path_of(target, "en"), node=main)
        for name in ("pledges:group", "pledges:join"):
            assert not page.all("a", href=path_of(name, "en"), node=main)


def test_a_link_of_a_mailing_that_is_gone_still_ends_the_news(client):
    pledge, mailing = supporter(), make_mailing()
    path = page_of(pledge, mailing)
    mailing.delete()
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 200 and followed(pledge) == NOTHING


def test_another_site_cannot_press_the_button(client):
    pledge, mailing = supporter(), release()
    for path in (short(pledge, mailing), page_of(pledge, mailing)):
        assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert followed(pledge) == EVERYTHING
