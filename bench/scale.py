"""What grows with the number of pledges: response times and the lists of the admin."""

import time
from datetime import timedelta
from timeit import repeat

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.auth import get_user_model
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone

from bench import rows
from bench.pages import HOME, TOTALS
from bench.rounds import interleave, load, number, show, show_ratio
from bench.sign import Sender
from bench.site import EMPTY, SITE, gunicorn
from pledges.counting.models import count
from pledges.models import County, Pledge, Sector
from tests.factories import sign_in

TOTALS_JSON = "/api/v1/totals.json"
LIST = "/admin/pledges/pledge/"


def scale(options):
    """Measure with each number of pledges, the fewest first; returns the ratios of the most to the fewest."""
    times = []
    for size in sorted(options.rows):
        rows.fill(size)
        print(f"\nwith {size:,} pledges", flush=True)
        times.append(response_times(options))
        others = {
            "one count of most pledges": show("one count", repeat(count, number=1, repeat=options.rounds), " s"),
            "slowest admin page with most pledges": slowest_admin_page(size, options),
        }
    print("\nmost / fewest pledges, each time divided by that of the empty view in the same rounds")
    figures = {f"{name}, time with most / fewest pledges": time / times[0][name] for name, time in times[-1].items()}
    return {what: show_ratio(what, ratio) for what, ratio in figures.items()} | others


def response_times(options):
    """{name: response time of one client, as a multiple of that of the empty view}.

    The reference in the same rounds takes out what changed on the machine since the measurement with fewer pledges.
    """
    with gunicorn(SITE) as site, gunicorn(EMPTY) as empty:
        sender = Sender(site)
        urls = {"empty view": empty, "home": site + HOME, "totals": site + TOTALS, "totals.json": site + TOTALS_JSON}
        runs = {name: lambda url=url: load(url, options.seconds, connections=1) for name, url in urls.items()}
        runs["sign"] = lambda: sender.send(options.seconds, connections=1)
        rates = interleave(runs, options.rounds)
    rows.clean()
    reference = rates.pop("empty view")
    return {name: reference / rate for name, rate in rates.items()}


def slowest_admin_page(pledges, options):
    """Open the lists, searches and filters of the admin; returns the median of the slowest, in seconds."""
    account = {"is_staff": True, "is_superuser": True}
    user, _made = get_user_model().objects.get_or_create(username="bench", defaults=account)
    rows.fill_logs(user)
    # File names with hashes would need collectstatic, and make no difference to the response time.
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(ALLOWED_HOSTS=["*"], STORAGES=settings.STORAGES | plain):
        client = sign_in(Client(), user)
        runs = {name: lambda request=request: _seconds(client, *request) for name, request in requests(pledges)}
        medians = interleave(runs, options.rounds, " s")
    rows.clean_logs()
    slowest = max(medians, key=medians.get)
    print(f"slowest admin page: {slowest}, {number(medians[slowest])} s", flush=True)
    return medians[slowest]


def _seconds(client, url, data=None):
    began = time.perf_counter()
    # The lists of settings lead to their only row.
    answer = client.get(url, follow=True) if data is None else client.post(url, data, follow=True)
    assert answer.status_code == 200, (url, answer.status_code)
    return time.perf_counter() - began


def requests(pledges):
    """Yield (name, (URL, data of a POST if it is one)) of every list and its search, and of what staff ask of the pledges."""
    for model, model_admin in admin.site.model_admins().items():
        url = reverse(admin_urlname(model._meta, "changelist"))
        yield model._meta.label, (url,)
        if model_admin.get_search_fields(None):
            yield f"{model._meta.label}, search", (f"{url}?q=ndihm%C3%AB",)
    place = f"sector__id__exact={Sector.objects.first().pk}&county__code__exact={County.objects.first().pk}"
    old = timezone.localdate() - timedelta(days=700)
    for query in (
        f"p={pledges // 100}",
        f"p={pledges // 50}",
        "o=6",
        "source__exact=web",
        "second=yes",
        f"created_at_from={old}&created_at_to={old}",
        f"{place}&state__exact=invalidated&language__exact=en",
        f"state__exact=pending&created_at_to={old}",
        f"state__exact=confirmed&p={pledges // 100}",
        f"{place}&p=100000",
    ):
        yield f"pledges, {query}", (f"{LIST}?{query}",)
    pledge = Pledge.objects.order_by("-created_at").first()
    yield "pledge found by address", (f"{LIST}find/", {"person": pledge.address})
    yield "pledge found by name", (f"{LIST}find/", {"person": pledge.name})
    for page in ("change", "history"):
        yield f"{page} of a pledge", (reverse(f"admin:pledges_pledge_{page}", args=[pledge.pk]),)
    yield "front page", (reverse("admin:index"),)
