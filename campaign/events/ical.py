"""Calendars as iCalendar files (RFC 5545), in the active language: one event, or all events with the days of the year."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign import movement_year
from pledges.figures.brand import brand

CONTENT_TYPE = "text/calendar; charset=utf-8"
# A line has at most this many octets before its CRLF.
MAX_OCTETS = 75
# A calendar needs the time at which an entry was last changed. The days of the year change with a release only: the launch.
DAYS_MADE_AT = datetime(2020, 7, 23, tzinfo=UTC)


def of_event(event):
    """The calendar of one event, as bytes."""
    return _calendar([_event(event)])


def of_all(events, today):
    """The calendar of these events and of the days of the year, which are repeated every year, as bytes."""
    return _calendar([*(_day(day) for day in movement_year.next_days(today)), *map(_event, events)])


def _calendar(entries):
    name = f"{brand()}: {_('events')}"
    lines = [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", _text(f"-//{brand()}//{get_language().upper()}")),
        ("CALSCALE", "GREGORIAN"),
        ("NAME", _text(name)),
        ("X-WR-CALNAME", _text(name)),
        ("REFRESH-INTERVAL;VALUE=DURATION", "P1D"),
    ]
    for entry in entries:
        lines += [("BEGIN", "VEVENT"), *entry, ("END", "VEVENT")]
    lines.append(("END", "VCALENDAR"))
    return b"".join(_folded(f"{name}:{value}") for name, value in lines)


def _event(event):
    if event.is_all_day:
        times = _days(event.first_day, event.last_day)
    else:
        times = [("DTSTART", _utc(event.begins)), ("DTEND", _utc(event.ends))]
    link = settings.SITE_URL + event.get_absolute_url()
    return [
        ("UID", f"{event.code}@{_host()}"),
        ("DTSTAMP", _utc(event.changed_at)),
        *times,
        ("SUMMARY", _text(event.title)),
        ("DESCRIPTION", _text(f"{event.text}\n\n{link}")),
        ("LOCATION", _text(event.where)),
        ("URL", link),
    ]


def _day(day):
    return [
        ("UID", f"{day.date:%m-%d}@{_host()}"),
        ("DTSTAMP", _utc(DAYS_MADE_AT)),
        *_days(day.date, day.date),
        ("RRULE", "FREQ=YEARLY"),
        ("SUMMARY", _text(str(day.title))),
        ("DESCRIPTION", _text(str(day.text))),
        # It takes no one's time.
        ("TRANSP", "TRANSPARENT"),
    ]


def _days(first, last):
    # The end is the day after the last one.
    return [("DTSTART;VALUE=DATE", f"{first:%Y%m%d}"), ("DTEND;VALUE=DATE", f"{last + timedelta(days=1):%Y%m%d}")]


def _utc(at):
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _host():
    return urlsplit(settings.SITE_URL).hostname


def _text(value):
    """The text with what a calendar would read as its own signs escaped."""
    escaped = re.sub(r"([\\;,])", r"\\\1", value)
    return re.sub(r"\r\n|\r|\n", r"\\n", escaped)


def _folded(line):
    """The line in UTF-8, in pieces that end with CRLF and, from the second on, begin with a space. No character is divided."""
    pieces, piece = [], b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > MAX_OCTETS:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"".join(each + b"\r\n" for each in [*pieces, piece])
