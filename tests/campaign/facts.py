"""The figures and dates in a text of either language, in one notation, and those that docs/facts.md carries."""

import re
from pathlib import Path

from django.conf import settings

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
