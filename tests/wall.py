"""The wall of supporters: pledges whose name is shown, and how to read the page."""

from datetime import date, timedelta

from django.db.models import F

from pledges.models import Pledge
from tests.factories import make_pledge
from tests.pages import Document

DECIDED = date(2026, 1, 1)
APPROVED = {"show_name": True, "wall": Pledge.Wall.SHOWN, "wall_at": DECIDED, "state": "confirmed"}


def make_shown(name="Arta Kola", **changes):
    """A confirmed pledge whose name is shown on the wall, but for the changes."""
    return make_pledge(name, **APPROVED | changes)


def make_waiting(name="Arta Kola", **changes):
    """A confirmed pledge whose name waits for review, but for the changes."""
    return make_shown(name, wall="waiting", wall_at=None, **changes)


def names_on_wall(client, path="/en/wall/"):
    """{shown name: the name of the group beside it} of a page of the wall."""
    page = Document(client.get(path))
    return {
        page.words(page.all("bdi", node=row)[0]): page.words(
            page.all("span", node=row, **{"class": "visually-hidden"})[0]
        ).strip(", ")
        for each in page.all("div", **{"class": "wall"})
        for row in page.all("li", node=each)
    }


def wall_state(pledge):
    """(decision, whether it has no time), as stored."""
    pledge.refresh_from_db()
    return pledge.wall, pledge.wall_at is None


def let_a_night_pass():
    """All decisions are of the day before; the names that were approved appear."""
    Pledge.objects.update(wall_at=F("wall_at") - timedelta(days=1))


def stop_showing(pledge):
    """Withdraw the wish to be shown on the wall."""
    Pledge.objects.filter(pk=pledge.pk).update(show_name=False)
