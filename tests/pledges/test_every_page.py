"""Every admin page of pledges and campaign opens."""

import itertools

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.utils.html import escape

from pledges.models import Batch, Message, Pledge
from staff.models import Entry
from tests.data_requests import make_request
from tests.enquiries import make_disclosure, make_enquiry
from tests.factories import make_pledge, make_submission
from tests.mailings import make_mailing
from tests.organisations import make_joining
from tests.pages import LANGUAGES
from tests.pledges.desk.pages import LIST
from tests.pledges.groups.made import make_group
from tests.pledges.paper.sheets import make_sheet

pytestmark = pytest.mark.django_db


def every_page():
    """The paths of every list, add form and change form that pledges and campaign define."""
    for model, its_admin in admin.site._registry.items():
        if its_admin.__module__.split(".")[0] in ("pledges", "campaign"):
            base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            yield base
            instance = model.objects.first()
            yield f"{base}{1 if instance is None else instance.pk}/change/"
            yield f"{base}add/"


@pytest.mark.slow
def test_every_page_opens(admin_client):
    pledge = make_pledge()
    Message.queue(Message.Kind.CONFIRM, pledge)
    make_pledge().block()
    make_submission()
    make_group(), make_sheet(), make_joining(), make_enquiry(), make_disclosure(), make_request(), make_mailing()
    Entry.log(User.objects.get(), "change", about=pledge)
    Batch.begin("confirm", Pledge.objects.all(), None, "selection")
    visited = 0
    # In turns; tests/weare1/test_languages.py reads most of them in both.
    for path, language in zip(every_page(), itertools.cycle(LANGUAGES), strict=False):
        response = admin_client.get(path, headers={"accept-language": language}, follow=True)
        # Which models have a form to add a row is in tests/staff/test_rights.py.
        if path.endswith("/add/") and response.status_code == 403:
            continue
        assert response.status_code == 200, path
        assert f'<html lang="{language}"' in response.text, path
        assert " style=" not in response.text, path
        assert "<script>" not in response.text, path
        visited += 1
    assert visited > 100


def test_the_language_switch_returns_to_the_same_page_and_affects_only_the_admin(admin_client):
    page = admin_client.get(f"{LIST}?state__exact=pending").text
    assert f'name="next" value="{escape(LIST)}?state__exact=pending"' in page
    response = admin_client.post("/admin/language/setlang/", {"language": "en", "next": LIST})
    assert response.url == LIST
    assert response.cookies["django_language"]["path"] == "/admin/"
    assert '<html lang="en"' in admin_client.get(LIST, headers={"accept-language": "sq"}).text
