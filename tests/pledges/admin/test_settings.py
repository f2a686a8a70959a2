"""The pledging settings in the admin: one form, pausing with a message, goals."""

import pytest

from pledges.models import PledgingSettings
from tests.factories import make_staff, sign_in
from tests.pages import Document, filled
from tests.tally import put_people

pytestmark = pytest.mark.django_db

SETTINGS = "/admin/pledges/pledgingsettings/1/change/"


def test_the_settings_are_one_form_without_add_and_delete(admin_client):
    base = "/admin/pledges/pledgingsettings/"
    assert admin_client.get(base).url == SETTINGS
    assert admin_client.get(f"{base}add/").status_code == 403
    assert admin_client.get(f"{base}1/delete/").status_code == 403
    for goal in ("5000", "6000"):
        admin_client.post(SETTINGS, filled(admin_client.get(SETTINGS), goal=goal))
    assert PledgingSettings.objects.get().goal == 6000


def test_pausing_requires_a_message_in_both_languages(admin_client):
    page = admin_client.get(SETTINGS)
    response = admin_client.post(SETTINGS, filled(page, state="paused", message_sq="Deri nesër."))
    assert list(response.context["adminform"].form.errors) == ["message_en"]
    assert "Deri nesër." in response.text
    assert PledgingSettings.load().state == "open"
    both = filled(page, state="paused", message_sq="Deri nesër.", message_en="Until tomorrow.")
    assert admin_client.post(SETTINGS, both).status_code == 302
    assert PledgingSettings.load().state == "paused"


# Goals


def test_goals_are_entered_as_one_list(client):
    sign_in(client, make_staff(superuser=True))
    fields = {"state": "open", "goal": "200", "next_goals": "500, 1000,5000", "network_limit": "60"}
    assert client.post(SETTINGS, fields).status_code == 302
    assert PledgingSettings.load().next_goals == [500, 1000, 5000]
    put_people(185)
    assert "The next goal: 500" in Document(client.get("/en/totals/")).words()
    assert "The next goal: 500" in Document(client.get("/en/")).words()


@pytest.mark.parametrize("wrong", ["500; 1000", "many", "5", "-100", "500,,x", "9" * 30, ",".join(["100"] * 13)])
def test_an_invalid_goal_is_refused_and_the_input_kept(client, wrong):
    sign_in(client, make_staff(superuser=True))
    response = client.post(SETTINGS, {"state": "open", "goal": "", "next_goals": wrong, "network_limit": "60"})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["next_goals"]
    page = Document(response)
    assert page.of(page.one("input", name="next_goals"))["value"] == wrong
    assert PledgingSettings.load().next_goals == []
