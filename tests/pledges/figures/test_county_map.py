"""The map of counties: shades, classes and legend."""

import random
import re
from types import SimpleNamespace

import pytest
from django.utils import translation

from pledges.figures.charts import county_map, rate


def county(code, people, population=100_000):
    return SimpleNamespace(code=code, name=code, population=population), people


def a_country(chance, most):
    return [
        county(f"AL-{n:02}", int(chance.random() ** 3 * most), chance.randrange(60_000, 800_000)) for n in range(1, 13)
    ]


@pytest.mark.cases("most", [0, 1, 5, 30, 900, 40_000, 1_000_000])
def test_more_people_have_a_darker_shade_and_the_legend_agrees(most):
    with translation.override("en"):
        for seed in range(20):
            people = a_country(random.Random(seed), most)
            drawn = county_map(people)
            measured = {each.code: round(10 * (rate(each, n) or 0)) or bool(n) for each, n in people}
            shades = {each.county.code: each.shade for each in drawn.counties}
            assert set(shades) == set(measured)
            for one in measured:
                for other in measured:
                    if measured[one] < measured[other]:
                        assert shades[one] <= shades[other]
                assert (shades[one] == "q0") == (measured[one] == 0)
            assert {shade for shade, _ in drawn.legend} >= set(shades.values())
            for shade, words in drawn.legend:
                numbers = [float(word.replace(",", "")) for word in re.findall(r"[\d.,]+", words)]
                # As shown on the map.
                inside = [
                    float(each.value.replace(",", "")) or measured[each.county.code] / 10
                    for each in drawn.counties
                    if each.shade == shade != "q0"
                ]
                if numbers and inside:
                    assert numbers[0] <= min(inside)
                if len(numbers) == 2 and inside:
                    assert max(inside) <= numbers[1]


def test_at_most_five_classes_of_one_round_width():
    with translation.override("en"):
        drawn = county_map([county(f"AL-{n:02}", 100 + 15 * n) for n in range(1, 13)])
    assert [words for _shade, words in drawn.legend] == ["25.0 to 29.9", "20.0 to 24.9", "15.0 to 19.9", "10.0 to 14.9"]


def test_a_county_without_an_outline_is_left_out():
    drawn = county_map([county("abroad", 5, None), county("AL-13", 5), county("AL-01", 5)])
    assert [each.county.code for each in drawn.counties] == ["AL-01"]
