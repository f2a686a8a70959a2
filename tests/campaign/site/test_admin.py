"""The admin of help channels and site settings."""

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import URLField

from campaign.models import HelpChannel, SiteSettings
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


def test_a_channel_is_in_both_languages(admin_client):
    typed = NEW | {"name_en": "", "text_sq": "Fjalë", "hours_sq": "Fjalë", "short_sq": "Fjalë"}
    response = admin_client.post(f"{LIST}add/", typed)
    assert set(errors(response)) == {"name_en", "text_en", "hours_en", "short_en"}
    assert not HelpChannel.objects.filter(key="new-line").exists()


def test_a_channel_of_the_strip_needs_a_number_and_a_short_name(admin_client):
    response = admin_client.post(f"{LIST}add/", NEW | {"in_strip": "on"}, headers={"accept-language": "en"})
    assert "A channel on every page needs a number and one word in both languages." in words(response)


def test_the_key_of_a_channel_cannot_be_changed(admin_client):
    channel = HelpChannel.objects.get(key="alo-116111")
    admin_client.post(f"{LIST}{channel.pk}/change/", NEW)
    channel.refresh_from_db()
    assert (channel.key, channel.name_en) == ("alo-116111", "The new line")


def test_site_settings_are_a_single_row(admin_client):
    assert admin_client.get(SETTINGS).url == f"{SETTINGS}1/change/"
    assert admin_client.get(f"{SETTINGS}add/").status_code == 403
    assert admin_client.get(f"{SETTINGS}1/delete/").status_code == 403
    no_links = {"social_links-TOTAL_FORMS": "0", "social_links-INITIAL_FORMS": "0"}
    admin_client.post(f"{SETTINGS}1/change/", {"exit_url": "https://www.wikipedia.org/", **no_links})
    assert SiteSettings.objects.get().exit_url == "https://www.wikipedia.org/"


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
