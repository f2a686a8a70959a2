"""What happens after a report: four steps with their sources for three groups, and what we do not know."""

import pytest

from tests.campaign.pages.test_inner_pages import BOTH, opened, write

pytestmark = pytest.mark.django_db

KEY = "after_report"
SOURCE = {"sq": "Burimi:", "en": "Source:"}
UNKNOWN = {"sq": "Këtë nuk e dimë", "en": "What we do not know"}


@BOTH
def test_each_of_three_groups_reads_four_steps_with_a_source_and_what_is_not_known(client, language):
    page = opened(client, KEY, language)
    ways = page.all("ol", **{"class": "way"})
    assert len(ways) == 3
    for way in ways:
        *known, unknown = page.all("li", node=way)
        assert len(known) == 4
        for step in known:
            assert "class" not in page.of(step)
            [source] = page.all("div", node=step, **{"class": "small"})
            assert page.words(source).startswith(SOURCE[language])
            assert page.words(step).count(SOURCE[language]) == 1
        assert page.of(unknown)["class"] == "unknown"
        assert page.words(page.all("h3", node=unknown)[0]) == UNKNOWN[language]
        assert {page.of(link)["href"] for link in page.all("a", node=unknown)} == {"tel:116111", "tel:129"}
    assert page.all("a", href="/sq/ndihme/njmf/" if language == "sq" else "/en/help/child-protection-units/")


def test_staff_write_the_steps_and_one_without_a_source_is_not_known(client):
    language = "en"
    source = f"<p>{SOURCE[language]} <em>x.al</em>, 2026</p>"
    write(KEY, f"<h2>A</h2><p>Hyrja.</p><h3>Një</h3><p>1</p>{source}<h3>Dy</h3><p>2</p><h2>B</h2><p>Kumbulla.</p>")
    page = opened(client, KEY, language)
    [way] = page.all("ol", **{"class": "way"})
    one, two = page.all("li", node=way)
    assert page.words(one) == f"Një 1 {SOURCE[language]} x.al , 2026" and "class" not in page.of(one)
    assert page.words(two) == "Dy 2" and page.of(two)["class"] == "unknown"
    assert "Hyrja." in page.words() and "Kumbulla." in page.words()
