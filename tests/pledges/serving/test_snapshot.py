"""The snapshot of content and figures: a change by any writer shows on the next request, and a page is of one version."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from campaign.models import (
    Article,
    Demand,
    Handout,
    HelpChannel,
    Material,
    Organisation,
    Page,
    PageText,
    ProtectionUnit,
    SiteSettings,
    SocialLink,
    Statistic,
    Voice,
)
from dev.postgresql import Cluster
from pledges.counting import milestones
from pledges.counting.models import count
from pledges.models import (
    AlarmWord,
    Commitment,
    County,
    Goal,
    Message,
    Pledge,
    PledgingSettings,
    PublishedFigure,
    Sector,
    Wording,
)
from pledges.serving import snapshot
from pledges.serving.models import ContentVersion
from tests.demands import add_step, make_handover
from tests.drafts import hide
from tests.drill import rounds
from tests.factories import form_data, make_pledge, make_staff, run_worker, settle_all, sign_in
from tests.pages import public_paths
from tests.published import next_night
from tests.site import Site, url_of_test_database
from tests.threads import held_open
from tests.voices import make_voice

pytestmark = pytest.mark.django_db

PATHS = [path for name, _language, path in public_paths() if name != "pledges:wall"]
PATHS += [
    *("/sq/prinder/", "/en/parents/", "/sq/lajme/nis-levizja/", "/en/news/the-movement-begins/", "/en/news/feed/"),
    *("/api/v1/totals.json", "/api/v1/days.csv", "/counter/sq/light/", "/sitemap.xml", "/site.webmanifest"),
]


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def version():
    return ContentVersion.objects.get().mark


def new_process():
    """Forget what this process holds, as a new process would."""
    snapshot._process.forget()


def save_in_the_admin(text, words):
    client = sign_in(Client(), make_staff("change_pagetext"))
    page = client.get(f"/admin/campaign/pagetext/{text.pk}/change/")
    form = page.context["adminform"].form
    data = {"seen": form["seen"].value(), "text_sq": words, "text_en": words}
    response = client.post(f"/admin/campaign/pagetext/{text.pk}/change/", data)
    assert response.status_code == 302, response.text


WRITERS = {
    "the admin": save_in_the_admin,
    "update()": lambda text, words: PageText.objects.filter(pk=text.pk).update(text_sq=words, text_en=words),
    "bulk_update()": lambda text, words: PageText.objects.bulk_update(
        [PageText(pk=text.pk, text_sq=words, text_en=words)], ["text_sq", "text_en"]
    ),
    "SQL": lambda text, words: sql(
        "UPDATE campaign_pagetext SET text_sq = %s, text_en = %s WHERE id = %s", words, words, text.pk
    ),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_change_shows_on_the_next_request(client, writer):
    text = PageText.objects.get(key="home_lead")
    for path in ("/sq/", "/en/"):
        client.get(path)
    WRITERS[writer](text, "Fjalë të reja")
    for path in ("/sq/", "/en/"):
        assert "Fjalë të reja" in client.get(path).text


CHANGES = [
    lambda: Sector.objects.filter(slug="parents").update(name_sq="Prindërit"),
    lambda: Sector.objects.create(slug="new", name_sq="Të rinj", name_en="New", color="s9"),
    lambda: Commitment.objects.first().delete(),
    lambda: Wording.objects.consent().get().next_version().save(),
    lambda: County.objects.filter(pk="AL-01").update(population=1),
    lambda: PledgingSettings.objects.update_or_create(pk=1, defaults={"state": "paused"}),
    lambda: Goal.objects.create(people=5000),
    lambda: AlarmWord.objects.create(words="fjalë e re"),
    lambda: HelpChannel.objects.filter(key="alo-116111").update(number="116-111"),
    lambda: Demand.objects.update(institution="Kuvendi i Shqipërisë"),
    lambda: add_step(Demand.objects.first()),
    lambda: make_handover(),
    lambda: Voice.objects.update(person="Tjetër Njeri"),
    lambda: make_voice("asked"),
    lambda: Statistic.objects.update(year=2020),
    lambda: Organisation.objects.all().delete(),
    lambda: ProtectionUnit.objects.update(phone="04 000 0000"),
    lambda: Page.objects.filter(key="child").update(title_sq="Je fëmijë"),
    lambda: Article.objects.all().delete(),
    lambda: Handout.objects.update(title_sq="Ne"),
    lambda: Material.objects.create(
        key="new", section="posters", title_sq="Ri", title_en="New", file_sq="a.pdf", file_en="a.pdf"
    ),
    lambda: SiteSettings.objects.update_or_create(pk=1, defaults={"exit_url": "https://www.wikipedia.org/"}),
    lambda: SiteSettings.objects.update_or_create(pk=1, defaults={"banner_sq": "Njoftim", "banner_en": "Notice"}),
    lambda: SocialLink.objects.create(
        settings=SiteSettings.objects.get_or_create(pk=1)[0], network="x", url="https://x.com/crca"
    ),
    lambda: Page.objects.filter(key="child").update(footer_column=3),
    lambda: sql("TRUNCATE campaign_oldaddress"),
    lambda: PublishedFigure.objects.create(name="county:AL-11"),
]


@pytest.mark.cases("change", CHANGES)
def test_each_table_of_content_changes_the_version(change):
    before = version()
    change()
    assert version() != before


def test_a_rollback_restores_the_version_and_a_statement_that_changes_no_row_keeps_it():
    before = version()
    with transaction.atomic():
        Demand.objects.update(position=F("position") + 1)
        assert version() != before
        transaction.set_rollback(True)
    Demand.objects.filter(pk=0).update(position=1)
    Demand.objects.filter(pk=0).delete()
    sql("INSERT INTO campaign_oldaddress SELECT * FROM campaign_oldaddress WHERE false")
    assert version() == before


def test_nothing_between_signing_and_thanks_changes_the_version(client, mailoutbox):
    before = version()
    client.post("/sq/zotimi/", form_data())
    run_worker()
    pledge = Pledge.objects.get()
    assert Message.objects.get().state == "sent"
    pledge.confirm()
    milestones.record()
    assert version() == before


def without_time(body):
    """The body of a response without the moment of open data."""
    return re.sub(rb"\d{4}-\d\d-\d\dT[\d:.+]+", b"", body)


def archive():
    """120 articles, of which the newest hundred have their text in the snapshot."""
    Article.objects.bulk_create(
        Article(
            slug_sq=f"i-vjeter-{number}", slug_en=f"old-{number}", date=f"2021-01-{1 + number % 28:02}",
            title_sq="T", title_en="T", lead_sq="L", lead_en="L", body_sq=f"<p>Nr. {number}</p>", body_en=f"<p>No. {number}</p>",
        )
        for number in range(120)
    )  # fmt: skip
    return [
        f"/en/news/{article.slug_en}/"
        for article in Article.objects.filter(slug_en__startswith="old-").order_by("date", "pk")[:3]
    ]


def test_the_text_of_an_old_article_is_read_when_its_page_is_rendered(client, django_assert_num_queries):
    for path in archive():
        client.get("/en/news/")
        with django_assert_num_queries(2):
            assert "<p>No. " in client.get(path).text


@pytest.mark.django_db(transaction=True)
def test_the_text_of_an_old_article_is_that_of_the_page_it_stands_on(client, settings):
    [path, *_] = archive()
    client.get("/en/news/")
    # The process does not know yet that the row has changed.
    settings.STATE_SECONDS = 3600
    Article.objects.filter(slug_en=path.split("/")[-2]).update(title_en="Later", body_en="<p>Later</p>")
    page = client.get(path)
    assert page.status_code == 200 and "Later" in page.text and "<p>Later</p>" in page.text


EDITS = {
    "text": lambda words: (
        PageText.objects.order_by("?").filter(key__startswith="h").update(text_sq=words, text_en=words)
    ),
    "title": lambda words: Page.objects.exclude(key="privacy").update(title_sq=words, title_en=words),
    "slug": lambda words: Page.objects.filter(key="child").update(
        slug_sq=f"je-{len(words)}", slug_en=f"are-{len(words)}"
    ),
    "take down": lambda words: Article.objects.first().take_down(None),
    "publish": lambda words: [row.publish(row.draft) for row in Article.objects.everything().exclude(draft=None)],
    "hide": lambda words: hide(Demand),
    "sector": lambda words: Sector.objects.filter(slug="youth").update(name_sq=words, name_en=words),
    "close": lambda words: Sector.objects.filter(slug="artists").update(is_open=False),
    "wording": lambda words: sql(
        "INSERT INTO pledges_wording (kind, sector_id, version, text_sq, text_en, created_at) "
        "SELECT kind, sector_id, version + 1, %s, %s, now() FROM pledges_wording ORDER BY version DESC LIMIT 1",
        words,
        words,
    ),
    "goal": lambda words: Goal.objects.update_or_create(
        people=100 + len(words), defaults={"sentence_sq": words, "sentence_en": words}
    ),
    "pause": lambda words: PledgingSettings.objects.update_or_create(pk=1, defaults={"state": "paused"}),
    "open": lambda words: PledgingSettings.objects.update_or_create(pk=1, defaults={"state": "open"}),
    "pledge": lambda words: make_pledge(state="confirmed"),
    "publish the figures": lambda words: next_night(),
    "exit": lambda words: SiteSettings.objects.update_or_create(
        pk=1, defaults={"exit_url": f"https://e{len(words)}.example/"}
    ),
}


@pytest.mark.slow
@pytest.mark.drill
@hypothesis_settings(
    max_examples=rounds(4, 60),
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(EDITS)), st.text("abcçdeëfgh ", min_size=1, max_size=40).filter(str.strip)),
        min_size=1,
        max_size=4,
    )
)
def test_after_any_edits_every_page_equals_a_fresh_render(cached_site, edits):
    client = Client()
    with transaction.atomic():
        for path in PATHS:
            cached_site.fetch(path)
        for name, words in edits:
            EDITS[name](words)
        count()
        pages = {path: cached_site.fetch(path) for path in PATHS}
        new_process()
        for path, page in pages.items():
            fresh = client.get(path)
            # A new minute may have begun in between.
            status, headers, body = page
            if headers.get("ETag") == fresh.headers.get("ETag"):
                assert int(status[:3]) == fresh.status_code, path
                assert without_time(body) == without_time(fresh.content), path
            else:
                assert cached_site.fetch(path)[1]["ETag"] == fresh.headers["ETag"], path
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_who_writes_content_holds_up_no_supporter(client):
    waiting = make_pledge()
    with connection.cursor() as cursor, held_open(lambda: Page.objects.update(source="x")):
        cursor.execute("SET lock_timeout = '200ms'")
        assert client.get("/en/pledge/").status_code == 200
        assert client.post("/sq/zotimi/", form_data()).status_code == 303
        settle_all()
        assert waiting.confirm()
        milestones.record()
        count()
        waiting.delete()


@pytest.mark.django_db(transaction=True)
def test_a_page_never_mixes_two_versions():
    """The writer gives three rows of two tables the same word, in one transaction each time."""
    finished = threading.Event()
    seen = set()

    def read():
        client = Client()
        try:
            while not finished.is_set():
                page = client.get("/en/").text
                found = set(re.findall(r"word-\d+", page))
                assert len(found) <= 1, found
                seen.update(found)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            for number in range(60):
                with transaction.atomic():
                    for key in ("home_lead", "home_vows_lead"):
                        PageText.objects.filter(key=key).update(text_en=f"word-{number}")
                    Demand.objects.update(title_en=f"word-{number}")
        finally:
            finished.set()
        for reader in readers:
            reader.result()
    assert len(seen) > 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_process_shows_a_change_within_two_seconds_and_sends_a_statement_a_second(tmp_path):
    log = Cluster("test").log
    with Site(tmp_path, url_of_test_database(log_statement="all", application_name="counted"), workers=3) as site:
        for number in range(3):
            PageText.objects.filter(key="home_lead").update(text_en=f"words of change {number}")
            time.sleep(2)
            for _ in range(12):
                assert f"words of change {number}" in site.fetch("/en/")[2]
        paths = [path for path in PATHS if not path.endswith("/feed/")]
        for path in paths * 12:
            site.fetch(path)
        before, began = len(log.read_text()), time.monotonic()
        for path in paths * 3:
            assert site.fetch(path)[0] == 200
        seconds = time.monotonic() - began
        statements = [line for line in log.read_text()[before:].splitlines() if "statement: " in line]
    # With a check of the connection each.
    assert len(statements) <= 3 * 2 * (seconds + 2), statements
