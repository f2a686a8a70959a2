"""The words someone signed stay as they were, whoever tries."""

import pytest
from django.db import IntegrityError, connection, transaction

from pledges.models import Pledge, Wording
from tests.factories import make_pledge

pytestmark = pytest.mark.django_db


def sql(statement, *values):
    """As the database's owner, at whose request foreign keys are checked at once."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(statement, *values):
    before = list(Wording.objects.order_by("pk").values())
    with pytest.raises(IntegrityError), transaction.atomic():
        sql(statement, *values)
    assert list(Wording.objects.order_by("pk").values()) == before


@pytest.fixture
def signed():
    """The consent and the sector's words that someone has signed."""
    pledge = make_pledge(sector="parents")
    return [pledge.consent, pledge.wording]


CHANGES = {
    "text_sq": "text_sq = 'Tjetër.'",
    "text_en": "text_en = text_en || ' '",
    "version": "version = version + 1",
    "kind and sector": "kind = 'pledge', sector_id = (SELECT id FROM pledges_sector WHERE slug = 'artists'), version = 9",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_signed_words_cannot_be_changed_by_sql(signed, change):
    for wording in signed:
        refused(f"UPDATE pledges_wording SET {change} WHERE id = %s", wording.pk)


def test_nor_through_the_models(signed):
    for wording in signed:
        wording.text_en = "Something else."
        with pytest.raises(IntegrityError), transaction.atomic():
            wording.save()


def test_nor_all_at_once(signed):
    refused("UPDATE pledges_wording SET text_sq = 'Tjetër.'")


def test_signed_words_cannot_be_deleted_by_sql(signed):
    for wording in signed:
        refused("DELETE FROM pledges_wording WHERE id = %s", wording.pk)
    refused("DELETE FROM pledges_wording")


def test_signed_words_cannot_be_put_in_the_place_of_others(signed):
    """Another wording's row cannot take over the id that a pledge refers to."""
    refused(
        "INSERT INTO pledges_wording SELECT * FROM pledges_wording WHERE id = %s "
        "ON CONFLICT (id) DO UPDATE SET text_en = 'Something else.'",
        signed[0].pk,
    )


def test_unsigned_words_can_be_deleted():
    draft = Wording.objects.consent().get().next_version()
    draft.save()
    sql("DELETE FROM pledges_wording WHERE id = %s", draft.pk)
    assert not Wording.objects.filter(pk=draft.pk).exists()


def test_what_was_shown_may_be_signed_any_moment_and_so_does_not_change_either():
    """A page with these words may lie open, or in a cache, somewhere."""
    draft = Wording.objects.consent().get().next_version()
    draft.save()
    refused("UPDATE pledges_wording SET text_en = 'Something else.' WHERE id = %s", draft.pk)


def test_new_words_are_a_new_version_and_leave_the_old_signature_alone(signed):
    consent = signed[0]
    newer = consent.next_version()
    newer.text_sq, newer.text_en = "Fjalë të reja.", "New words."
    newer.save()
    assert newer.version == consent.version + 1
    assert Pledge.objects.get().consent == consent
    assert make_pledge().consent == newer


@pytest.mark.parametrize("text", ["text_sq", "text_en"])
def test_words_in_one_language_alone_are_refused(text):
    draft = Wording.objects.consent().get().next_version()
    setattr(draft, text, "")
    with pytest.raises(IntegrityError), transaction.atomic():
        draft.save()


def test_two_current_versions_cannot_both_be_made():
    one, other = (Wording.objects.consent().get().next_version() for _ in range(2))
    one.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save()
