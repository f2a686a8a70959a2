"""No starter text has a figure or date that docs/facts.md lacks, or in one language only; every claim has its source."""

import datetime
import json
import re
from pathlib import Path

import pytest
from django.conf import settings

FILES = sorted(Path(settings.BASE_DIR).glob("*/starter/*.json"))
DOCUMENT = Path(settings.BASE_DIR, "docs", "facts.md")
MONTHS = {
    "sq": "janar shkurt mars prill maj qershor korrik gusht shtator tetor nëntor dhjetor".split(),
    "en": "January February March April May June July August September October November December".split(),
}
# Albanian months have endings: "18 nëntori".
MONTH = "|".join([*MONTHS["en"], *(f"{month}\\w*" for month in MONTHS["sq"])])
# Tags with their addresses, numbers to call as codes, placeholders, and names with a digit.
NOT_READ = re.compile(r"<[^>]*>|\[\[[\w-]+\]\]|\{\{?[^}]*\}\}?|https?://\S+|#\w+|Ne jemi 1|We are 1")
# The first alternative that fits is read. Digits after a letter or a dot belong to a name, such as alo116.al.
TOKEN = re.compile(
    rf"""(?<![\w.])(?:
    (?P<first>\d{{1,2}})\ (?:dhe|and|[–-])\ ?(?=\d{{1,2}}\ (?:{MONTH}))
    | (?:(?P<day>\d{{1,2}})\ )?(?P<month>{MONTH})(?:\ (?P<year>\d{{4}}))?(?!\w)
    | (?P<law>\d+/\d{{4}})
    | (?P<of>\d+)\ (?:në|in)\ (?P<all>\d+)
    | (?P<low>\d+)(?:\ ?[–-]\ ?|\ to\ |\ deri\ (?:në\ )?)(?P<high>\d+)
    | (?P<number>\d{{1,3}}(?:[\ \u00a0\u202f]\d{{3}})+(?!\d)|\d+(?:[.,]\d+)*)(?P<percent>[\ \u00a0]?%)?
    )""",
    re.VERBOSE,
)


def figures(text, language):
    """The figures and dates of a text: {"23 July 2020", "19 November", "1 in 10", "11–16", "12%", "3328", "12.5"}."""
    found = set()
    pending = []
    for match in TOKEN.finditer(NOT_READ.sub(" ", text).replace("\u00a0", " ")):
        parts = match.groupdict()
        if parts["first"]:
            pending.append(parts["first"])
        elif parts["month"]:
            month = _month(parts["month"])
            # A month alone, or with a capital letter at the start of a sentence, is no date: "May".
            for day in [*pending, parts["day"]]:
                if day or parts["year"]:
                    found.add(" ".join(filter(None, [day, month, parts["year"]])))
            pending = []
        elif parts["law"]:
            found.add(parts["law"])
        elif parts["of"]:
            found.add(f"{parts['of']} in {parts['all']}")
        elif parts["low"]:
            low, high = parts["low"], parts["high"]
            # "2019–2020" says the same as "2019 and 2020".
            found |= {low, high} if len(low) == len(high) == 4 else {f"{low}–{high}"}
        else:
            found.add(_number(parts["number"], language) + ("%" if parts["percent"] else ""))
    return found


def _month(word):
    """The English name of a month in either language, with any Albanian ending."""
    for albanian, english in zip(MONTHS["sq"], MONTHS["en"], strict=True):
        if word == english or word.startswith(albanian):
            return english
    raise ValueError(word)


def _number(text, language):
    """Digits without grouping, with a decimal point: "12 345" and "3,328" are groups; "12,5" is a decimal in Albanian."""
    grouping, decimal = (".", ",") if language == "sq" else (",", ".")
    text = re.sub(r"\s", "", text)
    text = re.sub(rf"{re.escape(grouping)}(?=\d{{3}}(?!\d))", "", text)
    return text.replace(decimal, ".")


def rows():
    """The rows of the tables in docs/facts.md, each a list of three cells: figure or date, what, source."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("figure or date", "---")]


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
