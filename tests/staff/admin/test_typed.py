"""What was typed: what a browser keeps for its back button, files to choose again, and the words of a search."""

import re

import pytest
from django.contrib import admin
from django.test import Client

from campaign.models import Material
from staff.admin.base import SettingsAdmin
from tests.drafts import make_hidden
from tests.factories import make_staff, make_upload, sign_in
from tests.pages import filled
from tests.staff.forms import ENGLISH

pytestmark = pytest.mark.django_db


# What a browser keeps for its back button

HELD = [
    "/admin/campaign/page/add/",
    "/admin/campaign/picture/add/",
    "/admin/campaign/article/add/",
    "/admin/pledges/sector/add/",
    "/admin/pledges/wording/add/",
]
NOT_HELD = [
    "/admin/",
    "/admin/campaign/page/",
    "/admin/pledges/pledge/",
    "/admin/pledges/enquiry/",
    "/admin/pledges/papersheet/add/",
    "/admin/staff/account/add/",
    "/admin/account/",
]


def test_a_browser_keeps_forms_of_content_and_no_other_page():
    staff = sign_in(Client(), make_staff(superuser=True))
    for path in HELD + NOT_HELD:
        page = staff.get(path)
        assert page.status_code == 200, path
        is_held = "no-store" not in page.headers["Cache-Control"]
        assert is_held == (path in HELD), path
        if is_held:
            assert page.headers["Cache-Control"] == "private, max-age=0, must-revalidate"
            assert {"Cookie", "Accept-Language"} <= set(page.headers["Vary"].split(", "))
            assert page.headers["X-Robots-Tag"].startswith("noindex")


def test_no_kind_with_data_of_supporters_is_kept_by_browsers():
    kept = [model for model, rows in admin.site._registry.items() if rows.comes_back]
    assert len(kept) > 10
    for model in kept:
        columns = {field.name for field in model._meta.concrete_fields}
        assert not {name for name in columns if re.search("cipher|digest|password", name)}, model


@pytest.mark.parametrize("path", ["/admin/logout/", "/admin/account/logout/"])
def test_signing_out_empties_the_cache_of_the_browser(path):
    staff = sign_in(Client(), make_staff(superuser=True))
    assert "Clear-Site-Data" not in staff.get("/admin/").headers
    assert staff.post(path).headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in staff.get("/admin/account/login/").headers


# A file beside a field that is refused


def picture_form(**values):
    return {"alt_sq": "Nxënës", "alt_en": "Pupils", "focus": "center", "credit_sq": "", "credit_en": ""} | values


def test_a_form_that_is_refused_names_the_files_to_choose_again(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    staff = sign_in(Client(), make_staff(superuser=True))
    upload = make_upload(60, 40, name="IMG_2041.JPG")
    page = staff.post("/admin/campaign/picture/add/", picture_form(alt_sq="", file=upload), headers=ENGLISH)
    assert "Choose these files again" in page.text and "IMG_2041.JPG" in page.text and "Pupils" in page.text
    material = {"key": "flyer", "section": "posters", "title_sq": "Fletë", "title_en": "", "position": "1"}
    files = {"file_sq": make_upload(name="flete.jpg"), "file_en": make_upload(name="flyer.jpg")}
    for button in ("_save", "_check"):
        for each in files.values():
            each.seek(0)
        page = staff.post("/admin/campaign/material/add/", material | files | {button: "1"}, headers=ENGLISH)
        assert page.status_code == 200 and "flete.jpg, flyer.jpg" in page.text, button
    page = staff.get("/admin/campaign/material/add/", headers=ENGLISH)
    assert "Choose these files again" not in page.text


def test_a_refused_form_does_not_ask_for_the_files_of_its_draft(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    staff = sign_in(Client(), make_staff(superuser=True))
    material = make_hidden(Material, key="flyer", section="posters", title_sq="Fletë", title_en="Flyer")
    path = f"/admin/campaign/material/{material.pk}/change/"
    form = filled(staff.get(path), **{"draft-version": "1"})
    files = {"file_sq": make_upload(name="flete.jpg"), "file_en": make_upload(name="flyer.jpg")}
    assert staff.post(path, form | files | {"_draft": "1"}).status_code == 302
    form = filled(staff.get(path), title_en="", file_sq=None, file_en=None)
    page = staff.post(path, form | {"_save": "1"}, headers=ENGLISH)
    assert page.status_code == 200 and "errornote" in page.text and "Choose these files again" not in page.text
    page = staff.post(path, form | {"file_sq": make_upload(name="re.jpg"), "_save": "1"}, headers=ENGLISH)
    assert "time: re.jpg" in page.text


# A search that finds nothing


def test_every_list_keeps_the_words_of_a_search_that_finds_nothing():
    staff = sign_in(Client(), make_staff(superuser=True))
    # Settings have one row and no list.
    searched = [
        model._meta
        for model, rows in admin.site._registry.items()
        if rows.search_fields and not isinstance(rows, SettingsAdmin)
    ]
    assert len(searched) > 8
    for meta in searched:
        page = staff.get(f"/admin/{meta.app_label}/{meta.model_name}/", {"q": "nuk ka fare"}, headers=ENGLISH)
        assert page.status_code == 200 and 'name="q" value="nuk ka fare"' in page.text, meta


@pytest.mark.parametrize(("path", "words"), [("/sq/kerkoni/", "Nuk u gjet asgjë"), ("/en/search/", "Nothing found")])
def test_the_public_search_keeps_the_words_that_find_nothing(client, path, words):
    page = client.post(path, {"q": "xyzzy <b>"})
    assert 'value="xyzzy &lt;b&gt;"' in page.text and words in page.text
