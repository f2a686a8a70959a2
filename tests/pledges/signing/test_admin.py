"""Wordings in the admin: an edit is a new version; signed and older versions stay as they are."""

import pytest
from django.contrib import admin

from pledges.models import Sector, Wording
from tests.factories import make_pledge
from tests.pages import filled
from tests.pledges.desk.pages import ENGLISH, change_path

pytestmark = pytest.mark.django_db


def test_changing_a_signed_wording_adds_a_version_and_keeps_the_signed_one(admin_client):
    pledge = make_pledge(sector="parents")
    signed = pledge.wording
    page = admin_client.get(change_path(signed))
    form = filled(page, text_sq="Zotohem ndryshe.", text_en="I pledge otherwise.")
    response = admin_client.post(change_path(signed), form, follow=True, headers=ENGLISH)
    assert "has been published" in response.text
    pledge.refresh_from_db()
    assert pledge.wording.text_en == signed.text_en
    newest = pledge.sector.wordings.current().get()
    assert (newest.version, newest.text_en, newest.pk != signed.pk) == (2, "I pledge otherwise.", True)
    assert "I pledge otherwise." in admin_client.get("/en/pledge/").text
    assert change_path(newest) in response.text


def test_saving_an_unchanged_wording_adds_no_version(admin_client):
    signed = make_pledge().consent
    admin_client.post(change_path(signed), filled(admin_client.get(change_path(signed))))
    assert Wording.objects.consent().count() == 1


def test_older_versions_can_be_read_but_not_changed_or_deleted(admin_client):
    signed = make_pledge().wording
    newer = signed.next_version()
    newer.save()
    assert 'name="text_sq"' not in admin_client.get(change_path(signed)).text
    assert signed.text_en in admin_client.get(change_path(signed)).text
    data = {"text_sq": "x", "text_en": "x", "post": "yes"}
    assert admin_client.post(change_path(signed), data).status_code == 403
    assert admin_client.post(f"/admin/pledges/wording/{signed.pk}/delete/", data).status_code == 403
    assert admin_client.post(f"/admin/pledges/wording/{newer.pk}/delete/", data).status_code == 302
    assert list(Wording.objects.filter(sector=signed.sector)) == [signed]


def test_the_only_consent_cannot_be_deleted(admin_client):
    consent = Wording.objects.consent().get()
    response = admin_client.post(f"/admin/pledges/wording/{consent.pk}/delete/", {"post": "yes"})
    assert response.status_code == 403


def test_a_wording_added_for_a_sector_is_its_next_version(admin_client):
    parents = Sector.objects.get(slug="parents")
    form = {"kind": "pledge", "sector": parents.pk, "text_sq": "Zotohem.", "text_en": "I pledge."}
    admin_client.post("/admin/pledges/wording/add/", form)
    assert parents.wordings.get(text_en="I pledge.").version == 2


def test_a_consent_with_a_sector_is_refused_with_a_message(admin_client):
    parents = Sector.objects.get(slug="parents")
    form = {"kind": "consent", "sector": parents.pk, "text_sq": "Po.", "text_en": "Yes."}
    response = admin_client.post("/admin/pledges/wording/add/", form, headers=ENGLISH)
    assert "A pledge belongs to a group; the consent does not belong to any." in response.text


def test_the_list_shows_the_current_version(admin_client):
    make_pledge(sector="parents").wording.next_version().save()
    page = admin_client.get("/admin/pledges/wording/")
    rows = admin.site.get_model_admin(Wording)
    of_parents = [each for each in page.context["cl"].result_list if each.sector and each.sector.slug == "parents"]
    assert [(each.version, rows.current(each)) for each in of_parents] == [(2, True), (1, False)]
