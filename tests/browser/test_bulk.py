"""Story 25 in a browser: staff invalidate a flood by network, follow the batch, and undo it."""

import pytest

from pledges.models import Pledge
from tests import tally
from tests.browser import press
from tests.browser.axe import faults
from tests.factories import make_copies, make_pledge, make_staff, run_worker

LIST = "/admin/pledges/pledge/"
FLOOD = 260


def total():
    return tally.exact_total()


@pytest.fixture
def flood(live_server):
    """Three genuine pledges and 260 of a bot from one network; returns one of the bot's."""
    people = [make_pledge(state="confirmed") for _ in range(3)]
    bot = make_pledge(state="confirmed", network="192.0.2.7", address="bot@bots.example")
    make_copies(bot, FLOOD - 1)
    Pledge.objects.exclude(pk__in=[pledge.pk for pledge in people]).update(network_digest=bot.network_digest)
    return bot


def accessible(page):
    return faults(page, only_serious=True) == {}


def choose(page, pledge, action):
    page.locator(f'input.action-select[value="{pledge.pk}"]').check()
    page.locator("select[name=action]").select_option(action)
    press(page.locator("button[name=index]"))


@pytest.mark.parametrize("java_script", [True, False])
def test_25_a_flood_from_one_network_is_invalidated_and_restored(flood, staff_visit, java_script):
    staff = staff_visit(make_staff(superuser=True), locale="en-GB", java_script_enabled=java_script)
    page = staff.page
    assert total() == FLOOD + 3

    staff.open(f"{LIST}?id__in={flood.pk}")
    choose(page, flood, "invalidate_networks")
    figures = page.locator(".facts td").all_inner_texts()
    assert figures == ["1", str(FLOOD), str(FLOOD)]
    assert total() == FLOOD + 3, "nothing happens before confirmation"
    if java_script:
        assert accessible(page)

    press(page.locator("form input[type=submit]").last)
    assert "waiting its turn" in page.locator("#batch").inner_text()
    assert total() == FLOOD + 3
    if java_script:
        assert accessible(page)
    else:
        assert page.locator("meta[http-equiv=refresh]").count() == 1
    run_worker()
    # The page refreshes itself, with JavaScript and without.
    page.get_by_text("Invalidate: done").wait_for()
    assert page.locator("#batch td").all_inner_texts()[:2] == [str(FLOOD), str(FLOOD)], "chosen and changed"
    assert total() == 3

    press(page.locator("[name=undo]"))
    run_worker()
    page.get_by_text("Invalidate: undone").wait_for()
    assert total() == FLOOD + 3
    assert page.locator("[name=undo]").count() == 0


def test_25_all_filtered_pledges_are_selected_without_javascript(flood, staff_visit):
    staff = staff_visit(make_staff(superuser=True), locale="en-GB", java_script_enabled=False)
    page = staff.page
    staff.open(f"{LIST}?state__exact=confirmed")
    page.locator("input.action-select").first.check()
    page.locator("[name=select_across][type=checkbox]").check()
    page.locator("select[name=action]").select_option("invalidate")
    press(page.locator("button[name=index]"))
    assert page.locator(".facts td").all_inner_texts() == [str(FLOOD + 3)] * 3
    press(page.locator("form input[type=submit]").last)
    press(page.locator("[name=undo]"))
    run_worker()
    assert total() == FLOOD + 3


def test_24_a_pledge_is_corrected_by_phone_and_its_pages_are_accessible(live_server, staff_visit):
    pledge = make_pledge(state="confirmed", name="Drita Kola")
    staff = staff_visit(make_staff(superuser=True), locale="en-GB")
    page = staff.page
    staff.open(f"{LIST}{pledge.pk}/change/")
    assert accessible(page)
    page.locator("#id_name").fill("Drita Kolaj")
    page.locator("#id_asked").select_option("phone")
    page.locator("#id_asked").focus()
    press(page.locator("[name=_continue]"))
    assert page.locator("#id_name").input_value() == "Drita Kolaj"
    staff.open(f"{LIST}{pledge.pk}/delete/")
    assert accessible(page)
