"""The rule that finds disclosures of abuse, measured on invented messages. None of them has explicit content.

Those in messages/open were known when the rule was written; those in messages/kept were not.
"""

import time
from pathlib import Path

import pytest

from pledges.enquiries.alarm import is_alarming
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
    # A long message that begins and ends with the work of somebody.
    "I work in the administration of a school and keep its register. The law and our policy are clear to me. In September one of "
    "the boys came to my office. He sat down and began to cry. The director told me to look after my documents. Which form "
    "must I send, and to which ministry? I read the report on your website.",
    "Punoj në administratën e një shkolle dhe mbaj regjistrin. Ligjin dhe rregulloren i njoh. Në shtator njëri nga djemtë erdhi "
    "në zyrë. U ul dhe nisi të qajë. Drejtori më tha të merrem me dokumentet. Cilin formular duhet të dërgoj, dhe në cilën "
    "ministri? E lexova raportin në faqen tuaj.",
]
ORDINARY = [
    "How many children were sexually abused in 2025? We need the figures for an article.",
    "Sa fëmijë u abuzuan seksualisht në vitin 2025? Shifrat na duhen për një artikull.",
    "My son is twelve. May he sign your petition with me?",
    "Djali im është dymbëdhjetë vjeç. A mund ta nënshkruajë peticionin tuaj bashkë me mua?",
    "Dear Sir or Madam, I represent the association of social workers. Our members decided to support your campaign. We would "
    "like to sign as an organisation and to receive thirty copies of the brochure. Some of our members work with children who "
    "have been harmed, and ask for a training. Could you tell us which dates suit you? With kind regards, the secretary.",
    "I nderuar zotëri, përfaqësoj shoqatën e punonjësve socialë. Anëtarët tanë vendosën ta mbështesin fushatën tuaj. Dëshirojmë "
    "të nënshkruajmë si organizatë dhe të marrim tridhjetë kopje të broshurës. Disa nga anëtarët tanë punojnë me fëmijë që kanë "
    "pësuar dhunë dhe kërkojnë një trajnim. A mund të na thoni cilat data ju përshtaten? Me respekt, sekretarja.",
]


def test_the_rule_needs_no_word_of_the_staff():
    assert [text for text in DISCLOSURES if not is_alarming(text, ())] == []
    assert [text for text in ORDINARY if is_alarming(text, ())] == []


def test_a_long_text_takes_time_in_proportion():
    def seconds(text):
        start = time.process_time()
        is_alarming(text, ())
        return time.process_time() - start

    for part in ("më prek ", "a'", "dhunimi ", " ", "a. "):
        text = part * (5_000 // len(part))
        once, tenfold = seconds(text), seconds(text * 10)
        assert tenfold < 30 * once + 0.01, part
