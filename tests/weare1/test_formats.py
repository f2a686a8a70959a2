"""Formats of numbers, dates and times in each language (acceptance story 29)."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.template import engines
from django.utils import formats, timezone, translation

from campaign.models import HelpChannel
from pledges.crypto import links
from pledges.crypto.links import Purpose
from tests.factories import make_pledge
from tests.pages import Document

MONTHS = [
    *("janar", "shkurt", "mars", "prill", "maj", "qershor"),
    *("korrik", "gusht", "shtator", "tetor", "nëntor", "dhjetor"),
]
DAYS = ["e hënë", "e martë", "e mërkurë", "e enjte", "e premte", "e shtunë", "e diel"]


def rendered(template, value, language):
    """A value as a template shows it in this language."""
    with translation.override(language):
        return engines["django"].from_string("{% load pledge_tags %}" + template).render({"value": value})


LAUNCH, AFTERNOON = date(2020, 7, 23), datetime(2026, 11, 1, 16, 5)


@pytest.mark.cases(
    ("template", "value", "sq", "en"),
    [
        ("{{ value|number }}", 1234, "1234", "1,234"),
        ("{{ value|number }}", 9999, "9999", "9,999"),
        ("{{ value|number }}", 12_345, "12\xa0345", "12,345"),
        ("{{ value|number }}", 1_234_567, "1\xa0234\xa0567", "1,234,567"),
        ("{{ value|number }}", -12_345, "-12\xa0345", "-12,345"),
        ("{{ value|floatformat:1 }}", 2.5, "2,5", "2.5"),
        ("{{ value|date }}", LAUNCH, "23 korrik 2020", "23 July 2020"),
        ("{{ value|date:'SHORT_DATE_FORMAT' }}", LAUNCH, "23.7.2020", "23/7/2020"),
        ("{{ value|date:'F Y' }}", LAUNCH, "korrik 2020", "July 2020"),
        ("{{ value|time }}", AFTERNOON, "16:05", "16:05"),
        ("{{ value|date:'DATETIME_FORMAT' }}", AFTERNOON, "1 nëntor 2026, 16:05", "1 November 2026, 16:05"),
    ],
)
def test_29_numbers_dates_and_times_are_written_as_in_the_language(template, value, sq, en):
    assert (rendered(template, value, "sq"), rendered(template, value, "en")) == (sq, en)


def test_29_albanian_months_and_days_are_lower_case():
    months = [rendered("{{ value|date:'F' }}", date(2026, number, 1), "sq") for number in range(1, 13)]
    days = [rendered("{{ value|date:'l' }}", date(2026, 11, 2 + number), "sq") for number in range(7)]
    assert (months, days) == (MONTHS, DAYS)


def test_29_the_week_begins_on_monday():
    for language in ("sq", "en"):
        with translation.override(language):
            assert formats.get_format("FIRST_DAY_OF_WEEK") == 1


def test_29_date_fields_accept_the_formats_of_the_language():
    for language, text in (("sq", "23.7.2020"), ("en", "23/07/2020"), ("sq", "2020-07-23")):
        with translation.override(language):
            assert forms.DateField(localize=True).clean(text) == date(2020, 7, 23)


@pytest.mark.django_db
def test_29_pages_show_dates_in_these_formats(client):
    HelpChannel.objects.update(verified_on=date(2026, 11, 1))
    assert "1 nëntor 2026" in Document(client.get("/sq/ndihme/")).words()
    assert "1 November 2026" in Document(client.get("/en/help/")).words()
    assert "23 korrik 2020" in Document(client.get("/sq/")).words()
    assert "23 July 2020" in Document(client.get("/en/")).words()
    pledge = make_pledge(state="confirmed", consented_at=datetime(2026, 7, 31, 22, 30, tzinfo=UTC))
    for language, day in (("sq", "1 gusht 2026"), ("en", "1 August 2026")):
        assert day in Document(client.get(links.path(Purpose.MANAGE, pledge, language=language))).words()


@pytest.mark.django_db
def test_29_totals_show_the_current_time_in_tirana(client):
    def now():
        return timezone.localtime().strftime("%H:%M")

    assert str(timezone.get_current_timezone()) == "Europe/Tirane"
    for _ in range(2):  # the minute may change between the two
        before, page = now(), Document(client.get("/en/totals/")).words()
        if before == now():
            break
    assert before in page
