"""Events for tests: saved events, people who sign through their link, and the next day."""

from datetime import timedelta

from django.utils import timezone

from pledges.models import Event
from tests.factories import make_pledge
from tests.numbers import next_number


def make_event(begins=timedelta(days=7), hours=2, **overrides):
    """A saved event that begins this long from now, for so many hours."""
    number = next_number()
    start = timezone.now().replace(second=0, microsecond=0) + begins
    values = {
        "title_sq": f"Mbrëmja {number}",
        "title_en": f"Evening {number}",
        "slug_sq": f"mbremja-{number}",
        "slug_en": f"evening-{number}",
        "text_sq": "Flasim me prindër dhe mësues.\n\nHyrja është e lirë.",
        "text_en": "We talk with parents and teachers.\n\nEveryone can come.",
        "place_sq": "Përpara bashkisë",
        "place_en": "In front of the town hall",
        "begins": start,
        "ends": start + timedelta(hours=hours),
        **overrides,
    }
    return Event.objects.create(**values)


def make_coming(event):
    """A pending pledge that came by the link of the event."""
    pledge = make_pledge()
    pledge.inviter = event.code
    pledge.save()
    return pledge


def make_signed(event, people):
    """So many people who have signed through the link of the event and confirmed."""
    for _ in range(people):
        assert make_coming(event).confirm()
