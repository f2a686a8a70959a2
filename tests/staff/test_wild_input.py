"""Whatever someone who is in types into an address or sends: never a fault of ours, and no list tells what no page shows."""

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from staff.admin.content import ContentAdmin
from tests.factories import make_pledge, make_staff, sign_in

# Outside a transaction, as in production.
pytestmark = pytest.mark.django_db(transaction=True)

QUERIES = [
    *(
        "id__regex=(",
        "id__range=1",
        "id__in=abc",
        "id=%00",
        "id__gt=1",
        "p=abc",
        "p=99999999999999999999",
        "o=1.2.-3",
        "q=%00",
    ),
    *(
        "kind__exact=%00",
        "state__in=%00,x",
        "sector__id__exact=abc",
        "created_at__gte=abc",
        "created_at__year=99999999999",
    ),
    *(
        "title_sq__search=%00",
        "created_at_from=0001-01-01",
        "user=99999999999999999999",
        "user=%C2%B2",
        "is_shown__exact=x",
    ),
    *(
        "date__year=0",
        "date__year=9999&date__month=12",
        "date__year=2026&date__month=13",
        "status=%00",
        "due=x",
        "decision=x",
    ),
    *("_to_field=abc", "_changelist_filters=%00", "nonsense=1", "password__startswith=m"),
]
IDS = ["abc", "9" * 30, "\x00", "a/b", "11111111-1111-1111-1111-111111111111"]
METHODS = ["PUT", "DELETE", "TRACE"]


@pytest.fixture
def visit():
    """Ask as someone who may do all; says the status."""
    client = sign_in(Client(), make_staff(superuser=True))

    def ask(method, path, data=None):
        response = client.post(path, data or {}) if method == "POST" else client.generic(method, path)
        assert response.status_code < 500, (method, path, data)
        return response.status_code

    return ask


def pages(kind, *args):
    """The address of this kind of page of every model that has one."""
    for model, model_admin in admin.site._registry.items():
        if kind not in ("deleted", "version") or isinstance(model_admin, ContentAdmin):
            yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


def test_what_is_typed_behind_the_address_of_a_list(visit):
    make_pledge()
    seen = {visit("GET", f"{path}?{query}") for path in pages("changelist") for query in QUERIES}
    assert seen == {200, 302, 400}


def test_numbers_of_nothing(visit):
    seen = {
        visit(method, path)
        for wild in IDS
        for kind, more in (("change", []), ("delete", []), ("history", []), ("version", [5]))
        for path in pages(kind, wild, *more)
        for method in ("GET", "POST")
    }
    assert seen <= {200, 302, 400, 403, 404, 405}


@pytest.mark.parametrize("kind", ["changelist", "add", "deleted"])
def test_methods_that_nobody_uses(visit, kind):
    assert {visit(method, path) for path in pages(kind) for method in METHODS} <= {200, 302, 403, 405}


def test_ticks_of_nothing(visit):
    for path in pages("changelist"):
        for chosen in IDS:
            for action in ("delete_selected", "show", "nonsense"):
                visit("POST", path, {"action": action, ACTION_CHECKBOX_NAME: chosen, "seen": f"{chosen}:x"})
        visit("POST", path, {"action": "delete_selected", "index": "x", "select_across": "x"})


def test_forms_without_a_field(visit):
    row = make_pledge()
    own = [reverse(f"admin:pledges_pledge_{kind}", args=[row.pk]) for kind in ("change", "delete")]
    for path in [*pages("add"), *own]:
        for data in ({}, {"_saveasnew": "1"}, {"_continue": "1", "seen": "\x00"}, {"_preview": "1"}, {"id": "\x00"}):
            visit("POST", path, data)


@pytest.mark.parametrize(
    "place", ["r/1/abc/", "r/abc/1/", "r/9999999999999999999999/1/", "autocomplete/?app_label=x", "x/"]
)
def test_addresses_beside_the_models(visit, place):
    assert visit("GET", f"/admin/{place}") in (301, 302, 403, 404)


def test_the_way_to_a_row_on_the_site_is_none_for_a_number_of_nothing(visit):
    from django.contrib.contenttypes.models import ContentType

    for kind in ContentType.objects.all():
        assert visit("GET", f"/admin/r/{kind.pk}/abc/") == 404
