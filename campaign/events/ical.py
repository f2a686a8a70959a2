"""Calendars in the active language: one event, or all events with the days of the year."""

from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from campaign import movement_year
from pledges import calendars
from pledges.figures.brand import brand

# A calendar needs the time at which an entry was last changed. The days of the year change with a release only: the launch.
DAYS_MADE_AT = datetime(2020, 7, 23, tzinfo=UTC)


def of_event(event):
    """The calendar of one event, as bytes."""
    return _calendar([_event(event)])


def of_all(events, today):
    """The calendar of these events and of the days of the year, which are repeated every year, as bytes."""
    return _calendar([*(_day(day) for day in movement_year.next_days(today)), *map(_event, events)])


def _calendar(entries):
    return calendars.calendar(f"{brand()}: {_('events')}", entries)


def _event(event):
    if event.is_all_day:
        times = calendars.days(event.first_day, event.last_day)
    else:
        times = [("DTSTART", calendars.utc(event.begins)), ("DTEND", calendars.utc(event.ends))]
    link = settings.SITE_URL + event.get_absolute_url()
    return [
        ("UID", f"{event.code}@{calendars.host()}"),
        ("DTSTAMP", calendars.utc(event.changed_at)),
        *times,
        ("SUMMARY", calendars.text(event.title)),
        ("DESCRIPTION", calendars.text(f"{event.text}\n\n{link}")),
        ("LOCATION", calendars.text(event.where)),
        ("URL", link),
    ]


def _day(day):
    return [
        ("UID", f"{day.date:%m-%d}@{calendars.host()}"),
        ("DTSTAMP", calendars.utc(DAYS_MADE_AT)),
        *calendars.days(day.date, day.date),
        ("RRULE", "FREQ=YEARLY"),
        ("SUMMARY", calendars.text(str(day.title))),
        ("DESCRIPTION", calendars.text(str(day.text))),
        # It takes no one's time.
        ("TRANSP", "TRANSPARENT"),
    ]
