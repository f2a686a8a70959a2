"""bin/look: its screenshots and sheets of two pages; axe over everything that it shows (drill)."""

import pytest

from dev import DevError
from dev.look import pages
from dev.look.__main__ import emptied
from dev.look.album import open_view
from tests.browser.axe import ALL_VIEWS, faults_in


def test_every_view_has_both_languages_and_a_name_of_its_own(live_server, settings):
    settings.SITE_URL = live_server.url
    views = list(pages.every(live_server.url))
    for language in ("sq", "en"):
        names = [view.name for view in views if view.language == language]
        assert len(names) == len(set(names)) > 50
        assert {"home", "movement", "thanks", "certificate", "friend", "link-older-than-a-day", "unavailable"} <= set(
            names
        )


def test_it_empties_no_folder_of_something_else(tmp_path):
    (tmp_path / "index.html").write_text("")
    with pytest.raises(DevError):
        emptied(tmp_path)
    (tmp_path / "site.log").write_text("")
    assert list(emptied(tmp_path).iterdir()) == []
    (tmp_path / "site.log").write_text("")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(DevError):
        emptied(tmp_path)


@pytest.mark.drill(only=True)
def test_10_axe_finds_nothing_on_anything_that_it_shows(visit, live_server):
    visitor = visit()
    found = {}
    for view in pages.every(live_server.url):
        if view.check == "without-script":
            # axe is a script.
            continue
        open_view(visitor.page, view)
        found |= {
            (view.name, view.language, *where): each for where, each in faults_in(visitor.page, ALL_VIEWS).items()
        }
    assert found == {}
