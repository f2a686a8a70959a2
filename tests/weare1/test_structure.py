"""Fixed rules: admin guards, migrations, public addresses and form fields."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import resolve
from django.utils import translation

from pledges.models import County, Sector
from tests.pages import Document, path_of

ROOT = Path(settings.BASE_DIR)


def test_staff_views_are_guarded_by_the_admin_site():
    """`admin_site.admin_view` requires the second factor; Django's own decorators do not."""
    visited = 0
    for folder in ("campaign", "pledges"):
        for file in (ROOT / folder).rglob("*.py"):
            for guard in (
                "login_required",
                "staff_member_required",
                "permission_required",
                "is_authenticated",
                ".is_staff",
            ):
                assert guard not in file.read_text(), f"{file}: {guard}"
            visited += 1
    assert visited > 80


# Modules that name both languages, with the reason. Everything else derives them from settings.LANGUAGES.
NAMES_BOTH_LANGUAGES = {
    "weare1/settings.py": "LANGUAGES, the one list",
    "campaign/pages/admin.py": "one label, and so one msgid, per language",
    "campaign/management/commands/demo.py": "the languages of invented pledges",
    "campaign/publishing/models.py": "one search column per language",
    "campaign/demands/views.py": "published keys",
    "pledges/sectors/admin.py": "one form field per language",
    "pledges/figures/brand.py": "the name of the movement in each language",
    "pledges/requests/subject_data.py": "published keys",
    "pledges/totals/open_data.py": "published keys",
    "staff/admin/guide.py": "one file of the guide per language",
}


def test_only_settings_list_the_languages():
    found = set()
    for folder in ("campaign", "pledges", "staff", "weare1"):
        for file in (ROOT / folder).rglob("*.py"):
            if "migrations" in file.parts:
                continue
            nodes = ast.walk(ast.parse(file.read_text()))
            strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
            if {"sq", "en"} <= strings or any("sq|en" in string or "en|sq" in string for string in strings):
                found.add(str(file.relative_to(ROOT)))
    assert found == set(NAMES_BOTH_LANGUAGES)


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_nothing_reads_outside_the_repository():
    visited = 0
    for pattern in ("*.py", "templates/**/*.html", "static/css/*.css", "static/js/*.js"):
        for file in ROOT.glob(pattern if "/" in pattern else f"[!.]*/**/{pattern}"):
            if file.relative_to(ROOT).parts[0] in ("var", "tests"):
                continue
            assert "../shared" not in file.read_text(), file
            visited += 1
    assert visited > 90


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
def test_a_client_that_submits_the_fields_of_the_page_is_accepted(client):
    page = Document(client.get("/en/pledge/"))
    [form] = page.all("form", id="pledge")
    held = {
        page.of(field)["name"]: page.of(field).get("value") or ""
        for field in page.all("input", node=form)
        if page.of(field)["type"] in ("hidden", "text", "email")
    }
    form = {
        "over_16": "yes",
        "sector": Sector.objects.first().slug,
        "name": "Drita Kola",
        "email": "drita@shembull.al",
        "county": County.objects.first().code,
        "consent": "on",
    }
    response = client.post("/en/pledge/", held | form)
    # A form submitted within two seconds is shown again with a new stamp.
    if response.status_code == 422:
        again = Document(response)
        held["stamp"] = again.of(again.one("input", name="stamp"))["value"]
        response = client.post("/en/pledge/", held | form)
    assert (response.status_code, response.url) == (303, "/en/pledge/inbox/")
