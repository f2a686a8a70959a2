"""The help desk in a browser: a person is found by name, gets the link again, and is erased."""

from pledges.models import Pledge
from tests.browser import in_two_views, press
from tests.browser.axe import faults
from tests.factories import make_pledge, make_staff

LIST = "/admin/pledges/pledge/"


@in_two_views
def test_a_person_on_the_phone_is_found_by_name_gets_the_link_and_is_erased(live_server, staff_visit, locale, width):
    pledge = make_pledge("Teuta Demaj", "teuta@shembull.al", state="confirmed")
    other = make_pledge("Zamira Çela", state="confirmed")
    for each in (pledge, other):
        Pledge.objects.filter(pk=each.pk).update(written_at=each.created_at.replace(year=2025))
    size = {"width": width, "height": 900}
    staff = staff_visit(make_staff(superuser=True), locale=locale, viewport=size, java_script_enabled=True)
    page = staff.page

    def looked_at(name):
        assert faults(page, only_serious=True) == {}, name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    staff.open(LIST)
    page.locator("#id_person").fill("Demaj")
    press(page.locator("form:has(#id_person) [type=submit]"))
    assert page.locator("#id_person").input_value() == "Demaj"
    looked_at("nothing found")
    page.locator("#id_person").fill("demaj  TEUTA")
    press(page.locator("form:has(#id_person) [type=submit]"))
    assert "Demaj" not in page.url
    press(page.locator("#result_list tbody th a"))
    assert page.locator("h1").last.inner_text() == "Teuta Demaj"
    assert "Teuta" not in page.title()
    looked_at("pledge")
    press(page.locator(".desk input[type=submit]"))
    assert page.locator(".messagelist .success").count() == 1
    press(page.locator(".desk a[href$='/delete/']"))
    assert "Teuta Demaj" in page.locator("h1").last.inner_text()
    looked_at("erase")
    page.locator("#id_asked").select_option("phone")
    press(page.locator("#content form [type=submit]"))
    assert list(Pledge.objects.all()) == [other]

    staff.open(LIST)
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("invalidate")
    press(page.locator("button[name=index]"))
    assert "Zamira Çela" in page.locator(".chosen-rows").inner_text()
    looked_at("rows")
    press(page.locator("form input[type=submit]").last)
    assert Pledge.objects.invalidated().count() == 1
