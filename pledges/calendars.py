"""Calendars as iCalendar files (RFC 5545), in the active language."""

import re
from datetime import UTC, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import get_language

from pledges.sharing import brand

CONTENT_TYPE = "text/calendar; charset=utf-8"
# A line has at most this many octets before its CRLF.
MAX_OCTETS = 75


def calendar(name, entries):
    """The bytes of a calendar with this name; an entry is a list of (property, value), made with the functions below."""
    lines = [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", text(f"-//{brand()}//{get_language().upper()}")),
        ("CALSCALE", "GREGORIAN"),
        ("NAME", text(name)),
        ("X-WR-CALNAME", text(name)),
        ("REFRESH-INTERVAL;VALUE=DURATION", "P1D"),
    ]
    for entry in entries:
        lines += [("BEGIN", "VEVENT"), *entry, ("END", "VEVENT")]
    lines.append(("END", "VCALENDAR"))
    return b"".join(_folded(f"{name}:{value}") for name, value in lines)


def days(first, last):
    """The times of an entry of whole days."""
    # The end is the day after the last one.
    return [("DTSTART;VALUE=DATE", f"{first:%Y%m%d}"), ("DTEND;VALUE=DATE", f"{last + timedelta(days=1):%Y%m%d}")]


def utc(at):
    """A time as calendars write it."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def host():
    """What follows the @ in the id of an entry."""
    return urlsplit(settings.SITE_URL).hostname


def text(value):
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
