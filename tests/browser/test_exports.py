"""Exports in a browser: the file has the rows that the page announced."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pledges.models import Export
from tests.factories import make_pledge, make_staff
from tests.pledges.exports.test_admin import ALL_PERMISSIONS, LIST

ENGLISH = {"locale": "en-GB"}


def read(download):
    return list(csv.DictReader(Path(download.path()).read_text("utf-8-sig").splitlines()))


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_the_filtered_list_is_exported(staff_visit, java_script_enabled):
    make_pledge("Drita Çela", "drita@shembull.al", state="confirmed", updates=True)
    make_pledge("Besnik Përmeti", "besnik@shembull.al", state="confirmed")
    make_pledge(state="invalidated")
    colleague = staff_visit(make_staff(*ALL_PERMISSIONS), java_script_enabled=java_script_enabled, **ENGLISH)
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
        return read(download.value)

    people = {"Drita Çela": "drita@shembull.al", "Besnik Përmeti": "besnik@shembull.al"}
    assert {row["Name"]: row["Address"] for row in take("Pledges, with names and addresses")} == people
    # The same page creates another file.
    assert [row["Name"] for row in take("Names and addresses of people who want news")] == ["Drita Çela"]
    assert Export.objects.filter(ended_at__isnull=False).count() == 2
