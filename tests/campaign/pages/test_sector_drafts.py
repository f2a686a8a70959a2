"""The page of a new sector, made from the sector's form, and its slug, which stays once the sector is used."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaign.models import Page
from pledges.models import Commitment, Sector, Wording
from tests.factories import make_staff, sign_in
from tests.pages import Document, filled
from tests.pledges.desk.pages import ENGLISH, change_path

pytestmark = pytest.mark.django_db


@pytest.fixture
def athletes():
    sector = Sector.objects.create(slug="atletes", name_sq="Sportistë", name_en="Athletes", color="s3")
    Wording.objects.create(kind=Wording.Kind.PLEDGE, sector=sector, text_sq="Zotohem.", text_en="I pledge.")
    Commitment.objects.create(sector=sector, key="athletes-listen", text_sq="Dëgjoj.", text_en="I listen.")
    return sector


@pytest.fixture
def administrator(client):
    return sign_in(client, make_staff(superuser=True))


def make_page(client, sector):
    return client.post(f"/admin/campaign/page/of-sector/{sector.pk}/", follow=True, headers=ENGLISH)


def test_the_page_of_a_sector_is_one_press_away_as_a_draft_in_both_languages(administrator, athletes):
    page = Document(administrator.get(change_path(athletes), headers=ENGLISH))
    assert "Make its page" in page.words()
    response = make_page(administrator, athletes)
    made = Page.objects.everything().get(sector=athletes)
    assert response.redirect_chain[-1][0] == f"/admin/campaign/page/{made.pk}/change/"
    assert "Complete it in both languages, then publish it." in response.text
    assert (made.draft.state, made.slug_sq, made.slug_en, made.title_sq) == (
        "draft",
        "sportiste",
        "athletes",
        "Sportistë",
    )
    assert "believe the child" in made.body_en and "besojini fëmijës" in made.body_sq
    assert "[[alo-116111]]" in made.body_sq
    made.full_clean()
    made.publish(made.draft)
    page = Document(administrator.get("/en/athletes/")).words()
    # A no-break space keeps a short word with the next one.
    assert "I\N{NO-BREAK SPACE}listen." in page and "believe the child" in page and "116 111" in page


def test_pressing_twice_leads_to_the_same_page(administrator, athletes):
    make_page(administrator, athletes)
    make_page(administrator, athletes)
    assert Page.objects.everything().filter(sector=athletes).count() == 1
    page = Document(administrator.get(change_path(athletes), headers=ENGLISH))
    assert "Its page" in page.words() and "Make its page" not in page.words()


def test_the_address_of_the_page_is_one_that_is_free(administrator, athletes):
    Page(key="other", slug_sq="sportiste", slug_en="athletes").keep_as_draft()
    make_page(administrator, athletes)
    assert Page.objects.everything().get(sector=athletes).slug_en == "athletes-2"


def test_only_a_press_makes_a_page_and_only_of_those_who_may_add_pages(client, athletes):
    path = f"/admin/campaign/page/of-sector/{athletes.pk}/"
    reader = sign_in(client, make_staff("view_page", "change_sector"))
    assert reader.get(path).status_code == 405
    assert reader.post(path).status_code == 403
    assert "Make its page" not in reader.get(change_path(athletes), headers=ENGLISH).text
    assert not Page.objects.everything().filter(sector=athletes).exists()


def test_the_slug_of_a_published_sector_stays(administrator, athletes):
    page = administrator.get(change_path(athletes))
    assert administrator.post(change_path(athletes), filled(page, slug="runners")).status_code == 302
    with pytest.raises(IntegrityError), transaction.atomic():
        Sector.objects.filter(pk=athletes.pk).update(slug="runners")
    athletes.refresh_from_db()
    assert athletes.slug == "atletes"


def test_an_article_begins_with_the_date_of_today(administrator):
    form = administrator.get("/admin/campaign/article/add/").context["adminform"].form
    assert form.initial["date"] == timezone.localdate()
