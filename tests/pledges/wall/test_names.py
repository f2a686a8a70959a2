"""Names on the wall: how one is shortened, which names staff must review individually, and what the database enforces."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from pledges.addresses import shown_name
from pledges.models import RefusedWord, Sector
from pledges.wall.models import review_reasons

pytestmark = pytest.mark.django_db


@pytest.mark.cases(
    ("name", "shown"),
    [
        ("Arta Kola", "Arta K."),
        ("Arta", "Arta"),
        ("Arta Maria Kola", "Arta K."),
        ("Anna-Maria Kola", "Anna-Maria K."),
        ("Arta Kola-Shehu", "Arta K."),
        ("Drita Shehu", "Drita Sh."),
        ("drita xhemalçeli", "Drita Xh."),
        ("ARTA KOLA", "Arta K."),
        ("Ylli Çela", "Ylli Ç."),
        ("Ylli C\u0327ela", "Ylli Ç."),
        ("Ëngjëll Gjoni", "Ëngjëll Gj."),
        ("Ludwig van Beethoven", "Ludwig B."),
        ("Arta e Kolës", "Arta K."),
        ("Dr. Arta Kola", "Arta K."),
        ("Martin King Jr.", "Martin K."),
        ("J. R. Tolkien", "J. T."),
        ("Sinéad O’Neil", "Sinéad O."),
        ("Arta ’Neil", "Arta N."),
        ("Dr.", "Dr."),
        ("王小明", "王小明"),
        ("Arta M̃ola", "Arta M̃."),
        ("Arta ʼAli", "Arta A."),
        ("ʼʼ", "ʼʼ"),
    ],
)
def test_a_name_is_shown_as_first_name_and_initial(name, shown):
    assert shown_name(name) == shown


@pytest.mark.cases(
    ("name", "doubts"),
    [
        ("Arta Kola", []),
        ("Përparim Çlirimtar Gjoni", []),
        ("J. R. Tolkien", []),
        ("Karafil Kari-Muti", ["a refused word"]),
        ("Kúrvá Kola", ["a refused word"]),
        ("Karafil Mutaj", []),
        ("Altin eshte hajdut", ["a refused word"]),
        ("Shitje x. com", ["may be a web address"]),
        ("www Shitje", ["may be a web address"]),
        ("ARTA KOLA", ["all in capitals"]),
        ("A. K.", []),
        ("Arta Kola nga fshati im", ["too many words for a name"]),
        ("Aaaarta Kola", ["the same letter many times"]),
        ("Аrta Kola", ["letters from several alphabets in one word"]),  # noqa: RUF001 - the first one is Cyrillic
        ("Arta Κόλα", []),  # noqa: RUF001 - one word of each
    ],
)
def test_doubts_about_a_name(name, doubts):
    with translation.override("en"):
        assert list(map(str, review_reasons(name, RefusedWord.objects.patterns()))) == doubts


def test_a_refused_word_is_stored_in_the_form_that_names_are_compared_in():
    word = RefusedWord(word=" Mágjì* ")
    word.full_clean()
    assert word.word == "magji*"
    for wrong in ("dy fjalë", "***", ""):
        with pytest.raises(ValidationError):
            RefusedWord(word=wrong).full_clean()


def test_names_of_young_people_are_never_shown():
    with pytest.raises(IntegrityError), transaction.atomic():
        Sector.objects.filter(slug="youth").update(shows_names=True)
