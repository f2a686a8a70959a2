"""The personal link leaves the address bar, and the page keeps working."""

import pytest
from playwright.sync_api import expect

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge
from tests.factories import make_pledge
from tests.pages import path_of, want_new_address

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose != Purpose.DATA])
def test_the_link_leaves_the_address_bar(visit, purpose):
    pledge = make_pledge(state="pending" if purpose in (Purpose.CONFIRM, Purpose.BLOCK) else "confirmed")
    want_new_address(pledge)
    visitor = visit()
    visitor.open(links.path(purpose, pledge))
    assert visitor.page.url.endswith(path_of("pledges:my_pledge", "sq"))
    assert visitor.page.evaluate("history.length") <= 2


def test_the_forms_work_after_the_link_left_the_address_bar(visit):
    pledge = make_pledge("Drita Kola", "drita@shembull.al")
    visitor = visit()
    page = visitor.page
    visitor.open(links.path(Purpose.CONFIRM, pledge))
    page.locator("main form button").click()
    expect(page.locator(".number")).to_be_visible()
    assert Pledge.objects.get().state == "confirmed"
    visitor.open(links.path(Purpose.MANAGE, pledge))
    page.locator("#id_name").fill("Drita Lela")
    page.locator("main [name=save]").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert Pledge.objects.get().name == "Drita Lela"
    assert page.url.endswith(path_of("pledges:my_pledge", "sq"))
    page.reload()
    assert "Drita" not in page.content()
    visitor.open(links.path(Purpose.WITHDRAW, pledge))
    page.locator("main form button").click()
    expect(page.locator("main form")).to_have_count(0)
    assert not Pledge.objects.exists()
