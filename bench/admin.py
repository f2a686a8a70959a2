"""The admin with many pledges, messages and entries of the logs: response times of every list and search; batches.

The times are medians of five requests through the whole application and the database. A page should take less than 0.5 s.
"""

import statistics
import time
from datetime import timedelta

from django.conf import settings
from django.contrib.admin import site as admin_site
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone

from bench import logs, rows
from pledges.acting import acting
from pledges.models import Batch, County, Mailing, Pledge, Sector
from tests.factories import sign_in

PLEDGES = 1_000_000
LIST_URL = "/admin/pledges/pledge/"
# File names with hashes would need collectstatic, and make no difference to the response time.
PLAIN_STATIC = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def admin(options):
    """Measure pages and batches, and print the figures."""
    rows.fill(PLEDGES)
    try:
        logs.fill(account())
        count_weeks()
        slowest_page(PLEDGES, options)
        logs.clean()
        batches()
    finally:
        logs.clean()
        rows.clean()
    return {}


@override_settings(ALLOWED_HOSTS=["*"], STORAGES=PLAIN_STATIC)
def slowest_page(pledges, options):
    """Measure all pages with this number of pledges in the database; returns the median of the slowest, in seconds."""
    client = sign_in(Client(raise_request_exception=True), account())
    medians = {name: median(client, options.rounds, *request) for name, request in requests(pledges).items()}
    for name, seconds in medians.items():
        print(f"{name}: {seconds * 1000:.0f} ms")
    slowest = max(medians, key=medians.get)
    print(f"slowest admin page: {slowest}, {medians[slowest] * 1000:.0f} ms", flush=True)
    return medians[slowest]


def count_weeks():
    """Measure the daily count of the weeks from signing to acting."""
    start = time.perf_counter()
    with transaction.atomic():
        acting.count(acting.oldest_week())
    print(f"weeks from signing to acting counted in {time.perf_counter() - start:.1f} s", flush=True)


def account():
    """The staff account that measures."""
    return get_user_model().objects.get_or_create(username="bench", defaults={"is_staff": True, "is_superuser": True})[
        0
    ]


def requests(pledges):
    """{name: (URL, data of a POST or None)} of the pages to measure with this number of pledges."""
    sector, county = Sector.objects.first().pk, County.objects.first().pk
    today = timezone.localdate()
    old_day, last_page = today - timedelta(days=700), pledges // 50
    pledge = Pledge.objects.order_by("-created_at").first()
    lists = {
        "": "first page",
        "p=10": "tenth page",
        f"p={last_page // 2}": "middle page",
        f"p={last_page}": "last page",
        "o=6": "oldest first",
        "state__exact=confirmed": "confirmed",
        "state__exact=pending": "waiting",
        "state__exact=invalidated": "invalidated",
        f"sector__id__exact={sector}": "sector",
        f"county__code__exact={county}": "county",
        "county__isnull=True": "without county",
        "source__exact=demo": "source of all pledges",
        "source__exact=web": "source without pledges",
        "language__exact=en": "language",
        "second=yes": "second from its address",
        f"created_at_from={today}&created_at_to={today}": "signed today",
        f"created_at_from={old_day}&created_at_to={old_day}": "signed on a day long ago",
        f"confirmed_at_from={old_day}&confirmed_at_to={old_day}": "confirmed on a day long ago",
        f"invalidated_at_from={old_day}&invalidated_at_to={old_day}": "invalidated on a day long ago",
        f"sector__id__exact={sector}&county__code__exact={county}": "sector and county",
        f"sector__id__exact={sector}&county__code__exact={county}&state__exact=invalidated&language__exact=en": "four filters",
        f"state__exact=pending&created_at_to={old_day}": "waiting, signed long ago (none)",
        f"sector__id__exact={sector}&source__exact=web": "sector and source (none)",
        f"state__exact=invalidated&county__code__exact={county}&created_at_to={old_day}": "invalidated, county, until a day",
        f"state__exact=confirmed&p={last_page // 2}": "confirmed, middle page",
        f"county__code__exact={county}&p=100000": "county, behind the last page",
    }
    return {
        **{f"list, {name}": (f"{LIST_URL}?{query}".rstrip("?"), None) for query, name in lists.items()},
        "front page": (reverse("admin:index"), None),
        "from signing to acting": (reverse("admin:pledges_pledge_acting"), None),
        "search of the admin": (reverse("admin:search"), {"text": "ndihmë"}),
        "search by exact address": (f"{LIST_URL}find/", {"person": pledge.address}),
        "search by name": (f"{LIST_URL}find/", {"person": pledge.name}),
        "page of one pledge": (reverse("admin:pledges_pledge_change", args=[pledge.pk]), None),
        "history of one pledge": (reverse("admin:pledges_pledge_history", args=[pledge.pk]), None),
        **mailing_pages(),
        **other_lists(),
    }


def mailing_pages():
    """{name: (URL, None)} of the pages of a mailing that waits for its release. `rows.clean` removes it."""
    words = {f"{name}_{language}": "Lajme për matjen." for name in ("subject", "text") for language in ("sq", "en")}
    mailing = Mailing.objects.create(state=Mailing.State.READY, **words)
    return {
        f"news by email, {page}": (reverse(f"admin:pledges_mailing_{page}", args=[mailing.pk]), None)
        for page in ("change", "sending")
    }


def other_lists():
    """{name: (URL, None)} of every other list, of its search, and of the filters and the second page of the history."""
    requests = {}
    for model, model_admin in admin_site._registry.items():
        name, url = str(model._meta.verbose_name_plural), reverse(admin_urlname(model._meta, "changelist"))
        requests[f"{model._meta.label}, {name}"] = (url, None)
        if model_admin.get_search_fields(None):
            requests[f"{model._meta.label}, search"] = (f"{url}?q=ndihm%C3%AB", None)
    history = reverse("admin:staff_historyentry_changelist")
    month_ago = timezone.localdate() - timedelta(days=30)
    for query in (
        *(f"kind={kind}" for kind in ("texts", "pledges", "settings", "accounts", "looks")),
        f"user={account().pk}",
        f"at_from={month_ago}&at_to={month_ago}",
        "q=Barnahus+taki",
        f"p=older.0.1.{timezone.now() - timedelta(days=500):%Y%m%dT%H%M%S%f}",
    ):
        requests[f"history, {query}"] = (f"{history}?{query}", None)
    return requests


def median(client, rounds, url, data):
    """The median time of a request in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        # The lists of settings lead to their only row.
        answer = client.get(url, follow=True) if data is None else client.post(url, data, follow=True)
        times.append(time.perf_counter() - start)
        assert answer.status_code == 200, (url, answer.status_code)
    return statistics.median(times)


def batches():
    """Measure a batch that invalidates a tenth of all pledges, then its undo, with the steps that the worker runs."""
    user = account()
    tenth = Pledge.objects.filter(slot=1, sector=Sector.objects.first())
    start = time.perf_counter()
    batch = Batch.begin(Batch.Kind.INVALIDATE, tenth, user, Batch.Chosen.FILTERS)
    chosen = time.perf_counter()
    batch.finish()
    done = time.perf_counter()
    batch.undo(user)
    batch.finish()
    undone = time.perf_counter()
    assert batch.undone == batch.count
    print(
        f"batch of {batch.count:,}: chosen in {chosen - start:.1f} s, "
        f"changed {batch.count / (done - chosen):,.0f}/s, undone {batch.count / (undone - done):,.0f}/s"
    )
