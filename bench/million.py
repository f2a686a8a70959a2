"""What staff and operators wait for at a million pledges: an export, and changing the keys."""

import io
import time

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test.utils import override_settings

from bench import rows
from bench.rounds import show
from pledges.crypto import keys
from pledges.exports.admin import stream
from pledges.exports.models import Export
from pledges.models import Pledge
from tests.keys import new_key

PLEDGES = 1_000_000
FILES = {f"export of a million as {kind}": kind for kind in Export.Format.values}


def export(options):
    """Rows per second of a file with names and addresses."""
    rows.fill(PLEDGES)
    user, _made = get_user_model().objects.get_or_create(username="bench")
    return {what: show(what, [_export(user, kind) for _ in range(options.rounds)]) for what, kind in FILES.items()}


def _export(user, kind):
    began = time.perf_counter()
    made = Export(user=user, content=Export.Content.PEOPLE, format=kind)
    made.start(Pledge.objects.all(), {}, "measured")
    for _part in stream(made, Pledge.objects.all()):
        pass
    return PLEDGES / (time.perf_counter() - began)


def rotate(options):
    """Minutes until a million pledges are stored by new keys, and again until they are by the old ones."""
    rows.fill(PLEDGES)
    what, key = "new keys for a million pledges", new_key()
    try:
        there, back = (
            _rotate({name: order(getattr(settings, name)) for name in keys.LISTS})
            for order in (lambda old: [key, *old], lambda old: [*old, key])
        )
    except BaseException:
        # This process alone knows the new key.
        rows.insert(0)
        raise
    return {what: show(what, [there, back], " min")}


def _rotate(lists):
    with override_settings(**lists):
        began = time.perf_counter()
        call_command("rotate_keys", stdout=io.StringIO())
        return (time.perf_counter() - began) / 60
