"""The figure of today on the home page: people who confirmed since midnight in Tirana and have not withdrawn."""

from datetime import datetime, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pledges.serving import snapshot
from tests import tally
from tests.factories import make_pledge
from tests.pages import Document, path_of
from tests.tally import put_cells

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def today(client, language="en"):
    """The figure of today as the home page shows it, None where it shows none."""
    page = Document(client.get(path_of("campaign:home", language)))
    shown = page.all("strong", **{"class": "today"})
    return page.words(shown[0]) if shown else None


def see(clock, shift):
    """Set the clock of the database, and forget what this process knows of its time."""
    clock.shift = shift
    snapshot._process.forget()


def test_home_shows_the_people_of_today_in_both_languages_and_nothing_without_any(client):
    put_cells({("parents", "AL-11"): 500}, timezone.localdate() - DAY)
    assert today(client) is None
    put_cells({("parents", "AL-11"): 12_304, ("youth", ""): 41})
    assert (today(client, "sq"), today(client)) == ("sot +12\xa0345", "+12,345 today")


def test_a_withdrawal_leaves_the_day_of_its_confirmation(client):
    older = make_pledge(state="confirmed", confirmed_at=timezone.now() - 3 * DAY)
    newer = make_pledge(state="confirmed")
    make_pledge(state="confirmed")
    assert today(client) == "+2 today"
    older.withdraw()
    assert today(client) == "+2 today", "it was of another day"
    newer.withdraw()
    assert today(client) == "+1 today"
    assert tally.read().total == 1


@pytest.mark.django_db(transaction=True)
def test_at_midnight_in_tirana_the_figure_ends_on_every_kept_page(clock):
    """No one signs or withdraws: only the minute of the page changes."""
    client = Client()
    make_pledge(state="confirmed")
    make_pledge(state="confirmed", confirmed_at=timezone.now() - 2 * DAY)
    until_midnight = timezone.make_aware(datetime.combine(timezone.localdate() + DAY, time.min)) - timezone.now()
    see(clock, until_midnight - timedelta(seconds=90))
    before = client.get("/en/")
    assert today(client) == "+1 today"
    see(clock, clock.shift + timedelta(seconds=120))
    assert today(client) is None
    assert client.get("/en/").headers["ETag"] != before.headers["ETag"]
    assert tally.read().total == 2
