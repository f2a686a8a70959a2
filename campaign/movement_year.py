"""What comes next: the days of the movement's year, which are there every year, and the events that staff announce."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

# (month, day, name, text), in order
DAYS = [
    (6, 1, _("Children’s Day"), _("A day to ask a child how they are, and to listen.")),
    (
        11,
        18,
        _("European Day for the Protection of Children against Sexual Exploitation and Sexual Abuse"),
        _("A Council of Europe day."),
    ),
    (
        11,
        19,
        _("World Day for the Prevention of Child Abuse"),
        _("For our movement it is Blue Ribbon Day, too."),
    ),
]


@dataclass(frozen=True)
class Occasion:
    """A day of the movement's year, or an event; `url` is the path of its page, "" for a day, which has none."""

    date: date
    title: str
    text: str
    when: str
    where: str = ""
    url: str = ""


def next_days(today):
    """The days of the year from today until a year from now, each once."""
    days = (date(today.year, month, day) for month, day, _title, _text in DAYS)
    words = {(month, day): (title, text) for month, day, title, text in DAYS}
    following = sorted(day if day >= today else day.replace(year=day.year + 1) for day in days)
    return [Occasion(day, *words[day.month, day.day], date_format(day, "DATE_FORMAT")) for day in following]


def upcoming(events, at):
    """What is to come at this time, the next first: `events` that are not over, and the days of the year."""
    own = [
        Occasion(event.first_day, event.title, event.summary, event.when, event.where, event.get_absolute_url())
        for event in events
        if event.ends > at
    ]
    # Of one day, the events come first.
    return sorted([*own, *next_days(timezone.localdate(at))], key=lambda occasion: (occasion.date, not occasion.url))


def midnights(at):
    """The two times around this one at which a day begins in Tirana: days of the year end, and pages count days."""
    today = timezone.localdate(at)
    return [timezone.make_aware(datetime.combine(day, time.min)) for day in (today, today + timedelta(days=1))]
