"""Links of the content to other sites: which are collected, when they are visited, and what staff see of those that fail."""

import socket
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from campaign.housekeeping import check_links
from campaign.links.models import SOURCES
from campaign.links.public_web import Web
from campaign.models import ExternalLink, SiteSettings, SocialLink
from tests.campaign.pages.test_content import make_page
from tests.factories import run_worker
from tests.mailings import make_mailing
from tests.pages import Document
from tests.staff.forms import change_path as change

pytestmark = pytest.mark.django_db


def outside(*addresses, **values):
    links = "".join(f'<a href="{each}">x</a>' for each in addresses)
    return make_page(body_en=f"<p>{links}</p>", **values)


def test_links_of_the_content_are_collected_and_forgotten(editor, settings):
    page = outside("https://shembull.al/a?b=1&amp;c=2#part", f"{settings.SITE_URL}/en/help/")
    banner = {"banner_url_sq": "/sq/ndihme/", "banner_url_en": "https://b.al/x"}
    site = SiteSettings.objects.create(pk=1, banner_sq="a", banner_en="b", **banner)
    SocialLink.objects.create(settings=site, network="x", url="https://x.com/nejemi1")
    words = {"button_sq": "a", "button_en": "b", "link_sq": "https://m.al/d", "link_en": "https://m.al/d"}
    mailing = make_mailing("done", text_en="1 < 2.\n\nRead https://m.al/a(b), or:\nhttps://m.al/c.", **words)
    uses = {
        "https://shembull.al/a?b=1&c=2": [page],
        "https://b.al/x": [site],
        "https://x.com/nejemi1": [site],
        **{f"https://m.al/{each}": [mailing] for each in ("a(b)", "c", "d")},
    }
    check_links()
    assert ExternalLink.objects.filter(address__in=uses).uses() == uses
    assert not ExternalLink.objects.filter(address__startswith=settings.SITE_URL).exists()
    listed = editor.get("/admin/campaign/externallink/").text
    assert change(site) in listed and change(mailing) in listed
    page.delete()
    # Off the site, a mailing leads visitors nowhere.
    mailing.is_archived = False
    mailing.save()
    check_links()
    left = set(ExternalLink.objects.filter(address__in=uses).values_list("address", flat=True))
    assert left == {"https://b.al/x", "https://x.com/nejemi1"}


def test_the_worker_visits_few_at_a_time_and_not_on_a_development_machine(settings):
    settings.DEV = True
    outside(*(f"http://localhost/{n}" for n in range(8)))
    check_links()
    assert ExternalLink.objects.due().exists() and not DBTaskResult.objects.ready().exists()
    settings.DEV = False
    check_links()
    # Not again while this one waits.
    check_links()
    assert DBTaskResult.objects.ready().filter(task_path__endswith="visit_links").count() == 1
    ExternalLink.objects.exclude(address__startswith="http://localhost/").delete()
    # The name is that of a private network, so nothing is visited.
    run_worker()
    seen = ExternalLink.objects.exclude(checked_at=None)
    assert seen.count() == 5 and {link.outcome for link in seen} == {"private"}
    assert not ExternalLink.objects.due().filter(pk__in=seen).exists()


def test_a_link_is_visited_every_week_and_one_that_fails_every_day():
    link = ExternalLink.objects.create(address="http://shembull.al/")

    def look_up(host):
        raise socket.gaierror(socket.EAI_NONAME, host)

    def is_due(days, outcome="gone"):
        since = first if outcome == "gone" else None
        at = timezone.now() - timedelta(days=days)
        ExternalLink.objects.update(checked_at=at, outcome=outcome, failing_since=since)
        return ExternalLink.objects.due().filter(pk=link.pk).exists()

    link.visit(Web(look_up))
    link.refresh_from_db()
    first = link.failing_since
    assert link.outcome == "gone" and first
    assert (is_due(0), is_due(1), is_due(6, "opens"), is_due(7, "opens")) == (False, True, False, True)
    # A failure has its first day until it opens again.
    assert is_due(1)
    link.visit(Web(look_up))
    link.refresh_from_db()
    assert link.failing_since == first


def test_a_link_that_fails_is_a_task_and_in_a_list_that_leads_to_its_page(editor):
    page = outside("https://shembull.al/gone")
    now = timezone.now()
    for name, outcome, days in (
        ("gone", "gone", 0),
        ("down", "down", 3),
        ("new-down", "down", 1),
        ("good", "opens", None),
    ):
        since = None if days is None else now - timedelta(days=days)
        address = f"https://shembull.al/{name}"
        ExternalLink.objects.create(address=address, outcome=outcome, checked_at=now, failing_since=since)
    listed = "/admin/campaign/externallink/?failing=yes"
    front = Document(editor.get("/admin/", headers={"accept-language": "en"}))
    [task] = front.all("a", href=listed)
    assert front.words(task).startswith("2 links to other sites do not work")
    text = editor.get(listed).text
    assert [name in text for name in ("al/gone", "al/down", "al/new-down", "al/good")] == [True, True, False, False]
    assert change(page) in text
    # It is a finding and no error: another site may be down.
    form = Document(editor.get(change(page)))
    assert "https://shembull.al/gone" in form.words(form.one("section", id="before-you-publish"))
    assert not form.all(**{"class": "must-fix"})


def test_the_uses_of_links_are_read_together(django_assert_max_num_queries):
    pages = [
        outside(f"https://shembull.al/{n}", "https://shembull.al/both", key=f"p{n}", slug_sq=f"f{n}", slug_en=f"p{n}")
        for n in range(3)
    ]
    check_links()
    links = ExternalLink.objects.filter(address__startswith="https://shembull.al/")
    with django_assert_max_num_queries(len(SOURCES) + 2):
        uses = links.uses()
    assert uses["https://shembull.al/both"] == pages and uses["https://shembull.al/1"] == [pages[1]]
    # One whose text is gone by now.
    pages[1].delete()
    assert links.uses()["https://shembull.al/1"] == []


def test_a_machine_without_a_way_out_is_one_task(editor):
    now = timezone.now()
    # An address that is never visited proves nothing.
    ExternalLink.objects.create(address="https://a.al:22/", outcome="closed", checked_at=now)
    for n in range(3):
        since = now - timedelta(days=3)
        ExternalLink.objects.create(address=f"https://a{n}.al/", outcome="down", checked_at=now, failing_since=since)
    text = editor.get("/admin/", headers={"accept-language": "en"}).text
    assert "No other site can be reached" in text and "links to other sites do not work" not in text
