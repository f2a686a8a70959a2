"""Where the processes of one machine keep their metrics: files in memory, in a folder of each service (METRICS_FOLDER).

prometheus-client gives each process files of its own. It names them by process id, so the files of dead processes would pile up
or, once removed, make counters fall. Here the lowest number that is free names them: a process that takes the place of a dead one
goes on counting in its files. The kernel holds the number for the process and frees it when that ends, however it ends.
"""

import fcntl
import os
from pathlib import Path

from django.conf import settings
from prometheus_client import values
from prometheus_client.multiprocess import MultiProcessCollector


class _Held:
    """The number of this process, and the open file that holds it for as long as the process lives."""

    number = lock = None


def prepare():
    """Keep the metrics that are defined from now on in METRICS_FOLDER. Without that setting they stay in the process."""
    if settings.METRICS_FOLDER is not None:
        os.register_at_fork(after_in_child=_forget)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.METRICS_FOLDER)
        values.ValueClass = values.MultiProcessValue(process_number)


def process_number():
    """The number of this process among those that run and use the same folder; from 1."""
    if _Held.number is None:
        _take()
    return _Held.number


def _forget():
    _Held.number = _Held.lock = None


def _take():
    number = 0
    while _Held.number is None:
        number += 1
        lock = (settings.METRICS_FOLDER / f"{number}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            _Held.number, _Held.lock = number, lock


class Processes:
    """A collector of the metrics of all services: the folders beside METRICS_FOLDER, and that itself."""

    def collect(self):
        """The sums over all processes, as families of metrics."""
        files = [str(path) for path in Path(settings.METRICS_FOLDER).parent.glob("*/*.db") if path.stat().st_size]
        return MultiProcessCollector.merge(files)
