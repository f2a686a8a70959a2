"""The WSGI application with a watch of the replica whose clock stands still: it is the file REPLICA_CLOCK, in seconds."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

from pledges.serving import replica
from weare1.wsgi import application

__all__ = ["application"]


def monotonic():
    """The seconds in the file."""
    return float(Path(os.environ["REPLICA_CLOCK"]).read_text())


replica.time = SimpleNamespace(monotonic=monotonic, sleep=time.sleep)
