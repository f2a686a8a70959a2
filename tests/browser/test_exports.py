"""Exports in a browser: the file has the rows that the page announced, and the page shows the progress."""

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
    if java_script_enabled:
        expect(page.locator(".export-progress")).to_have_text("The file is complete: 2 rows.")
        # The same page creates another file.
        assert [row["Name"] for row in take("Names and addresses of people who want news")] == ["Drita Çela"]
        expect(page.locator(".export-progress")).to_have_text("The file is complete: 1 row.")
        assert Export.objects.count() == 2
    else:
        page.get_by_role("link", name="See its progress in the list of exports.").click()
        page.locator("#result_list tbody a").first.click()
        expect(page.locator(".export-progress")).to_have_text("The file is complete: 2 rows.")
        expect(page.get_by_role("row", name="State Confirmed")).to_be_visible()


def test_selected_pledges_are_exported(staff_visit):
    make_pledge("Drita Çela")
    make_pledge("Besnik Përmeti")
    colleague = staff_visit(make_staff(*ALL_PERMISSIONS), **ENGLISH)
    page = colleague.page
    colleague.open(LIST)
    page.get_by_role("row", name="Drita Çela").get_by_role("checkbox").check()
    page.locator("[name=action]").first.select_option(label="Export …")
    page.locator("#changelist-form [type=submit]").first.click()
    expect(page.get_by_role("row", name="Ticked 1")).to_be_visible()
    page.get_by_label("Pledges, with names and addresses").check()
    page.get_by_label("CSV", exact=True).check()
    page.get_by_label("Reason").fill("newsletter of November")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    assert [row["Name"] for row in read(download.value)] == ["Drita Çela"]
