"""The one seed of what is random in the tests: PYTEST_SEED, with which the tests also run in another order, or else 1."""

import os
import random

# The tests of this file tell one story, each with what the last one left.
STORY = "tests/deploy/test_backup.py"
SEED = int(os.environ.get("PYTEST_SEED") or 1)
IS_SHUFFLED = bool(os.environ.get("PYTEST_SEED"))


def chance(*names):
    """A random.Random of these names, which gives the same with the same seed."""
    return random.Random(" ".join(map(str, (SEED, *names))))


def shuffle(items):
    """Shuffle tests, as the seed says. Those of a file stay together, so that what they share is made once."""
    story = iter([item for item in items if item.nodeid.startswith(STORY)])
    chance("order").shuffle(items)
    places = {}
    for item in items:
        places.setdefault(item.path, len(places))
    items.sort(key=lambda item: places[item.path])
    items[:] = [next(story) if item.nodeid.startswith(STORY) else item for item in items]
