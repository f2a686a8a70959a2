"""The Albanian rules of docs/words.md: adults are addressed as *ju*, and one thing has one name.

tests/weare1/test_languages.py looks for commands to one person on the rendered pages of the admin.
"""

import re
from pathlib import Path

from django.conf import settings

from tests.albanian import guide_texts, pages_without_catalogue, singular, starter_texts
from tests.weare1.test_languages import read_po

CATALOGUES = [Path(settings.BASE_DIR) / "locale" / "sq" / "LC_MESSAGES" / name for name in ("django.po", "djangojs.po")]


def translations(without=()):
    """(place, text) of every translation, but for entries with one of these contexts."""
    for file in CATALOGUES:
        for entry in read_po(file):
            if entry.context not in ("address", *without):
                yield from ((f"{file.name}: {entry.id}", text) for text in entry.translations)


def test_no_translation_addresses_one_person():
    spoken = translations(without=["to a child", "to a friend"])  # who are addressed as *ti*
    assert {place: command for place, text in spoken if (command := singular(text))} == {}


def test_the_guide_addresses_nobody_as_one_person():
    assert {place: command for place, text in guide_texts() if (command := singular(text))} == {}


# What is not said, and what is said instead.
ONE_WORD = {
    r"(?<!gjurmë e )(?<!gjurmë të )(?<!gjurmët e )(?<!gjurmët të )\bkoduara?\b(?! me çelës)|çkod": "kriptuar; gjurmë e koduar",
    r"shën\w+ kuti(?!z)|\bkuti(në|a|ja)?\b(?= e lajmeve|[^.]{0,20} shën)": "kutizë for a tick; kuti is a mailbox",
    r"\bparapamj": "pamja paraprake",
    r"kush jemi, në shifra": "sa jemi",
    r"\b(rrugë të tjera|rrugët e tjera|të gjitha rrugët)\b": "mundësi",
    r"\bna gjeni\b": "na kontaktoni",
    r"\bvetjak": "personal",
    r"(?-i:\bligj\w* nr\.)": "Ligji nr.",
    r"\bmesazhe\w* (e|të) lëna\b": "mesazhe të padorëzuara",
    r"(?<!/)\badmin(i|in|it)?\b(?!/)": "administrim",
    r"\bi (ka|kam|kanë|ke|keni|kishte|kishe|kishin|kishit) mbushur\b|18 vjeç e lart": "ka mbushur 18 vjeç",
    r"\bshantazh seksual (i|të) fëmij": "shantazh seksual ndaj fëmijëve",
    r"\bpërzgj[ei]dh": "zgjedh",
    r"\bsajt": "faqe",
    r"\b(e-mail|emaili|emailin|mail-i)": "email, email-i",
    r"e kanë thënë qarkun": "qarku i pashënuar",
    r"\bzotohuni edhe ju:": "zotohu edhe ti, from friend to friend",
    r"\bndrysho\w+ (vetëm )?për (të paktën |disa |%)": "ndryshon me",
    r"\bcilit numër\b": "në cilin numër",
    r"\bllogarit(et|en)\b": "numërohet, of a sheet: vlen",
    r"\bshëno\w+ (\w+ )?(grup|klas)": "regjistroni grupin; shënoni is for a box",
    r"\be ka të detyruar\b": "nuk është i detyruar",
    r"\b(këta|këtyre dy) (\S+ )?grupe\b": "këto grupe",
    r"\brrëfim": "mesazh për abuzim; a child has nothing to confess",
    r"mbështetës (ka|kanë) nënshkruar|^(njeri|veta) (ka|kanë) nënshkruar|(\d|s\)s) (prindër )?kanë nënshkruar[ ”]": "mbështetës",
    r"burimi: zotimet|zotime të konfirmuara, gj|qarkut: vetëm zotime|vetëm zotimet e konfirmuara, çdo": "mbështetës, not pledges",
    r"ajo që u kërkua (është|ka)|(?-i:^(Në fuqi|Miratuar|Hyri në fuqi)$)": "ligji: the register is not in force",
    r"detyrë të veprojnë(?<!për detyrë të veprojnë)": "e kanë për detyrë të veprojnë",
    r"(?<![\w-])\d{1,4}-\d{1,4}(?![\w-])(?<!3166-2)": "an en dash between numbers: 10–14",
    r"\d (am|pm)\b|\bora \d{1,2}\.\d": "ora 17:00",
    r"\blutemi\b(?!,)": "ju lutemi, with a comma",
    r"\b(këta|ata) email-e": "këto, ato email-e",
    r"\bkë të telefon": "kujt t’i telefononi",
    r"\bdrafti?\b|\bpubliko(ni|hen|het|jeni|jini|va)\b": "skicë; botoni",
    r"\bnis(et|en) (kur|një herë|në vend|tani|më asnjë|asnjë)|\bnisni me email": "dërgohet",
    r"\bpronari?\b|\bpronarët\b|\bi zoti (i|e|të)\b": "kush e ka adresën; personi",
    r"\bnë pauzë\b|\bpauza\b": "ndalur përkohësisht",
    r"\bstaf(i|it)?\b": "ekipi",
    r"\bndërmarrj": "biznes",
    r"\beksport\b": "eksportim",
    r"\bmë së shumti\b": "e shumta",
    r"\bposterë(t|ve)\b": "postera",
    r"\bshiko(ni|jini)\b": "shihni",
    r"\(jo e detyrueshme\)": "(nëse doni)",
    r"\bballë për ballë": "nga afër",
    r"\b[ie] (imja?|yti|jotja|yni|jona|juaj[ia])\b": "yni, jona: the pronoun alone has no article",
    r"\blogo\w* e lëvizjes": "shenja e lëvizjes",
    r"\bpërgjegjësi\w* e mbrojtjes": "përgjegjësi për mbrojtjen e fëmijëve",
}


def test_one_thing_has_one_name():
    texts = [*translations(), *starter_texts(), *guide_texts(), *pages_without_catalogue()]
    assert len(texts) > 2000
    patterns = {re.compile(wrong, re.IGNORECASE): right for wrong, right in ONE_WORD.items()}
    assert {place: right for place, text in texts for wrong, right in patterns.items() if wrong.search(text)} == {}
