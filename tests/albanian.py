"""Every Albanian text with the place where it is written, and the rules of docs/words.md that a pattern can hold."""

import json
import re
from functools import cache
from html import unescape
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# Pages whose words stand in the file itself, in both languages.
WITHOUT_CATALOGUE = [f"templates/{name}.html" for name in ("500", "refused", "too-large", "too-many")]

# Commands to one person (2nd person singular). These forms mean nothing else, so they are found anywhere in a text.
COMMANDS = """
    aktivizo anulo bashko çaktivizo dërgo filtro fshih fto gjej hiq kërko konfirmo kontrollo kopjo korrigjo krahaso krijo
    kryej kthe lexo ndërro ndrysho ngarko plotëso printo provo refuzo regjistro riaktivizo ribëj rikthe ringarko ruaj shëno
    shih shkarko shkruaj shto spastro telefono vazhdo zëvendëso zgjidh zhbëj
""".split()
# These are commands only where a sentence begins: elsewhere "hap" is a step, "shfaq" means shows, "u fshi" means was erased.
COMMANDS_AT_THE_START = "fshi hap mbyll ndal përdor prek shfaq shpall shtyp vendos".split()
BEGINNING = r"(?:^|[.?!:…„“(]\s*)"


def forms(verb):
    """A pattern for a command with or without an object: "ruaj", "ruaje", "dërgo", "dërgoji"; "dërgoi" means sent."""
    return f"{verb}(?:j[eia]|juni)?" if verb[-1] in "eo" else f"{verb}(?:e|i|a|ia|uni)?"


SINGULAR = re.compile(
    rf"(?<![\w-])(?:{'|'.join(map(forms, COMMANDS))})(?![\w-])"
    # "hapi" means the step, "mbylli" closed, "shpallje" a declaration.
    rf"|{BEGINNING}(?:fshije|(?:{'|'.join(COMMANDS_AT_THE_START)})e?)(?![\w-])"
    r"|(?<![\w-])(?:ti|ty|yt|jote|tënd|tënde|të çon|të çojnë)(?![\w-])",
    re.IGNORECASE,
)


def singular(text):
    """The first command or pronoun in a text that addresses one person as *ti*, or None.

    „Zotohu edhe ti:” is what one friend sends another, also as an example.
    """
    match = SINGULAR.search(text.replace("Zotohu edhe ti:", ""))
    return match and match[0].strip()


def singular_on(page):
    """{text: command} of what a page of the admin says to one person: texts, attributes and the names of buttons."""
    texts = [text for language, text in page.words_by_language() if language == "sq"]
    texts += [page.of(field).get("value", "") for field in page.all("input", type="submit")]
    # Words of buttons that JavaScript adds to the rows of a form.
    texts += [
        text
        for rows in page.all("div", **{"data-inline-formset": True})
        for text in json.loads(page.of(rows)["data-inline-formset"])["options"].values()
        if isinstance(text, str)
    ]
    # Content in lists, perhaps shortened: texts for children, and promises in the first person ("vendos numrin").
    content = starter_sentences()
    texts = {" ".join(text.split()) for text in texts} - set(content)
    shortened = {text for text in texts if text.endswith("…") and any(each.startswith(text[:-1]) for each in content)}
    return {text: command for text in texts - shortened if (command := singular(text))}


@cache
def starter_sentences():
    """Every Albanian text of the starter content, without its place."""
    return tuple(text for _place, text in starter_texts())


def starter_texts():
    """(place, text) of every Albanian text of the starter content."""
    for file in sorted(ROOT.glob("*/starter/*.json")):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            if match := re.match(r'\s*"\w+_sq": (".*"),?$', line):
                yield f"{file.relative_to(ROOT)}:{number}", json.loads(match[1])


def guide_texts():
    """(place, line) of the guide for staff in Albanian, without addresses."""
    file = ROOT / "docs" / "editing.sq.md"
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        yield f"{file.relative_to(ROOT)}:{number}", re.sub(r"\]\([^)]*\)|`[^`]*`", "]", line)


def pages_without_catalogue():
    """(place, line) of the pages without a catalogue."""
    for name in WITHOUT_CATALOGUE:
        for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1):
            yield f"{name}:{number}", unescape(re.sub(r"<[^>]*>", " ", line))
