"""Search by exact name, over eight bits of a keyed digest."""

import pytest
from django.db import IntegrityError, connection, transaction

from pledges.crypto import keys
from pledges.models import Pledge
from pledges.person import name_bits
from pledges.rotation import rotation
from pledges.supporters import querysets
from tests.factories import make_copies, make_pledge, make_submission, settle_all

pytestmark = pytest.mark.django_db


def found(name):
    """The ids found by a name."""
    return Pledge.objects.find_by_name(name).ids


@pytest.mark.parametrize("typed", ["Zamira Çela", "ZAMIRA  CELA", "Çela Zamira", " zamira çela ", "Zàmira Cela"])
def test_a_name_is_found_whatever_its_case_accents_spaces_and_order(typed):
    pledge = make_pledge("Zamira Çela")
    make_pledge("Zamira Çelaj")
    assert found(typed) == [pledge.pk]


def test_part_of_a_name_finds_nothing():
    make_pledge("Zamira Çela")
    assert found("Zamira") == found("Zamira Çelaj") == []


def test_a_row_holds_eight_bits_of_the_name_and_no_more():
    bits = {make_pledge(f"Zamira Çela {'abcdefghijklmnopqrstuvwxyz'[n]}").name_bits for n in range(26)}
    assert all(0 <= value <= 255 for value in bits) and len(bits) > 15
    with pytest.raises(IntegrityError), transaction.atomic():
        Pledge.objects.update(name_bits=256)


def test_another_name_with_the_same_bits_is_decrypted_and_left_out():
    pledge, other = make_pledge("Zamira Çela"), make_pledge("Besa Hoxha")
    Pledge.objects.filter(pk=other.pk).update(name_bits=pledge.name_bits)
    assert found("Zamira Çela") == [pledge.pk]


def test_a_settled_form_has_the_bits_of_its_name():
    make_submission(name="Zamira Çela")
    settle_all()
    pledge = Pledge.objects.get()
    assert pledge.name_bits == name_bits("Zamira Çela")[0]


def test_a_correction_is_found_by_the_new_name_only():
    pledge = make_pledge("Zamira Çela")
    pledge.set_person("Zamira Hoxha", pledge.address)
    pledge.save()
    assert found("Zamira Hoxha") == [pledge.pk] and found("Zamira Çela") == []


def test_the_release_before_corrects_a_name_and_the_worker_computes_its_bits():
    pledge = make_pledge("Zamira Çela")
    cipher = keys.encrypt("Zamira Hoxha", associated_data=pledge.associated_data("name"))
    Pledge.objects.filter(pk=pledge.pk).update(name_cipher=cipher, name_digest=b"\x01" * 33)
    pledge.refresh_from_db()
    assert pledge.name_bits is None
    assert pledge.pk in found("Zamira Hoxha"), "a row without bits is a candidate"
    assert Pledge.objects.fill_name_bits() == 1
    pledge.refresh_from_db()
    assert pledge.name_bits == name_bits("Zamira Hoxha")[0]


def test_erasing_a_name_erases_its_bits():
    pledge = make_pledge("Zamira Çela", state="confirmed")
    Pledge.objects.erase_person()
    pledge.refresh_from_db()
    assert pledge.name_bits is None
    assert Pledge.objects.fill_name_bits() == 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    with pytest.raises(IntegrityError), transaction.atomic():
        Pledge.objects.update(name_bits=1)


def test_rows_of_the_release_before_are_filled_once_and_what_no_key_opens_is_left():
    pledges = [make_pledge() for _ in range(3)]
    Pledge.objects.update(name_bits=None)
    Pledge.objects.filter(pk=pledges[0].pk).update(name_cipher=b"\x00" * 40)
    assert Pledge.objects.fill_name_bits() == 2
    assert Pledge.objects.fill_name_bits() == 0
    assert list(Pledge.objects.without_name_bits()) == [pledges[0]]


def test_recomputing_digests_recomputes_the_bits():
    pledge = make_pledge("Zamira Çela")
    Pledge.objects.update(name_bits=(pledge.name_bits + 1) % 256)
    assert found("Zamira Çela") == []
    rotation.renew(Pledge, Pledge.objects.all())
    assert found("Zamira Çela") == [pledge.pk]


def test_of_many_equal_names_the_newest_are_found_and_the_search_says_that_there_may_be_more():
    pledges = [make_pledge("Zamira Çela") for _ in range(querysets.MOST_FOUND)]
    result = Pledge.objects.find_by_name("Zamira Çela")
    assert result.ids == [pledge.pk for pledge in reversed(pledges)] and result.is_complete
    newest = make_pledge("Zamira Çela")
    result = Pledge.objects.find_by_name("Zamira Çela")
    assert result.ids[0] == newest.pk and len(result.ids) == querysets.MOST_FOUND and not result.is_complete


def test_a_search_reads_the_index_of_bits():
    make_copies(make_pledge("Zamira Çela"), 3000, name_bits="mod(n, 256)")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pledges_pledge")
    rows = Pledge.objects.filter(name_bits=7).order_by("-created_at", "-pk")[: querysets.MOST_CANDIDATES]
    assert "pledge_name_bits" in rows.explain()
