"""Counties and municipalities in the admin."""

import pytest

from pledges.models import County, GroupPledge, Municipality
from tests.factories import make_pledge
from tests.pledges.desk.pages import change_path
from tests.pledges.groups.made import PATHS, group_data

pytestmark = pytest.mark.django_db


def test_a_county_with_pledges_or_municipalities_cannot_be_deleted(admin_client):
    make_pledge(county_id="abroad")
    for code in ("abroad", "AL-01"):
        county = County.objects.get(pk=code)
        admin_client.post(change_path(county).replace("/change/", "/delete/"), {"post": "yes"})
        assert County.objects.filter(pk=code).exists()


def test_only_a_county_that_has_a_page_links_to_it(admin_client):
    for code, links in (("abroad", 0), ("AL-01", 1)):
        assert admin_client.get(change_path(County.objects.get(pk=code))).text.count("viewsitelink") == links


def test_a_municipality_that_a_waiting_form_names_cannot_be_deleted(client, admin_client):
    client.post(PATHS["sq"], group_data())
    place = Municipality.objects.get(name_sq="Tiranë")
    admin_client.post(change_path(place).replace("/change/", "/delete/"), {"post": "yes"})
    assert GroupPledge.objects.get().municipality == place


def test_a_municipality_is_found_by_its_english_name(admin_client):
    municipality = Municipality.objects.first()
    page = admin_client.get(f"/admin/pledges/municipality/?q={municipality.name_en}").text
    assert change_path(municipality) in page
