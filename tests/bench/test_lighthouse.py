"""Lighthouse gives twenty pages full marks, on the cheap phone and the slow network that it imitates."""

import pytest

from bench import lighthouse
from bench.site import behind_nginx
from pledges.counting.models import record_milestones
from tests.organisations import fill
from tests.published import show_counties
from tests.site import collect_static, url_of_test_database
from tests.tally import put_people


@pytest.mark.drill(only=True)
@pytest.mark.django_db(transaction=True)
def test_twenty_pages_score_100_in_every_category(monkeypatch, settings):
    put_people(12_345, days=400)
    show_counties()
    record_milestones()
    collect_static()
    monkeypatch.setenv("DATABASE_URL", url_of_test_database())
    program = lighthouse.prepare()
    pages = list(lighthouse.pages())
    assert len(pages) == 20
    found = {}
    with behind_nginx() as (site, media):
        settings.MEDIA_ROOT = media
        fill()
        for name, path in pages:
            best = dict.fromkeys(lighthouse.CATEGORIES, 0)
            # Other processes of the machine only lower a score.
            for number in range(3):
                scores = lighthouse.measure(program, site + path, f"{name}-{number}")
                best = {category: max(best[category], scores[category]) for category in scores}
                if min(best.values()) == 100:
                    break
            found[name] = {category: score for category, score in best.items() if score < 100}
            print(name, best, flush=True)
    assert {name: scores for name, scores in found.items() if scores} == {}
