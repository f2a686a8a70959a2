"""Invalid input to the admin by a signed-in user: never a server error."""

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from staff.admin.content import ContentAdmin
from tests.drill import rounds
from tests.factories import make_pledge, make_staff, sign_in

# Without a transaction around the test, as in production: an error would spoil it for all following requests.
pytestmark = pytest.mark.django_db(transaction=True)

QUERIES = """
id__regex=( id__range=1 id__in=abc id=%00 id__gt=1 p=abc p=99999999999999999999 o=1.2.-3 q=%00 kind__exact=%00
state__in=%00,x sector__id__exact=abc created_at__gte=abc created_at__year=99999999999 title_sq__search=%00
created_at_from=0001-01-01 user=99999999999999999999 user=%C2%B2 status=x date__year=0 date__year=9999&date__month=12
date__year=2026&date__month=13 status=%00 due=x decision=x at_from=2026-02-31 kind=x row=x _to_field=abc
_changelist_filters=%00 nonsense=1 password__startswith=m
""".split()
IDS = ["abc", "9" * 30, "\x00", "a/b", "11111111-1111-1111-1111-111111111111"]
METHODS = ["PUT", "DELETE", "TRACE"]


def sample(inputs, number):
    """Every third of the inputs, beginning at another one for each number; all of them under `bin/test -m drill`."""
    return inputs[rounds(number % 3, 0) :: rounds(3, 1)]


@pytest.fixture
def visit():
    """A function that requests a page as a superuser, asserts that the status is below 500, and returns it."""
    client = sign_in(Client(), make_staff(superuser=True))

    def ask(method, path, data=None):
        response = client.post(path, data or {}) if method == "POST" else client.generic(method, path)
        assert response.status_code < 500, (method, path, data)
        return response.status_code

    return ask


def pages(kind, *args):
    """The path of this kind of page of every model that has it."""
    for model, model_admin in admin.site._registry.items():
        if kind != "version" or isinstance(model_admin, ContentAdmin) and model_admin.has_versions:
            yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


@pytest.mark.slow
@pytest.mark.drill
def test_invalid_queries_of_lists(visit):
    make_pledge()
    seen = {
        visit("GET", f"{path}?{query}")
        for number, path in enumerate(pages("changelist"))
        for query in sample(QUERIES, number)
    }
    assert seen == {200, 302, 400}


@pytest.mark.slow
@pytest.mark.drill
def test_pages_of_invalid_ids(visit):
    seen = {
        visit(method, path)
        for number, invalid in enumerate(IDS)
        for kind, more in (("change", []), ("delete", []), ("history", []), ("version", [5]))
        for path in sample(list(pages(kind, invalid, *more)), number)
        for method in ("GET", "POST")
    }
    assert seen <= {200, 302, 400, 403, 404, 405}


@pytest.mark.slow
@pytest.mark.drill
@pytest.mark.parametrize("kind", ["changelist", "add"])
def test_unsupported_methods(visit, kind):
    seen = {visit(method, path) for number, path in enumerate(pages(kind)) for method in sample(METHODS, number)}
    assert seen <= {200, 302, 403, 405}


@pytest.mark.slow
@pytest.mark.drill
def test_actions_on_invalid_selections(visit):
    for number, path in enumerate(pages("changelist")):
        for chosen in sample(IDS, number):
            for action in ("delete_selected", "show", "nonsense"):
                visit(
                    "POST", path, {"action": action, ACTION_CHECKBOX_NAME: chosen, "seen": f"{chosen}:x", "sure": "yes"}
                )
        visit("POST", path, {"action": "delete_selected", "index": "x", "select_across": "x"})


@pytest.mark.slow
def test_forms_with_missing_fields(visit):
    row = make_pledge()
    own = [reverse(f"admin:pledges_pledge_{kind}", args=[row.pk]) for kind in ("change", "delete")]
    for path in [*pages("add"), *own]:
        for data in ({}, {"_saveasnew": "1"}, {"_continue": "1", "seen": "\x00"}, {"_preview": "1"}, {"id": "\x00"}):
            visit("POST", path, data)


@pytest.mark.parametrize(
    "path", ["r/1/abc/", "r/9/abc/", "r/abc/1/", "r/9999999999999999999999/1/", "autocomplete/?app_label=x", "x/"]
)
def test_invalid_addresses_of_the_admin(visit, path):
    assert visit("GET", f"/admin/{path}") in (301, 302, 403, 404)
