"""Telephone numbers in texts follow the help channel that they name."""

import json
import re
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation

from campaign.content import STARTER
from campaign.models import Article, HelpChannel, Page, PageText
from tests.pages import Document, as_typed
from tests.staff.forms import save

pytestmark = pytest.mark.django_db
ALO = "alo-116111"


@pytest.fixture
def alo():
    return HelpChannel.objects.get(key=ALO)


def change_number(channel):
    channel.number, channel.tel = "116 999", "116999"
    channel.save()


def test_a_change_of_the_number_reaches_every_text(client, alo):
    html = '<p>Or [[alo-116111]]</p><p><a href="/en/help/">At [[alo-116111]]</a></p>'
    Page.objects.filter(key="about").update(lead_en="Call [[alo-116111]].", body_en=html)
    change_number(alo)
    with translation.override("en"):
        path = Page.objects.get(key="about").get_absolute_url()
    text = as_typed(client.get(path).text)
    assert "Call 116 999." in text, path
    assert '<p>Or <a href="tel:116999" rel="noreferrer">116 999</a></p>' in text
    assert '<a class="more" href="/en/help/" rel="noreferrer">At 116 999</a>' in text, "no link within a link"
    for path in ("/sq/", "/en/help/", "/en/are-you-a-child/", "/en/news/two-days-in-november/"):
        text = as_typed(client.get(path).text)
        assert "116 999" in text and "116 111" not in text and "[[" not in text, path
    assert Document(client.get(reverse("pledges:under_16"))).all("a", href="tel:116999")


def test_a_new_number_is_not_called_checked_on_the_day_of_the_old_one(client, admin_client, alo):
    for changes, day in (
        ({"verified_on": "2026-11-03"}, date(2026, 11, 3)),
        ({"text_en": "Free."}, date(2026, 11, 3)),
        ({"number": "116 999", "tel": "116999"}, None),
        ({"number": "116 111", "tel": "116111", "verified_on": "2026-11-09"}, date(2026, 11, 9)),
    ):
        save(admin_client, alo, **changes)
        assert HelpChannel.objects.get(pk=alo.pk).verified_on == day


def test_a_check_of_the_public_number_is_none_of_the_number_in_a_draft(admin_client, alo):
    """The action of the list dates what people call today."""
    day = timezone.localdate()
    for changes, after in (({"number": "116 999", "tel": "116999"}, None), ({"text_en": "Free."}, day)):
        save(admin_client, alo, **changes, _draft="1")
        action = {"action": "verified_today", "_selected_action": alo.pk, "sure": "yes"}
        admin_client.post("/admin/campaign/helpchannel/", action)
        assert HelpChannel.objects.get(pk=alo.pk).verified_on == day
        save(admin_client, alo, _save="1")
        assert HelpChannel.objects.get(pk=alo.pk).verified_on == after


def test_search_shows_the_number(client, alo):
    hits = as_typed(client.post("/en/search/", {"q": "bystander 116111"}).text)
    hits += as_typed(client.post("/en/search/", {"q": "sports hall"}).text)
    assert "116 111" in hits and "[[" not in hits


@pytest.mark.cases("model", [Page, Article, PageText])
def test_a_sign_without_a_channel_is_refused_with_those_there_are(alo, model):
    row = model.objects.first()
    column = row.texts_with_numbers()[0]
    setattr(row, column, "[[alo]]")
    with pytest.raises(ValidationError) as error:
        row.full_clean()
    assert "[[alo]]" in str(error.value.message_dict[column]) and f"[[{ALO}]]" in str(error.value.message_dict[column])


def test_a_number_that_a_text_names_is_not_taken_away(alo):
    with pytest.raises(ValidationError, match="Dy ditë"):
        alo.take_down(None)
    alo.tel, alo.number, alo.in_strip = "", "", False
    with pytest.raises(ValidationError, match="Dy ditë"):
        alo.full_clean()


def test_no_starter_text_holds_a_typed_number():
    typed = re.compile(
        r"(?<![\w-])(?<!\d[ \u00a0])(116[ \u00a0]?111|129|112|127|116[ \u00a0]?117|116[ \u00a0]?000)(?!\d)"
    )
    found = []
    for file in ("pages", "sector-pages", "articles", "texts"):
        for number, line in enumerate((STARTER / f"{file}.json").read_text().splitlines(), start=1):
            for match in typed.finditer(line):
                found.append(f"{file}.json:{number}: {line[max(0, match.start() - 30) : match.end() + 10]}")
    assert found == []
    json.loads((STARTER / "texts.json").read_text())


def test_the_help_page_says_when_each_channel_was_checked_and_that_others_were_not(client, alo):
    HelpChannel.objects.update(verified_on=None)
    path, none, some = (
        "/en/help/",
        "has not yet tried these numbers",
        "has not yet tried the numbers and websites that have",
    )
    assert none in client.get(path).text and "Last checked on" not in client.get(path).text
    HelpChannel.objects.filter(pk=alo.pk).update(verified_on=date(2026, 11, 3))
    page = as_typed(client.get(path).text)
    assert page.count("Last checked on 3 November 2026.") == 1 and some in page and none not in page
    HelpChannel.objects.update(verified_on=date(2026, 11, 3))
    page = client.get(path).text
    assert page.count("Last checked on") == HelpChannel.objects.count() and some not in page
