"""The calendar of an event in the active language."""

from django.conf import settings
from django.utils.translation import gettext as _

from pledges import calendars
from pledges.figures.brand import brand


def of_event(event):
    """The calendar of one event, as bytes."""
    if event.is_all_day:
        times = calendars.days(event.first_day, event.last_day)
    else:
        times = [("DTSTART", calendars.utc(event.begins)), ("DTEND", calendars.utc(event.ends))]
    link = settings.SITE_URL + event.get_absolute_url()
    entry = [
        ("UID", f"{event.code}@{calendars.host()}"),
        ("DTSTAMP", calendars.utc(event.changed_at)),
        *times,
        ("SUMMARY", calendars.text(event.title)),
        ("DESCRIPTION", calendars.text(f"{event.text}\n\n{link}")),
        ("LOCATION", calendars.text(event.where)),
        ("URL", link),
    ]
    return calendars.calendar(f"{brand()}: {_('events')}", [entry])
