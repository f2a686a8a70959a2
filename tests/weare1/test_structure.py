"""Fixed rules: migrations, public addresses and form fields."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import resolve
from django.utils import translation

from tests.pages import Document, path_of

ROOT = Path(settings.BASE_DIR)


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# Public addresses that must not change: (path, URL name, arguments)
ADDRESSES = [
    ("/sq/", "campaign:home"),
    ("/en/", "campaign:home"),
    ("/sq/zotimi/", "pledges:sign"),
    ("/en/pledge/", "pledges:sign"),
    ("/sq/zotimi-ne-grup/", "pledges:group"),
    ("/en/group-pledge/", "pledges:group"),
    ("/sq/sa-jemi/", "pledges:totals"),
    ("/en/totals/", "pledges:totals"),
    ("/sq/sa-jemi/shkoder/", "pledges:county", "shkoder"),
    ("/sq/sa-jemi/tirane/", "pledges:county", "tirane"),
    ("/en/totals/tirana/", "pledges:county", "tirana"),
    ("/sq/ndihme/", "campaign:help"),
    ("/en/help/", "campaign:help"),
    ("/sq/ndihme/njmf/", "campaign:units"),
    ("/en/help/child-protection-units/", "campaign:units"),
    ("/sq/privatesia/", "campaign:privacy"),
    ("/en/privacy/", "campaign:privacy"),
    ("/sq/kerkesat/regjistri/", "campaign:demand", "regjistri"),
    ("/en/demands/register/", "campaign:demand", "register"),
    ("/sq/kerkesat/steps.atom", "campaign:demand_feed"),
    ("/en/demands/steps.atom", "campaign:demand_feed"),
    ("/sq/kontakt/", "campaign:contact"),
    ("/en/contact/", "campaign:contact"),
    ("/sq/zotimi-im/", "pledges:my_pledge"),
    ("/en/my-pledge/", "pledges:my_pledge"),
    ("/api/v1/totals.json", "totals_json"),
    ("/api/v1/totals.csv", "totals_csv"),
    ("/api/v1/demands.json", "demands_json"),
    ("/healthz", "healthz"),
    ("/readyz", "readyz"),
    ("/sitemap.xml", "sitemap"),
    ("/admin/", "admin:index"),
]


@pytest.mark.cases(("path", "name", "arguments"), [(path, name, rest) for path, name, *rest in ADDRESSES])
def test_public_addresses_do_not_change(path, name, arguments):
    language = path[1:3] if path[1:3] in ("sq", "en") else "sq"
    assert path_of(name, language, *arguments) == path
    if language == path[1:3]:
        with translation.override(language):
            assert resolve(path).view_name == name


FIELDS = ["over_16", "sector", "name", "email", "county", "consent", "show_name", "updates"]


@pytest.mark.django_db
def test_the_fields_of_the_pledge_form_keep_names_and_order(client):
    page = Document(client.get("/en/pledge/"))
    [form] = page.all("form", id="pledge")
    assert (page.of(form)["action"], page.of(form)["method"]) == ("/en/pledge/", "post")
    fields = [element for element in page.all(node=form, name=True) if element.name in ("input", "select")]
    names = list(dict.fromkeys(page.of(field)["name"] for field in fields))
    assert [name for name in names if name not in ("website", "stamp")] == FIELDS
    values = {
        name: [page.of(field).get("value") for field in page.all("input", node=form, name=name)]
        for name in ("over_16", "sector", "consent", "show_name", "updates")
    }
    assert values["over_16"] == ["yes", "no"]
    # A checkbox without a value sends "on".
    assert [values[name] for name in ("consent", "show_name", "updates")] == [[None]] * 3
    assert values["sector"] == [
        *("parents", "teachers", "educators", "artists", "officials", "civil-society", "youth", "citizens")
    ]
    [county] = page.all("select", node=form, name="county")
    codes = [page.of(option)["value"] for option in page.all("option", node=county)]
    assert set(codes) == {"", "abroad", *(f"AL-{number:02}" for number in range(1, 13))} and len(codes) == 14
    assert page.all("input", checked=True) == [], "no box is preselected"


@pytest.mark.django_db
def test_a_database_of_other_migrations_is_refused_and_left_as_it_is():
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE django_migrations IS 'of other files'")
        with pytest.raises(CommandError, match="made by another version of the code, .* needs an empty one.$"):
            call_command("migrate", verbosity=0)
        cursor.execute("SELECT obj_description('django_migrations'::regclass)")
        assert cursor.fetchone() == ("of other files",)
