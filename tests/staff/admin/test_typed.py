"""What was typed: what a browser keeps for its back button, and files to choose again."""

import pytest
from django.test import Client

from tests.factories import make_staff, make_upload, sign_in
from tests.staff.forms import ENGLISH

pytestmark = pytest.mark.django_db


def test_a_browser_keeps_no_page_of_the_admin():
    staff = sign_in(Client(), make_staff(superuser=True))
    for path in ("", "campaign/page/", "campaign/page/add/", "pledges/pledge/", "staff/account/add/", "account/"):
        assert "no-store" in staff.get(f"/admin/{path}").headers["Cache-Control"], path


# A file beside a field that is refused


def test_a_form_that_is_refused_names_the_files_to_choose_again(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    staff = sign_in(Client(), make_staff(superuser=True))
    form = {"alt_sq": "", "alt_en": "Pupils", "focus": "center", "file": make_upload(60, 40, name="IMG_2041.JPG")}
    page = staff.post("/admin/campaign/picture/add/", form, headers=ENGLISH)
    assert "Choose these files again" in page.text and "IMG_2041.JPG" in page.text and "Pupils" in page.text
    page = staff.get("/admin/campaign/picture/add/", headers=ENGLISH)
    assert "Choose these files again" not in page.text
