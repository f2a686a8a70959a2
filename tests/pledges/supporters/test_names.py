"""Search by exact name: names are ciphertext, and the search decrypts them."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from pledges.models import Pledge
from pledges.supporters import querysets
from tests.factories import make_copies, make_pledge
from tests.pledges.groups.made import make_group

pytestmark = pytest.mark.django_db


def found(name):
    """The ids found by a name."""
    return Pledge.objects.find_by_name(name, seconds=60)[0]


def test_a_name_is_found_whatever_its_case_accents_spaces_and_order_and_no_part_of_it():
    pledge, other = make_pledge("Zamira Çela"), make_pledge("Besa Kola-Hoxha")
    for name in ("Zamira Çelaj", "Besa Kola-Hoxhaj", "Besa Kola", "Besa Ana Kola-Hoxha", "Besakola Hoxha"):
        make_pledge(name)
    for typed in ("Zamira Çela", "ZAMIRA  CELA", "Çela Zamira", " zamira çela ", "Zàmira Cela"):
        assert found(typed) == [pledge.pk], typed
    assert found("hoxha KOLA Besa") == found("Bësa Kola Hoxha") == [other.pk]
    assert found("Zamira") == found("Hoxha") == []


def test_no_name_or_address_is_set_without_its_digest():
    pledge = make_pledge()
    for row, column in ((pledge, "name"), (pledge, "address"), (make_group(), "address")):
        with pytest.raises(AttributeError, match="set_person"):
            setattr(row, column, "zamira@shembull.al")


def test_what_is_erased_or_no_key_opens_is_not_found_and_hides_no_other():
    erased, unreadable, pledge = (make_pledge("Zamira Çela", state="confirmed") for _ in range(3))
    Pledge.objects.filter(pk=erased.pk).erase_person()
    Pledge.objects.filter(pk=unreadable.pk).update(name_cipher=b"\x00" * 40)
    assert found("Zamira Çela") == [pledge.pk]


def test_of_many_equal_names_the_newest_are_found_and_the_search_says_that_there_may_be_more(monkeypatch):
    monkeypatch.setattr(querysets, "MOST_FOUND", 5)
    pledges = [make_pledge("Zamira Çela") for _ in range(querysets.MOST_FOUND)]
    assert Pledge.objects.find_by_name("Zamira Çela") == ([pledge.pk for pledge in reversed(pledges)], None)
    newest = make_pledge("Zamira Çela")
    ids, reached = Pledge.objects.find_by_name("Zamira Çela")
    assert ids[0] == newest.pk and len(ids) == querysets.MOST_FOUND and reached


def test_a_search_that_takes_too_long_says_how_far_back_it_looked(monkeypatch):
    monkeypatch.setattr(querysets, "PAGE_ROWS", 10)
    old = make_pledge("Zamira Çela", created_at=Now() - timedelta(days=9))
    make_copies(make_pledge("Besa Hoxha"), querysets.PAGE_ROWS)
    assert found("Zamira Çela") == [old.pk]
    ids, reached = Pledge.objects.find_by_name("Zamira Çela", seconds=0)
    assert ids == [] and reached > timezone.now() - timedelta(days=1)
