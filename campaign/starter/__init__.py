"""Starter content staff own from then on: the help channels."""

from pathlib import Path

from campaign.models import HelpChannel
from pledges.models import StarterItem
from pledges.starter import load

FOLDER = Path(__file__).parent


def plant():
    """Create what was never created before; returns how many pieces that were."""
    return sum(
        StarterItem.plant(
            f"channel:{row['key']}", lambda row=row, n=number: HelpChannel.objects.create(position=n, **row)
        )
        for number, row in enumerate(load("channels", FOLDER), start=1)
    )
