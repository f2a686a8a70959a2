"""The rule that finds disclosures of abuse, measured on invented messages. None of them has explicit content.

Those in messages/open were known when the rule was written; those in messages/kept were not.
"""

import time
from pathlib import Path

import pytest

from pledges.enquiries.alarm_words import is_alarming
from pledges.models import AlarmWord

FILES = sorted(Path(__file__).parent.glob("messages/*/*.txt"))


@pytest.mark.django_db
@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name} {file.stem}")
def test_nearly_all_disclosures_and_few_ordinary_messages_raise_the_alarm(file):
    patterns = AlarmWord.objects.patterns()
    messages = file.read_text().splitlines()
    alarming = [message for message in messages if is_alarming(message, patterns)]
    share = len(alarming) / len(messages)
    print(f"\n{file.parent.name} {file.stem}: {len(alarming)} of {len(messages)} raise the alarm ({share:.1%})")
    if file.stem.startswith("disclosure"):
        assert share >= 0.95, [message for message in messages if message not in alarming]
    else:
        assert share <= 0.15, alarming


# Each raises the alarm by the rule alone.
DISCLOSURES = [
    # Nothing is named.
    "he is coming back tonight",
    "kam frikë",
    # Whatever else it says of the work of the movement.
    "I saw your campaign and the petition. When I was nine, my uncle came into my room at night.",
    "E pashë fushatën dhe peticionin tuaj. Kur isha nëntë vjeç, xhaxhai vinte natën në dhomën time.",
    # With and without ë, ç and apostrophes, doubled letters, and as it is spoken in the north.
    "faqja juaj: vllai me prekk",
    "Faqja juaj: vëllai më prek",
    "faqja juaj: axha m’ka prek",
    "your site: my uncle touchd and hurts me, i cant tell",
    "gazetarja juaj: kam frigë prej tij, ai ma mshel derën",
]
ORDINARY = [
    "How many children were sexually abused in 2025? We need the figures for an article.",
    "Sa fëmijë u abuzuan seksualisht në vitin 2025? Shifrat na duhen për një artikull.",
    "My son is twelve. May he sign your petition with me?",
    "Djali im është dymbëdhjetë vjeç. A mund ta nënshkruajë peticionin tuaj bashkë me mua?",
]


def test_the_rule_needs_no_word_of_the_staff():
    assert [text for text in DISCLOSURES if not is_alarming(text, ())] == []
    assert [text for text in ORDINARY if is_alarming(text, ())] == []


def test_a_long_text_takes_time_in_proportion():
    def seconds(text):
        start = time.process_time()
        is_alarming(text, ())
        return time.process_time() - start

    for part in ("më prek ", "a'", "dhunimi "):
        text = part * (5_000 // len(part))
        once, tenfold = seconds(text), seconds(text * 10)
        assert tenfold < 30 * once + 0.01, part
