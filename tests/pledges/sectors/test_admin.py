"""Sectors in the admin: adding one with its pledge text, required translations, fixed slugs and keys, deletion."""

import pytest

from pledges.models import Commitment, Pledge, Sector
from tests.factories import make_pledge
from tests.pages import filled
from tests.pledges.desk.pages import ENGLISH, change_path
from tests.pledges.groups.made import make_group

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
