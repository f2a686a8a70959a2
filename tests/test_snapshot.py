"""The snapshot that transactional tests restore at their end."""

import pytest

from pledges.models import Pledge, Sector
from tests.factories import make_pledge
from tests.snapshot import Snapshot


@pytest.mark.django_db(transaction=True)
def test_restoring_undoes_insertions_updates_and_deletions_without_triggers():
    snapshot = Snapshot()
    names = list(Sector.objects.order_by("pk").values_list("pk", "name_en"))
    make_pledge(state="confirmed")
    Sector.objects.filter(slug="parents").update(name_en="Mums and dads")
    Sector.objects.create(slug="nurses", name_sq="Infermierë", name_en="Nurses", color="s1", position=9)
    snapshot.restore()
    assert list(Sector.objects.order_by("pk").values_list("pk", "name_en")) == names
    assert not Pledge.objects.exists()
    assert sorted_rows(Snapshot()) == sorted_rows(snapshot)


def sorted_rows(snapshot):
    return {table: sorted(rows.splitlines()) for table, rows in snapshot.rows.items()}
