"""The list of milestones."""

from datetime import date

import pytest

from pledges.models import Milestone
from tests.factories import make_staff, sign_in

pytestmark = pytest.mark.django_db


def test_milestones_are_listed_and_read_only(client):
    path = "/admin/pledges/milestone/"
    milestone = Milestone.objects.create(people=1000, reached_on=date(2026, 3, 1))
    sign_in(client, make_staff(superuser=True))
    assert "1,000" in client.get(path, headers={"Accept-Language": "en"}).text
    assert client.get(f"{path}add/").status_code == 403
    for what in ("change", "delete"):
        assert client.post(f"{path}{milestone.pk}/{what}/", {"people": "5", "post": "yes"}).status_code == 403
