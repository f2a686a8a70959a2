"""The admin of help channels and site settings."""

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import URLField
from django.utils import timezone

from campaign.models import HelpChannel, SiteSettings
from staff.models import Entry
from tests.pages import as_typed

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
    "position": "20",
}


def words(response):
    return response.content.decode()


def errors(response):
    return dict(response.context["adminform"].form.errors)


def test_a_new_channel_appears_on_the_help_page(admin_client):
    assert admin_client.post(f"{LIST}add/", NEW).status_code == 302
    assert "116 999" in as_typed(words(admin_client.get("/en/help/")))


@pytest.mark.parametrize("missing", ["name_sq", "name_en"])
def test_a_channel_needs_its_name_in_both_languages(admin_client, missing):
    assert list(errors(admin_client.post(f"{LIST}add/", NEW | {missing: ""}))) == [missing]
    assert not HelpChannel.objects.filter(key="new-line").exists()


@pytest.mark.parametrize("part", ["text", "hours", "short"])
def test_a_field_filled_in_one_language_is_required_in_the_other(admin_client, part):
    response = admin_client.post(f"{LIST}add/", NEW | {f"{part}_sq": "Fjalë"})
    assert list(errors(response)) == [f"{part}_en"]


def test_a_channel_of_the_strip_needs_a_number_and_a_short_name(admin_client):
    response = admin_client.post(f"{LIST}add/", NEW | {"in_strip": "on"}, headers={"accept-language": "en"})
    assert "A channel on every page needs a number and one word in both languages." in words(response)


def test_the_key_of_a_channel_cannot_be_changed(admin_client):
    channel = HelpChannel.objects.get(key="alo-116111")
    admin_client.post(f"{LIST}{channel.pk}/change/", NEW)
    channel.refresh_from_db()
    assert (channel.key, channel.name_en) == ("alo-116111", "The new line")


def test_an_action_marks_channels_as_verified_today(admin_client):
    called, other = HelpChannel.objects.all()[:2]
    data = {"action": "verified_today", "_selected_action": called.pk, "sure": "yes"}
    response = admin_client.post(LIST, data, follow=True, headers={"accept-language": "en"})
    assert "1 channel has been verified." in words(response)
    called.refresh_from_db()
    other.refresh_from_db()
    assert (called.verified_on, other.verified_on) == (timezone.localdate(), None)
    assert [entry.object_id for entry in Entry.objects.all()] == [str(called.pk)]


def test_site_settings_are_a_single_row(admin_client):
    assert admin_client.get(SETTINGS).url == f"{SETTINGS}1/change/"
    assert admin_client.get(f"{SETTINGS}add/").status_code == 403
    assert admin_client.get(f"{SETTINGS}1/delete/").status_code == 403
    no_links = {"social_links-TOTAL_FORMS": "0", "social_links-INITIAL_FORMS": "0"}
    admin_client.post(f"{SETTINGS}1/change/", {"exit_url": "https://www.wikipedia.org/", **no_links})
    assert SiteSettings.objects.get().exit_url == "https://www.wikipedia.org/"


def test_the_sign_in_page_has_the_name_of_the_movement_and_a_language_switch(client):
    page = words(client.get("/admin/login/", headers={"accept-language": "en"}, follow=True))
    assert "We are 1" in page
    assert "Shqip" in page
    assert "English" in words(client.get("/admin/login/", headers={"accept-language": "sq"}, follow=True))


def test_no_field_for_an_address_on_the_web_accepts_ftp(rf):
    visited = 0
    for model, model_admin in admin.site._registry.items():
        for column in model._meta.fields:
            if isinstance(column, URLField):
                field = model_admin.formfield_for_dbfield(column, rf.get("/admin/"))
                field.clean("https://shembull.al/faqe")
                with pytest.raises(ValidationError):
                    field.clean("ftp://shembull.al/faqe")
                visited += 1
    assert visited >= 4, "partner, statistic, help channel, provider rule"
