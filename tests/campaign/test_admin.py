"""The admin of what the public reads: help channels and the settings of every page."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from campaign.models import HelpChannel, SiteSettings

pytestmark = pytest.mark.django_db

LIST = "/admin/campaign/helpchannel/"
SETTINGS = "/admin/campaign/sitesettings/"
NEW = {
    "key": "new-line",
    "kind": "phone",
    "number": "116 999",
    "tel": "116999",
    "name_sq": "Linja e re",
    "name_en": "The new line",
    "is_shown": "on",
    "position": "20",
}


def words(response):
    return response.content.decode()


def errors(response):
    return dict(response.context["adminform"].form.errors)


def test_a_new_channel_appears_on_the_help_page(admin_client):
    assert admin_client.post(f"{LIST}add/", NEW).status_code == 302
    assert "116 999" in words(admin_client.get("/en/help/"))


@pytest.mark.parametrize("missing", ["name_sq", "name_en"])
def test_a_channel_needs_its_name_in_both_languages(admin_client, missing):
    assert list(errors(admin_client.post(f"{LIST}add/", NEW | {missing: ""}))) == [missing]
    assert not HelpChannel.objects.filter(key="new-line").exists()


@pytest.mark.parametrize("part", ["text", "hours", "short"])
def test_what_is_written_in_one_language_is_asked_for_in_the_other(admin_client, part):
    response = admin_client.post(f"{LIST}add/", NEW | {f"{part}_sq": "Fjalë"})
    assert list(errors(response)) == [f"{part}_en"]


def test_a_channel_on_every_page_needs_a_number_and_one_word(admin_client):
    response = admin_client.post(f"{LIST}add/", NEW | {"in_strip": "on"}, headers={"accept-language": "en"})
    assert "A channel on every page needs a number and one word in both languages." in words(response)


def test_the_key_of_a_channel_stays(admin_client):
    channel = HelpChannel.objects.get(key="alo-116111")
    admin_client.post(f"{LIST}{channel.pk}/change/", NEW)
    channel.refresh_from_db()
    assert (channel.key, channel.name_en) == ("alo-116111", "The new line")


def test_channels_are_verified_today_with_one_action(admin_client):
    called, other = HelpChannel.objects.all()[:2]
    data = {"action": "verified_today", "_selected_action": called.pk}
    response = admin_client.post(LIST, data, follow=True, headers={"accept-language": "en"})
    assert "1 channel is verified." in words(response)
    called.refresh_from_db()
    other.refresh_from_db()
    assert (called.verified_on, other.verified_on) == (timezone.localdate(), None)
    assert [entry.object_id for entry in LogEntry.objects.all()] == [str(called.pk)]


def test_the_settings_of_the_site_are_one_form(admin_client):
    assert admin_client.get(SETTINGS).url == f"{SETTINGS}1/change/"
    assert admin_client.get(f"{SETTINGS}add/").status_code == 403
    assert admin_client.get(f"{SETTINGS}1/delete/").status_code == 403
    admin_client.post(f"{SETTINGS}1/change/", {"exit_url": "https://www.wikipedia.org/"})
    assert SiteSettings.objects.get().exit_url == "https://www.wikipedia.org/"


def test_the_admin_bears_the_name_of_the_movement_and_of_its_language(client):
    page = words(client.get("/admin/login/", headers={"accept-language": "en"}, follow=True))
    assert "We are 1" in page
    assert "Shqip" in page
    assert "English" in words(client.get("/admin/login/", headers={"accept-language": "sq"}, follow=True))
