"""What staff set for every page: banner, social links, the picture when shared, menu and footer, and signing that is paused."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import URLField
from django.utils import timezone

from campaign.content import SiteContent
from campaign.models import HelpChannel, MenuPlace, Page, Picture, SiteSettings, SocialLink
from pledges.models import PledgingSettings
from tests.factories import make_picture, make_staff, make_upload, sign_in
from tests.pages import LANGUAGES, Document, as_typed, filled
from tests.pledges.desk.pages import ENGLISH

pytestmark = pytest.mark.django_db

SETTINGS = "/admin/campaign/sitesettings/1/change/"
MENU = "/admin/campaign/menuplace/"
BANNER = {"banner_sq": "Linja është e zënë.", "banner_en": "The line is busy."}


def settings(**values):
    return SiteSettings.objects.update_or_create(pk=1, defaults=values)


# Banner


def test_a_banner_is_on_every_public_page_below_the_help_numbers_in_its_language(client):
    settings(**BANNER, banner_url_sq="/sq/ndihme/", banner_url_en="https://www.example.org/")
    for path, words, url in (
        ("/sq/", "Linja është e zënë.", "/sq/ndihme/"),
        ("/en/news/", "The line is busy.", "https://www.example.org/"),
        ("/en/no-such-page/", "The line is busy.", "https://www.example.org/"),
    ):
        page = Document(client.get(path))
        banner = page.one("aside", **{"class": "banner"})
        assert page.words(banner) == words
        assert page.of(page.all("a", node=banner)[0])["href"] == url
        assert [page.of(each)["class"] for each in page.all("aside")][:2] == ["help-strip", "banner"]


def test_a_banner_comes_and_goes_by_the_clock(client):
    now = timezone.now()
    settings(**BANNER, banner_from=now + timedelta(hours=1), banner_until=now + timedelta(hours=2))
    assert "The line is busy." not in client.get("/en/").text
    settings(banner_from=now - timedelta(seconds=1), banner_until=now + timedelta(hours=1))
    assert "The line is busy." in client.get("/en/").text
    assert SiteContent.current().changes().count(now + timedelta(hours=1)) == 1
    settings(banner_until=now - timedelta(microseconds=1))
    assert "The line is busy." not in client.get("/en/").text


# Social links


def test_social_links_are_in_the_footer_in_their_order(client):
    settings()
    SocialLink.objects.create(settings_id=1, network="youtube", url="https://www.youtube.com/@crca", position=2)
    SocialLink.objects.create(settings_id=1, network="facebook", url="https://www.facebook.com/crca.al", position=1)
    for language in LANGUAGES:
        page = Document(client.get(f"/{language}/"))
        links = page.all("a", node=page.one("ul", **{"class": "social"}))
        assert [page.words(link) for link in links] == ["Facebook", "YouTube"]


def test_a_social_link_leads_to_its_network_by_https(client):
    editor = sign_in(client, make_staff("change_sitesettings", "add_sociallink", "view_sociallink"))
    typed = {
        "social_links-TOTAL_FORMS": "1",
        "social_links-0-network": "facebook",
        "social_links-0-position": "1",
        "social_links-0-url": "https://facebook.com.example.org/crca",
    }
    page = editor.get(SETTINGS, headers=ENGLISH)
    response = editor.post(SETTINGS, filled(page, **typed), headers=ENGLISH)
    assert "This is not an address of Facebook." in response.text
    typed["social_links-0-url"] = "https://www.facebook.com/crca.al"
    assert editor.post(SETTINGS, filled(page, **typed)).status_code == 302
    assert SocialLink.objects.get().url == "https://www.facebook.com/crca.al"
    with pytest.raises(IntegrityError), transaction.atomic():
        SocialLink.objects.create(settings_id=1, network="x", url="http://x.com/crca")
    with pytest.raises(IntegrityError), transaction.atomic():
        SocialLink.objects.create(settings_id=1, network="facebook", url="https://www.facebook.com/other")


# Picture when shared


def test_the_picture_of_staff_stands_for_pages_without_one(client):
    picture = make_picture(make_upload(1600, 1000))
    picture.make_sizes()
    picture.refresh_from_db()
    settings(share_picture=picture)
    for path in ("/en/", "/en/the-problem/"):
        assert f'property="og:image" content="http://localhost:8000{picture.card_url}"' in client.get(path).text
    assert list(Picture.objects.unused()) == []
    assert Picture.objects.uses()[picture.pk] == [SiteSettings.load()]


# Menu and footer


def list_as_typed(page, **changes):
    """The list as a browser sends it, with `changes` typed into it."""
    formset = page.context["cl"].formset
    values = {bound.html_name: bound.value() for bound in formset.management_form}
    for form in formset.forms:
        for bound in form:
            values[bound.html_name] = values[bound.html_initial_name] = "" if bound.value() is None else bound.value()
    return values | changes | {"_save": "Save"}


def names(client, path, part):
    page = Document(client.get(path))
    return [
        page.words(link)
        for link in page.all("a", node=page.one("nav" if part == "nav" else "footer", **{"class": part}))
    ]


def test_editors_order_menu_and_footer_in_one_list(client):
    editor = sign_in(client, make_staff("change_menuplace", "view_menuplace"))
    before = names(editor, "/en/", "foot")
    assert names(editor, "/en/", "nav")[:3] == ["The movement", "The problem", "Our demands"]
    page = editor.get(MENU, headers=ENGLISH)
    rows = {form.instance.key: form.prefix for form in page.context["cl"].formset.forms}
    changes = {
        f"{rows['about']}-menu_position": "1",
        f"{rows['movement']}-menu_position": "",
        f"{rows['child']}-footer_column": "0",
        f"{rows['glossary']}-footer_column": "3",
        f"{rows['glossary']}-footer_position": "5",
    }
    response = editor.post(MENU, list_as_typed(page, **changes), headers=ENGLISH)
    assert response.status_code == 302
    assert names(editor, "/en/", "nav")[:3] == ["Who we are", "The problem", "Our demands"]
    after = names(editor, "/en/", "foot")
    child, glossary = (Page.objects.get(key=key).title_en for key in ("child", "glossary"))
    assert child in before and child not in after
    assert after.index(glossary) == after.index("Privacy notice") - 1


def test_two_editors_of_the_menu_do_not_undo_each_other(client):
    editor = sign_in(client, make_staff("change_menuplace", "view_menuplace"))
    page = editor.get(MENU)
    rows = {form.instance.key: form.prefix for form in page.context["cl"].formset.forms}
    Page.objects.filter(key="about").update(menu_position=9)
    editor.post(MENU, list_as_typed(page, **{f"{rows['press']}-menu_position": "8"}))
    assert dict(MenuPlace.objects.filter(key__in=["about", "press"]).values_list("key", "menu_position")) == {
        "about": 9,
        "press": 8,
    }


# Signing that is paused


@pytest.mark.cases(("state", "words"), [("paused", "Signing is paused"), ("closed", "Signing is closed")])
def test_11_no_page_promises_a_form_while_signing_is_paused_or_closed(client, state, words):
    """Every page whose button leads to the form says instead that signing is paused, in the words of staff where it has room."""
    paths = (
        "/en/ /en/totals/ /en/wall/ /en/totals/tirana/ /en/parents/ /en/no-such-page/ /en/inbox/ /en/contact/".split()
    )
    paths.append("/counter/en/light/")
    promises = ("Sign the pledge", "Sign again", "Be the first to sign", "Be the next to sign")
    open_pages = {path: client.get(path).text for path in paths}
    PledgingSettings.objects.update_or_create(
        pk=1, defaults={"state": state, "message_sq": "Deri nesër.", "message_en": "Until tomorrow morning."}
    )
    for path in paths:
        page = Document(client.get(path))
        texts = [page.words(link) for link in page.all("a") if page.of(link)["href"].startswith("/en/pledge/")]
        assert not [text for text in texts if text in promises], path
        assert words in page.words(), path
        assert any(text in open_pages[path] for text in promises), path
    for path in ("/en/", "/en/parents/", "/en/pledge/"):
        assert "Until tomorrow morning." in client.get(path).text
    PledgingSettings.objects.update(state="open")
    assert words not in client.get("/en/").text


# Help channels, and the settings as one row


LIST = "/admin/campaign/helpchannel/"
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


def test_a_new_channel_appears_on_the_help_page(editor):
    assert editor.post(f"{LIST}add/", NEW).status_code == 302
    assert "116 999" in as_typed(words(editor.get("/en/help/")))


def test_a_channel_is_in_both_languages_and_short_in_the_strip(editor):
    typed = NEW | {"name_en": "", "text_sq": "Fjalë", "hours_sq": "Fjalë", "short_sq": "Fjalë"}
    response = editor.post(f"{LIST}add/", typed)
    assert set(errors(response)) == {"name_en", "text_en", "hours_en", "short_en"}
    response = editor.post(f"{LIST}add/", NEW | {"in_strip": "on"})
    assert "A channel on every page needs a number and one word in both languages." in words(response)
    assert not HelpChannel.objects.filter(key="new-line").exists()


def test_the_key_of_a_channel_cannot_be_changed(editor):
    channel = HelpChannel.objects.get(key="alo-116111")
    editor.post(f"{LIST}{channel.pk}/change/", NEW)
    channel.refresh_from_db()
    assert (channel.key, channel.name_en) == ("alo-116111", "The new line")


def test_site_settings_are_a_single_row(editor):
    path = "/admin/campaign/sitesettings/"
    assert editor.get(path).url == SETTINGS
    for forbidden in ("add", "1/delete"):
        assert editor.get(f"{path}{forbidden}/").status_code == 403
    no_links = {"social_links-TOTAL_FORMS": "0", "social_links-INITIAL_FORMS": "0"}
    editor.post(SETTINGS, {"exit_url": "https://www.wikipedia.org/", **no_links})
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
