"""bin/look: its screenshots and sheets of two pages; axe over everything that it shows (drill)."""

import pytest

from tests import views
from tests.browser.axe import ALL_VIEWS, faults_in


def test_every_view_has_both_languages_and_a_name_of_its_own(live_server, settings):
    settings.SITE_URL = live_server.url
    shown = list(views.every(live_server.url))
    for language in ("sq", "en"):
        names = [view.name for view in shown if view.language == language]
        assert len(names) == len(set(names)) > 50
        assert {"home", "movement", "thanks", "certificate", "friend", "link-older-than-a-day", "unavailable"} <= set(
            names
        )


@pytest.mark.drill(only=True)
def test_10_axe_finds_nothing_on_anything_that_it_shows(visit, live_server):
    visitor = visit()
    found = {}
    for view in views.every(live_server.url):
        if view.check == "without-script":
            # axe is a script.
            continue
        views.open_view(visitor.page, view)
        found |= {
            (view.name, view.language, *where): each for where, each in faults_in(visitor.page, ALL_VIEWS).items()
        }
    assert found == {}
