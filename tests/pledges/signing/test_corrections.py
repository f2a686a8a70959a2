"""Corrections by the supporter: what they change, and what was signed stays."""

import pytest
from django.db.models.functions import Now

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge, Wording
from tests import tally
from tests.factories import links_in, make_pledge, run_worker
from tests.pages import Document, corrections
from tests.pledges.signing.personal import ADDRESS, NAME, ONE_DAY, make_drita, request_link

pytestmark = pytest.mark.django_db


def test_corrections_are_saved_and_the_totals_follow(client):
    newest = Wording.objects.current().get(sector__slug="artists").next_version()
    newest.text_sq, newest.text_en = "Fjalë të reja.", "New words."
    newest.save()
    pledge = make_drita(sector="teachers", county_id="AL-10", show_name=True)
    Pledge.objects.update(worded_at=Now() - ONE_DAY)
    link = links.path(Purpose.MANAGE, pledge)
    response = client.post(
        link,
        corrections(pledge, name="Drita  Ëndërr", sector="artists", county="AL-09", language="en", show_name=None),
    )
    assert response.status_code == 200
    assert Document(response).one("p", role="status")
    assert 'value="Drita Ëndërr"' in response.text and "Fjalë të reja." in response.text
    before, pledge = pledge, Pledge.objects.get()
    assert (pledge.name, pledge.sector.slug, pledge.county_id) == ("Drita Ëndërr", "artists", "AL-09")
    assert (pledge.language, pledge.show_name) == ("en", False)
    assert pledge.wording == newest and pledge.worded_at > before.worded_at
    assert (pledge.consent, pledge.consented_at) == (before.consent, before.consented_at)
    read = tally.read()
    assert read.total == 1
    assert {sector.slug for sector, n in read.sectors if n} == {"artists"}
    assert tally.counties() == {"AL-09": 1}


def test_a_correction_within_the_sector_keeps_the_signed_wording(client):
    pledge = make_drita(sector="teachers")
    newest = Wording.objects.current().get(sector__slug="teachers").next_version()
    newest.text_sq = "Fjalë të reja."
    newest.save()
    client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, county=""))
    after = Pledge.objects.get()
    assert (after.wording, after.worded_at) == (pledge.wording, pledge.worded_at)
    assert tally.counties() == {"": 1}


def test_moving_to_the_youth_sector_hides_the_name(client):
    pledge = make_drita(sector="artists", show_name=True)
    client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, sector="youth", show_name="on"))
    assert Pledge.objects.values_list("sector__slug", "show_name").get() == ("youth", False)


def test_messages_follow_a_changed_language(client, mailoutbox):
    pledge = make_drita(language="sq")
    client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, language="en"))
    request_link(client)
    run_worker()
    assert mailoutbox[0].subject == "Your link"
    assert links_in(mailoutbox[0], "manage")[0].startswith("/en/my-pledge/")


def test_the_signed_text_is_shown_in_the_language_it_was_signed_in(client):
    pledge = make_drita(consent_language="en")
    page = Document(client.get(links.path(Purpose.MANAGE, pledge, language="sq")))
    quotes = page.all("blockquote")
    assert [page.words(quote).replace("\xa0", " ") for quote in quotes] == [
        " ".join(pledge.wording.text_en.split()),
        " ".join(pledge.consent.text_en.split()),
    ]
    assert {page.of(quote).get("lang") for quote in quotes} == {"en"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "<b>Drita</b>"), ("sector", "kings"), ("county", "AL-99"), ("language", "fr")],
)
def test_an_invalid_correction_is_an_error_of_its_field_and_changes_nothing(client, field, value):
    pledge = make_drita()
    response = client.post(links.path(Purpose.MANAGE, pledge), corrections(pledge, **{field: value}))
    assert response.status_code == 422
    page = Document(response)
    assert page.title.startswith("Gabim:")
    assert page.all(id=f"id_{field}_error") and page.all("a", href=True, node=page.one("div", role="group"))
    assert Pledge.objects.values("name_digest", "sector", "county", "language").get() == {
        "name_digest": pledge.name_digest,
        "sector": pledge.sector_id,
        "county": pledge.county_id,
        "language": pledge.language,
    }


def test_two_pledges_of_one_address_cannot_have_the_same_name(client):
    pledge = make_drita(sector="teachers")
    make_pledge("Agim Kola", ADDRESS, state="confirmed")
    response = client.post(
        links.path(Purpose.MANAGE, pledge),
        corrections(pledge, name="KOLA agim", county="AL-12", sector="artists"),
    )
    assert response.status_code == 422
    page = Document(response)
    assert page.all("p", id="id_name_error") and page.all("a", href="#id_name")
    assert 'value="KOLA agim"' in response.text, "the input is kept"
    assert page.all("option", value="AL-12", selected=True)
    signed_words = page.words(page.all("blockquote")[0])
    assert signed_words == " ".join(pledge.wording.text_sq.split()), "the signed wording is still shown"
    assert sorted(p.name for p in Pledge.objects.all()) == ["Agim Kola", NAME]
    assert set(Pledge.objects.values_list("sector__slug", flat=True)) == {"teachers", "parents"}
