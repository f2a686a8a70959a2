"""The rules of docs/words.md: one word for one thing, plain words, whole sentences; adults are addressed as *ju*."""

import re
from pathlib import Path

from django.conf import settings

from tests.albanian import WITHOUT_CATALOGUE, guide_texts, pages_without_catalogue, singular, starter_texts
from tests.campaign.test_facts import every_text
from tests.weare1.test_languages import CATALOGUE, of_scripts, read_po

ROOT = Path(settings.BASE_DIR)

# English that is read: (where, text)


def lines_of(name):
    """Yield (where, line) of a file."""
    for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1):
        yield f"{name}:{number}", line


def english_texts():
    """Yield (where, sentence) of all English that visitors, supporters and staff read."""
    for entry in [*read_po(CATALOGUE), *of_scripts()[1]]:
        for text in {entry.id, entry.plural} - {None}:
            if entry.context != "address":
                yield CATALOGUE.name, re.sub(r"%\(\w+\)[sd]", "…", text)
    for file, _key, _field, _albanian, text in every_text():
        for sentence in re.split(r"(?<=[.!?:;])\s+|\n+", text):
            yield file, re.sub(r"<[^>]*>|\{\{.*?\}\}", "", sentence)
    for where, line in lines_of("docs/editing.md"):
        yield where, re.sub(r"\]\([^)]*\)", "]", line)
    for name in WITHOUT_CATALOGUE:
        yield from lines_of(name)
    # The open data say "sector", as the API does.
    for where, line in lines_of("pledges/totals/openapi.json"):
        yield where, re.sub(r"sectors?", "group", line, flags=re.IGNORECASE)


# {what to say, or its rule in docs/words.md: pattern of what breaks it}
RULES = {
    "email": r"\be-mail",
    "no whoever": r"\bwhom?ever\b",
    "who to call": r"\bwhom to\b",
    "again": r"\banew\b|\bonce more\b",
    "a new link": r"\bfresh\b",
    "no press": r"\bone press\b",
    "no longer": r"\bworks? no more\b|\bcounts? no more\b|\bany more[.,;:!?]",
    "whole sentences": r"^(off|empty):|^(such as|in which|for whoever)\b",
    "straight away": r"(?<!many )(?<!several )(?<!many pledges )\bat once\b",
    "in the meantime": r"\bmeanwhile\b",
    "want, ask": r"\bwish(es|ed)?\b",
    "automatically": r"\bby (itself|themselves)\b",
    "things do not stand": r"\bstands? (here|there|in|under|at|on|below|behind|large|still|as)\b",
    "sign": r"\bpledging\b|\b(has|have|who) pledged from\b|\bpromise to the pledge\b|\btake a pledge\b",
    "withdraw": r"\b(take|took|taken) (your pledge )?back\b|\bleaves? the (count|figures)\b",
    "erase": r"\bforget (your|the|an?) (address|data)\b|\bgoes for good\b|\bkept nothing of\b",
    "cancel": r"\b(end|make) (this|my|your) link\b|\bleads nowhere\b",
    "restore": r"\b(bring|brought|put) (it |this |these |the \w+ )?(version )?back\b(?! memories)",
    "group": r"\bsectors?\b",
    "text": r"\bwordings?\b",
    "warning": r"\ba doubt beside\b",
    "second step": r"\bsecond factor\b",
    "sign out": r"\blog ?(in|out)\b",
    "screen lock": r"\bcode of your phone\b",
    "failed, resend": r"\bgiven up\b",
    "logo": r"\bthe mark\b",
    "mark on paper": r"\bstrokes?\b",
    "launch statement": r"\blaunch text\b",
    "supporters so far": r"\bhow many we are\b|\bwho we are, in figures\b",
    "manage my pledge": r"\bsend me my link\b",
    "commitment": r"\bwhat you can promise\b",
    "invitation link": r"\byour own link\b|\blink of your own\b",
    "in total": r"\bin all\b(?! capitals)",
    "codes made from": r"\bcoded traces?\b",
    "name of the movement": r"\bviolence and exploitation of children\b|\bmovement against sexual violence\b",
    "data is singular": r"\bthese data\b",
    "order of a question": r"(^|[.?!>] )(you cannot|it is not there|nothing comes)\b[^.?!]*\?",
    "aged 18 or over": r"\bof 1[68] (or|and) over\b",
    "check, review": r"\blook(s|ed|ing)? (it over|twice|at (it|this|the (list|demands|names|differences)))\b",
    "email, not write": r"\bwrite to (you|it|them|this address)\b",
    # Children of a class and people of a meeting are counted and have not signed.
    "not all have signed": r"(\bsupporters?|^(person|people)|(…|\d)( \w+)?|how many people|in this group) (has|have) signed\b"
    r"(?! through)|^at least one person in each",
    "not only confirmed pledges": r"\bsource: confirmed pledges|^confirmed pledges (only|as of)"
    r"|(?<!online, we )only count confirmed pledges",
    # The law on the register is in force, the register was not set up.
    "the law is in force": r"\bwhat was asked for (is|has been)\b|\bit (came into force|was adopted)\b|^(in force|adopted)$",
    "responsible for it": r"\b(which|that) (institution )?answers for\b",
    "is waiting": r"(\bit|message|email|draft|”) waits for\b|^waits for\b",
    "the person": r"\bowners?\b",
    "stop emails": r"\bend (our emails|this at any time|it here)\b",
    "enter a group": r"\bsend (the|this) (group|organisation)\b",
    "choose what you will do": r"\btake on a commitment\b",
    "how it went": r"\bwhat (became|came) of (it|them)\b",
    "what stage": r"\bhow far (it is|the demand)\b",
    "promise to keep it secret": r"\bpromise silence\b",
    "consent that can be said back": r"\bexplicitly consent\b",
    "answers of others are not promised": r"\b(answers?|reports) straight away\b",
    "touching is not defined by feeling": r"\bin a way that makes you feel\b",
    "an en dash between numbers": r"(?<![\w-])\d{1,4}-\d{1,4}(?![\w-])(?<!3166-2)",
    "a clock of 24 hours": r"\b\d{1,2}(:\d\d)? ?[ap]m\b",
    "we are 1": r"\b(pledge of|site of|account at|pledge with) ne jemi 1\b",
}


def broken_rules(text):
    """The names of the rules that a text breaks."""
    return [rule for rule, pattern in RULES.items() if re.search(pattern, text, re.IGNORECASE)]


def test_one_word_for_one_thing():
    texts = list(english_texts())
    assert len(texts) > 2000
    broken = [f"{where}: {text.strip()[:90]!r} breaks {rule!r}" for where, text in texts for rule in broken_rules(text)]
    assert broken == []


# Albanian. tests/weare1/test_languages.py looks for commands to one person on the rendered pages of the admin


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
