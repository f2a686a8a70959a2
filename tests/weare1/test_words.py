"""The rules of docs/words.md on English: one word for one thing, plain words, whole sentences."""

import re
from pathlib import Path

from django.conf import settings

from tests.albanian import WITHOUT_CATALOGUE
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
