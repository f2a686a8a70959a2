"""What staff do with many pledges: they invalidate a flood and undo that (25), and export lists."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pledges.models import Export, Pledge
from tests import tally
from tests.browser import press
from tests.browser.axe import faults
from tests.factories import make_copies, make_pledge, make_staff, run_worker
from tests.pledges.exports.test_admin import ALL_PERMISSIONS, LIST

FLOOD = 260


@pytest.fixture
def flood(live_server):
    """Three genuine pledges and 260 of a bot from one network; returns one of the bot's."""
    people = [make_pledge(state="confirmed") for _ in range(3)]
    bot = make_pledge(state="confirmed", network="192.0.2.7", address="bot@bots.example")
    make_copies(bot, FLOOD - 1)
    Pledge.objects.exclude(pk__in=[pledge.pk for pledge in people]).update(network_digest=bot.network_digest)
    return bot


def test_25_a_flood_from_one_network_is_invalidated_and_restored(flood, staff_visit):
    staff = staff_visit()
    page = staff.page
    staff.open(f"{LIST}?id__in={flood.pk}")
    page.locator(f'input.action-select[value="{flood.pk}"]').check()
    page.locator("select[name=action]").select_option("invalidate_networks")
    press(page.locator("button[name=index]"))
    assert page.locator(".facts td").all_inner_texts() == ["1", str(FLOOD), str(FLOOD)]
    assert faults(page, only_serious=True) == {}
    press(page.locator("form input[type=submit]").last)
    assert "waiting its turn" in page.locator("#batch").inner_text()
    assert tally.exact_total() == FLOOD + 3
    assert faults(page, only_serious=True) == {}
    run_worker()
    # The page refreshes itself.
    page.get_by_text("Invalidate: done").wait_for()
    assert page.locator("#batch td").all_inner_texts()[:2] == [str(FLOOD), str(FLOOD)], "chosen and changed"
    assert tally.exact_total() == 3
    press(page.locator("[name=undo]"))
    run_worker()
    page.get_by_text("Invalidate: undone").wait_for()
    assert tally.exact_total() == FLOOD + 3


def test_the_filtered_list_is_exported(staff_visit):
    make_pledge("Drita Çela", "drita@shembull.al", state="confirmed", updates=True)
    make_pledge("Besnik Përmeti", "besnik@shembull.al", state="confirmed")
    make_pledge(state="invalidated")
    colleague = staff_visit(make_staff(*ALL_PERMISSIONS))
    page = colleague.page
    colleague.open(f"{LIST}?state__exact=confirmed")
    page.get_by_role("link", name="Export …").click()
    expect(page.get_by_role("row", name="Pledges in the list 2")).to_be_visible()

    def take(content):
        page.get_by_label(content, exact=True).check()
        page.get_by_label("CSV", exact=True).check()
        page.get_by_label("Reason").fill("newsletter of November")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the file").click()
        rows = csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines())
        return {row["Name"]: row["Address"] for row in rows}

    people = {"Drita Çela": "drita@shembull.al", "Besnik Përmeti": "besnik@shembull.al"}
    assert take("Pledges, with names and addresses") == people
    # The same page creates another file.
    assert list(take("Names and addresses of people who want news")) == ["Drita Çela"]
    assert Export.objects.filter(ended_at__isnull=False).count() == 2
