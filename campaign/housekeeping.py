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

BATCH_SIZE = 100
# A task that failed, or was lost when a worker died, is enqueued again after this time.
RETRY_AFTER = timedelta(minutes=10)
# A younger folder may belong to an upload whose transaction is still open.
ORPHAN_MIN_AGE = timedelta(days=1)


def enqueue_sizes():
    """Enqueue pictures without sizes whose task was lost or failed; returns how many."""
    pending_ids = (
        DBTaskResult.objects.filter(task_path=tasks.make_sizes.module_path)
        .filter(Q(status=TaskResultStatus.READY) | Q(enqueued_at__gt=Now() - RETRY_AFTER))
        .values_list(KT("args_kwargs__args__0"), flat=True)
    )
    pictures = (
        Picture.objects.without_sizes().alias(key=Cast("pk", TextField())).exclude(key__in=pending_ids)[:BATCH_SIZE]
    )
    for picture in pictures:
        tasks.make_sizes.enqueue(picture.pk)
    return len(pictures)


def delete_orphaned_files():
    """Delete the folders of uploads without a row, such as those of a rolled-back transaction; returns how many."""
    library = Path(default_storage.path(FOLDER))
    if not library.exists():
        return 0
    newest = time.time() - ORPHAN_MIN_AGE.total_seconds()
    folders = [folder for folder in library.iterdir() if folder.stat().st_mtime < newest]
    known = {name.split("/")[1] for name in Picture.objects.values_list("file", flat=True)}
    orphans = [folder for folder in folders if folder.name not in known]
    for folder in orphans:
        shutil.rmtree(folder, ignore_errors=True)
    return len(orphans)


# The worker runs each step every minute. A failing step does not stop the others.
STEPS = [enqueue_sizes, delete_orphaned_files]
