"""Sectors in the admin, and wordings: neither SQL nor the models can change or delete a signed one."""

import pytest
from django.contrib import admin
from django.db import IntegrityError, transaction
from django.utils import timezone

from pledges.models import Commitment, Pledge, Sector, Wording
from staff.housekeeping import publish_drafts
from staff.models import Draft
from tests.factories import make_pledge
from tests.pages import filled
from tests.pledges.desk.pages import ENGLISH, change_path
from tests.pledges.groups.made import make_group
from tests.sql import sql
from tests.staff.admin.test_drafts import later, press

pytestmark = pytest.mark.django_db


def sector_form(client, **changes):
    """The form of a new sector as a browser would send it."""
    new = {
        "name_sq": "Sportistë",
        "name_en": "Athletes",
        "slug": "athletes",
        "color": "s3",
        "is_open": "on",
        "pledge_sq": "Si sportist, zotohem.",
        "pledge_en": "As an athlete, I pledge.",
    }
    return filled(client.get("/admin/pledges/sector/add/"), **(new | changes))


def test_a_new_sector_has_its_pledge_text_and_can_be_chosen(admin_client):
    response = admin_client.post("/admin/pledges/sector/add/", sector_form(admin_client))
    assert response.status_code == 302
    sector = Sector.objects.open().get(slug="athletes")
    wording = sector.wordings.get()
    assert (wording.version, wording.text_en) == (1, "As an athlete, I pledge.")
    assert "Athletes" in admin_client.get("/en/pledge/").text
    assert "As an athlete, I pledge." in admin_client.get(change_path(sector)).text


@pytest.mark.cases("missing", ["pledge_sq", "pledge_en", "name_sq", "name_en"])
def test_a_sector_without_text_or_name_in_one_language_is_refused_and_the_input_kept(admin_client, missing):
    form = sector_form(admin_client, **{missing: ""})
    response = admin_client.post("/admin/pledges/sector/add/", form)
    assert list(response.context["adminform"].form.errors) == [missing]
    assert "athletes" in response.text
    assert not Sector.objects.filter(slug="athletes").exists()


def test_the_slug_and_the_keys_of_commitments_cannot_change(admin_client):
    parents = Sector.objects.get(slug="parents")
    keys_before = list(parents.commitments.values_list("key", flat=True))
    page = admin_client.get(change_path(parents))
    form = filled(page, slug="others", name_en="All parents")
    form |= {name: "other-key" for name in form if name.endswith("-key")} | {"commitments-0-key": "other-key"}
    form["commitments-0-text_en"] = "I listen."
    assert admin_client.post(change_path(parents), form).status_code == 302
    parents.refresh_from_db()
    assert (parents.slug, parents.name_en) == ("parents", "All parents")
    assert list(parents.commitments.values_list("key", flat=True)) == keys_before
    assert parents.commitments.filter(text_en="I listen.").exists()
    assert Commitment.objects.filter(sector=parents).count() == len(keys_before)


def test_a_sector_with_people_or_whose_text_they_signed_cannot_be_deleted(admin_client):
    make_group(people={"children": 27})
    # One of the three has moved here since.
    [moved, *_others] = [make_pledge(sector=slug) for slug in ("teachers", "parents", "parents")]
    Pledge.objects.filter(pk=moved.pk).update(sector=Sector.objects.get(slug="parents"))
    for slug, words in (("parents", "Parents: 3 pledges"), ("children", "Children: group pledges"), ("teachers", "")):
        sector = Sector.objects.get(slug=slug)
        path = f"/admin/pledges/sector/{sector.pk}/delete/"
        assert words in admin_client.get(path, headers=ENGLISH).text
        assert words in admin_client.post(path, {"post": "yes"}, headers=ENGLISH, follow=True).text
        bulk = {"action": "delete_selected", "_selected_action": sector.pk, "post": "yes"}
        admin_client.post("/admin/pledges/sector/", bulk)
        assert Sector.objects.filter(pk=sector.pk).exists()


def test_a_sector_without_pledges_can_be_deleted(admin_client):
    artists = Sector.objects.get(slug="artists")
    admin_client.post(f"/admin/pledges/sector/{artists.pk}/delete/", {"post": "yes"})
    assert not Sector.objects.filter(pk=artists.pk).exists()


def execute(statement, *values):
    """Run a statement and check deferred constraints immediately."""
    sql(statement, *values)
    sql("SET CONSTRAINTS ALL IMMEDIATE")


def assert_refused(statement, *values):
    before = list(Wording.objects.order_by("pk").values())
    with pytest.raises(IntegrityError), transaction.atomic():
        execute(statement, *values)
    assert list(Wording.objects.order_by("pk").values()) == before


@pytest.fixture
def signed():
    """The consent and the pledge text of a signed pledge."""
    pledge = make_pledge(sector="parents")
    return [pledge.consent, pledge.wording]


CHANGES = [
    "UPDATE pledges_wording SET text_sq = 'Tjetër.' WHERE id = %s",
    "UPDATE pledges_wording SET version = version + 1 WHERE id = %s",
    "DELETE FROM pledges_wording WHERE id = %s",
    "INSERT INTO pledges_wording SELECT * FROM pledges_wording WHERE id = %s "
    "ON CONFLICT (id) DO UPDATE SET text_en = 'Something else.'",
]


@pytest.mark.cases("change", CHANGES)
def test_a_signed_wording_can_be_neither_changed_nor_deleted_by_sql(signed, change):
    for wording in signed:
        assert_refused(change, wording.pk)


def test_an_unsigned_wording_can_be_deleted_but_not_changed():
    """A cached or open page may still show this wording, and its form may be sent at any time."""
    draft = Wording.objects.consent().get().next_version()
    draft.save()
    assert_refused("UPDATE pledges_wording SET text_en = 'Something else.' WHERE id = %s", draft.pk)
    execute("DELETE FROM pledges_wording WHERE id = %s", draft.pk)
    assert not Wording.objects.filter(pk=draft.pk).exists()


@pytest.mark.parametrize("text", ["text_sq", "text_en"])
def test_a_wording_in_one_language_only_is_refused(text):
    draft = Wording.objects.consent().get().next_version()
    setattr(draft, text, "")
    with pytest.raises(IntegrityError), transaction.atomic():
        draft.save()


def test_two_next_versions_cannot_both_be_saved():
    one, other = (Wording.objects.consent().get().next_version() for _ in range(2))
    one.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save()


def test_words_that_people_sign_already_are_no_new_version(editor):
    consent = Wording.objects.consent().get()
    response = press(editor, consent, "_save")
    assert response.status_code == 200 and "People sign these words already" in response.text
    assert Wording.objects.consent().get() == consent


def test_a_scheduled_wording_does_not_replace_a_newer_one(editor):
    consent = Wording.objects.consent().get()
    assert press(editor, consent, "_schedule", text_en="Scheduled.", **later()).status_code == 302
    newer = consent.next_version()
    newer.text_en = "Newer."
    newer.save()
    Draft.objects.update(publish_at=timezone.now())
    assert publish_drafts() == 0 and Draft.objects.get().state == "returned"
    assert Wording.objects.consent().current().get() == newer


# In the admin


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
