"""The filters of every list of the admin, together: each pair of choices is answered."""

from itertools import combinations
from urllib.parse import parse_qsl

import pytest
from django.contrib import admin
from django.urls import reverse

from campaign.models import ProtectionUnit
from pledges.models import Message
from tests.enquiries import make_disclosure, make_enquiry
from tests.factories import make_pledge, make_staff, sign_in

pytestmark = pytest.mark.django_db


def choices(changelist):
    """The query of the last choice of each filter of a list."""
    last = [list(each.choices(changelist))[-1]["query_string"] for each in changelist.filter_specs]
    return [dict(parse_qsl(query.removeprefix("?"))) for query in last]


@pytest.mark.slow
@pytest.mark.usefixtures("no_rendering")
def test_any_two_filters_of_a_list_work_together(client):
    Message.queue(Message.Kind.CONFIRM, make_pledge(state="confirmed"))
    make_enquiry(), make_disclosure()
    sign_in(client, make_staff(superuser=True))
    refused, tried = {}, 0
    for model in admin.site._registry:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        response = client.get(path)
        if "cl" not in (getattr(response, "context_data", None) or {}):
            continue
        # With nothing chosen in the other one, too.
        for one, other in combinations([{}, *choices(response.context_data["cl"])], 2):
            tried += 1
            answer = client.get(path, one | other)
            if answer.status_code != 200:
                refused[path, *one, *other] = answer.status_code
    assert refused == {}
    assert tried > 30


def test_units_are_filtered_by_county_and_verification_and_by_nothing_else_of_their_county(client):
    sign_in(client, make_staff(superuser=True))
    units = "/admin/campaign/protectionunit/"
    ProtectionUnit.objects.update(phone="04 000 0000", verified_on=None)
    found = client.get(units, {"verified": "never", "municipality__county__code__exact": "AL-11"}).context["cl"]
    assert {unit.municipality.county_id for unit in found.result_list} == {"AL-11"}
    for lookup in ("municipality__county__name_sq__gte", "municipality__name_sq__exact"):
        assert client.get(units, {lookup: "A"}).status_code == 400
