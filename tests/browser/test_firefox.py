"""The pledge in Firefox ESR, from the form to the thanks, and the check above the limit; Back in the admin."""

import time

import pytest
from django.test import Client

from campaign.models import Page
from pledges.models import Pledge, Submission
from tests import tally
from tests.browser.marionette import ENTER, TAB, Failed, firefox
from tests.browser.test_story import translated
from tests.challenges import reach_limit
from tests.drill import require_program
from tests.factories import make_staff, sign_in
from tests.pages import LANGUAGES, path_of

pytestmark = pytest.mark.drill(only=True)


def require_firefox():
    return require_program("firefox-esr", "apt-get install firefox-esr")


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_pledge_with_a_misspelt_address_on_a_narrow_screen_in_albanian(
    live_server, settings, inbox, watch, tmp_path_factory, has_script
):
    program = require_firefox()
    settings.SITE_URL = home = live_server.url
    watch.add("Drita Ëndërr", "drita@gmial.com", "drita@gmail.com")
    with firefox(program, tmp_path_factory.mktemp("firefox"), {"javascript.enabled": has_script}) as page:
        page.set_width(360)
        page.open(f"{home}/sq/zotimi/")
        assert 340 <= page.size("body")[0] <= 360
        page.press("#id_over_16_0")
        page.press("input[name=sector][value=teachers]")
        assert page.text("input[value=teachers] ~ .words").startswith("Si mësues")
        page.type("#id_name", "Drita Ëndërr")
        page.type("#id_email", "drita@gmial.com")
        page.press("form#pledge > p > .btn")

        assert page.title.startswith("Gabim:")
        assert page.text(".errors:focus h2") == "Duhen ndrequr 2 gjëra"
        assert page.value("#id_name") == "Drita Ëndërr"
        page.press("#id_consent")
        assert page.text(".suggested button") == "Po, drita@gmail.com"
        page.press(".suggested button")
        assert page.url == f"{home}/sq/zotimi/email/"

        [(_subject, recipient, links)] = inbox()
        assert recipient == "drita@gmail.com" and tally.read().total == 0
        page.open(next(link for link in links if "/konfirmoni/" in link))
        page.press("main .btn")
        assert page.text("h1").startswith("Faleminderit")
        assert tally.read().total == 1 and Pledge.objects.get().sector.slug == "teachers"
        assert page.complaints(home) == []


def test_each_word_of_the_headline_is_in_one_line_beside_a_scrollbar(live_server, tmp_path_factory):
    shown = {"widget.gtk.overlay-scrollbars.enabled": False}
    with firefox(require_firefox(), tmp_path_factory.mktemp("firefox"), shown) as page:
        for width in range(320, 373, 13):
            page.set_width(width)
            page.open(f"{live_server.url}/sq/")
            assert page.size("body")[0] < width, "the scrollbar takes room"
            first, second = page.size(".hero h1 span:first-child"), page.size(".hero h1 span:nth-child(2)")
            assert first[1] == pytest.approx(second[1]), f"„jemi” breaks at {width} pixels"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_check_above_the_limit_of_a_network_with_the_keyboard(
    live_server, settings, watch, tmp_path_factory, language
):
    settings.SITE_URL = home = live_server.url
    watch.add("Drita Kola", "drita@shembull.al")
    reach_limit("127.0.0.1")
    with firefox(require_firefox(), tmp_path_factory.mktemp("firefox"), {}) as page:
        page.set_width(360)
        page.open(home + path_of("pledges:sign", language))
        for selector in ("#id_over_16_0", "input[name=sector][value=teachers]", "#id_consent"):
            page.press(selector)
        page.type("#id_name", "Drita Kola")
        page.type("#id_email", "drita@shembull.al")
        page.press("form#pledge > p > .btn")
        assert page.text(".check:focus h2") == translated(language, "A short check first")
        done = translated(language, "The check is done. You can send the form now.")
        deadline = time.monotonic() + 60
        while page.text(".check-status") != done:
            assert time.monotonic() < deadline, page.text(".check-status")
            time.sleep(0.2)
        assert page.faults() == []
        # From the box, which has the focus, to its button.
        page.key(TAB)
        page.key(ENTER)
        while not page.url.endswith(path_of("pledges:inbox", language)):
            assert time.monotonic() < deadline, page.url
            time.sleep(0.2)
        assert Submission.objects.count() == 1 and page.complaints(home) == []


def test_back_shows_a_form_of_content_as_typed_until_its_account_signs_out(live_server, settings, tmp_path_factory):
    settings.SITE_URL = home = live_server.url
    session = sign_in(Client(), make_staff(superuser=True)).cookies[settings.SESSION_COOKIE_NAME].value
    path = f"{home}/admin/campaign/page/{Page.objects.get(key='about').pk}/change/"
    with firefox(require_firefox(), tmp_path_factory.mktemp("firefox"), {}) as page:

        def leave_and_come_back():
            page.press(".breadcrumbs a")
            page.send("WebDriver:Back")

        def rich_text():
            return page.value("#id_body_en"), page.text(".editor-text[lang=en]")

        page.open(f"{home}/admin/account/login/")
        place = {"name": settings.SESSION_COOKIE_NAME, "path": settings.SESSION_COOKIE_PATH}
        page.send("WebDriver:AddCookie", cookie={"value": session, **place})
        page.open(path)
        page.type("#id_title_en", "Typed in vain?")
        page.press(".editor-text[lang=en]")
        page.key("Typed rich text ")
        leave_and_come_back()
        assert page.url == path and page.value("#id_title_en") == "Typed in vain?"
        assert all("Typed rich text" in each for each in rich_text())
        # The page of a refusal is the answer to a POST.
        page.type("#id_title_sq", " ")
        page.press("[name=_save]")
        page.type("#id_title_en", "Typed after the refusal")
        leave_and_come_back()
        assert page.text(".errornote") and page.value("#id_title_en") == "Typed after the refusal"
        assert all("Typed rich text" in each for each in rich_text())
        page.press(".breadcrumbs a")
        page.press("#logout-form button")
        page.send("WebDriver:Back")
        # The answer to the POST is gone, and the form before it asks to sign in.
        with pytest.raises(Failed, match="notCached"):
            page.send("WebDriver:Back")
        page.send("WebDriver:Back")
        assert page.url.startswith(f"{home}/admin/account/login/")
