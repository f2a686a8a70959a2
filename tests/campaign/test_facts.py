"""No starter text has a figure or date that docs/facts.md lacks, or in one language only; every claim has its source."""

import datetime
import json
from pathlib import Path

import pytest
from django.conf import settings

from tests.campaign.facts import figures, rows

FILES = sorted(Path(settings.BASE_DIR).glob("*/starter/*.json"))


def texts(node, key=""):
    """Yield (key of the item, field, Albanian, English) of every translated field below a node of a starter file."""
    if isinstance(node, list):
        for number, each in enumerate(node):
            yield from texts(each, f"{key} {number}".strip())
    elif isinstance(node, dict):
        names = [node[name] for name in ("key", "kind", "slug", "sector", "slug_sq") if name in node]
        key = str(names[0]) if names else key
        for name, value in node.items():
            if name.endswith("_sq") and isinstance(value, str):
                yield key, name.removesuffix("_sq"), value, node[name.replace("_sq", "_en")]
            else:
                yield from texts(value, key)


def every_text():
    return [(file.name, *text) for file in FILES for text in texts(json.loads(file.read_text()))]


def starter(name):
    return json.loads(Path(settings.BASE_DIR, "campaign", "starter", f"{name}.json").read_text())


def known():
    """The figures and dates of docs/facts.md."""
    return {figure for row in rows() for figure in figures(row[0], "en")}


def test_every_fact_is_a_figure_with_its_source():
    wrong = [row for row in rows() if len(row) != 3 or len(figures(row[0], "en")) != 1 or not row[1] or not row[2]]
    assert wrong == []
    assert len(rows()) > 60


def test_no_starter_text_has_a_figure_or_date_without_a_fact():
    facts = known()
    found = [
        f"{file}: {key}: {field}_{language}: {figure}"
        for file, key, field, albanian, english in every_text()
        for language, text in (("sq", albanian), ("en", english))
        for figure in sorted(figures(text, language) - facts)
    ]
    assert found == []


def test_both_languages_have_the_same_figures_and_dates():
    found = [
        f"{file}: {key}: {field}: {sorted(figures(albanian, 'sq') ^ figures(english, 'en'))}"
        for file, key, field, albanian, english in every_text()
        if figures(albanian, "sq") != figures(english, "en")
    ]
    assert found == []


def test_dates_years_and_numbers_to_call_beside_the_texts_are_facts():
    def day(text):
        return f"{datetime.date.fromisoformat(text):%-d %B %Y}"

    beside = [
        *((row["key"], day(step["date"])) for row in starter("demands") for step in row["steps"]),
        *((row["key"], day(row["date"])) for row in [*starter("articles"), *starter("voices")]),
        *((row["key"], str(row["year"])) for row in starter("statistics") if row["year"]),
        *((row["key"], row["number"].replace(" ", "")) for row in starter("channels") if row["number"]),
    ]
    assert len(beside) > 15
    assert [(key, figure) for key, figure in beside if figure not in known()] == []


@pytest.mark.parametrize("name", ["statistics", "voices", "articles"])
def test_every_claim_names_its_source_in_both_languages(name):
    fields = ("source_sq", "source_en", "url") if name == "statistics" else ("source",)
    assert [(row["key"], field) for row in starter(name) for field in fields if not row[field]] == []


def test_every_step_of_a_demand_names_its_source():
    steps = [step for row in starter("demands") for step in row["steps"]]
    assert len(steps) > 5
    for step in steps:
        assert step["source_title"] and step["source_url"].startswith("https://"), step
