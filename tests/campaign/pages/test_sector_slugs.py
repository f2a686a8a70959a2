"""The slug of a sector, which stays once the sector is published, and the way to its page."""

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


def test_the_form_of_a_sector_leads_to_its_page_or_to_the_form_of_a_new_one(administrator, athletes):
    def link(words):
        page = Document(administrator.get(change_path(athletes), headers=ENGLISH))
        return [page.of(each)["href"] for each in page.all("a", href=True) if page.words(each) == words]

    [path] = link("Make its page")
    assert filled(administrator.get(path))["sector"] == str(athletes.pk)
    made = Page(key="athletes", sector=athletes, slug_sq="sportiste", slug_en="athletes")
    made.keep_as_draft()
    assert link("Its page") == [f"/admin/campaign/page/{made.pk}/change/"] and link("Make its page") == []


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
