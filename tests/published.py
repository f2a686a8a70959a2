"""Published figures for tests: shown as the test wants them, or compared with the rows as in the next night."""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from pledges.models import County, PublishedFigure
from pledges.published.models import publish


def show(figures):
    """Publish {name: people}, such as {"event:3:link": 85}, as if they had moved tonight; 0 is not shown."""
    for name, people in figures.items():
        PublishedFigure.objects.update_or_create(
            name=name, defaults={"shown": people, "looked_at": timezone.now(), "is_withheld": False}
        )


def show_counties(people=None):
    """Publish {county code or "": people}; without them a number for each county and for those who gave none."""
    if people is None:
        codes = [*County.objects.values_list("pk", flat=True), ""]
        people = {code: 60 + 5 * number for number, code in enumerate(codes)}
    show({f"county:{code}": n for code, n in people.items()})


def next_night():
    """Let the last comparison be of the day before and compare all figures with the rows; returns how many."""
    PublishedFigure.objects.update(looked_at=F("looked_at") - timedelta(days=1))
    return publish()


def shown(name):
    """What the public sees of a figure, 0 for nothing."""
    row = PublishedFigure.objects.filter(pk=name).first()
    return row.people if row else 0
