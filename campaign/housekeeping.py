"""Periodic work on pictures. Every function is idempotent."""

import shutil
import time
from datetime import timedelta
from pathlib import Path

from django.core.files.storage import default_storage
from django.db.models import Q, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from campaign import tasks
from campaign.models import Picture
from campaign.models.pictures import FOLDER

BATCH = 100
# Whether it was lost with a worker or failed: it is tried again after so long.
AGAIN_AFTER = timedelta(minutes=10)
KEEP_LOST_FILES = timedelta(days=1)


def enqueue_sizes():
    """Enqueue pictures whose sizes are owed and whose task was lost or failed; returns how many."""
    under_way = (
        DBTaskResult.objects.filter(task_path=tasks.make_sizes.module_path)
        .filter(Q(status=TaskResultStatus.READY) | Q(enqueued_at__gt=Now() - AGAIN_AFTER))
        .values_list(KT("args_kwargs__args__0"), flat=True)
    )
    owed = Picture.objects.without_sizes().alias(key=Cast("pk", TextField())).exclude(key__in=under_way)[:BATCH]
    for picture in owed:
        tasks.make_sizes.enqueue(picture.pk)
    return len(owed)


def sweep():
    """Remove files of uploads that never became a row, such as those of a transaction that failed; returns how many."""
    library = Path(default_storage.path(FOLDER))
    late = time.time() - KEEP_LOST_FILES.total_seconds()
    folders = [each for each in library.iterdir() if each.stat().st_mtime < late] if library.exists() else []
    known = {name.split("/")[1] for name in Picture.objects.values_list("file", flat=True)}
    lost = [folder for folder in folders if folder.name not in known]
    for folder in lost:
        shutil.rmtree(folder, ignore_errors=True)
    return len(lost)


# What the worker runs every minute, one by one.
STEPS = [enqueue_sizes, sweep]
