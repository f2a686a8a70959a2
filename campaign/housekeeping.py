"""Periodic work on pictures, materials, links, organisations and voices. Every function is idempotent."""

import shutil
import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from campaign.links.models import ExternalLink, visit_links
from campaign.organisations.models import Organisation
from campaign.pictures import files
from campaign.pictures.models import Picture, make_sizes
from campaign.voices.models import Voice

BATCH_SIZE = 100
# A task that failed, or was lost when a worker died, is enqueued again after this time.
RETRY_AFTER = timedelta(minutes=10)
# A younger folder may belong to an upload whose transaction is still open.
ORPHAN_MIN_AGE = timedelta(days=1)


def enqueue_sizes():
    """Enqueue pictures without sizes whose task was lost or failed; returns how many."""
    pending_ids = (
        DBTaskResult.objects.filter(task_path=make_sizes.module_path)
        .filter(Q(status=TaskResultStatus.READY) | Q(enqueued_at__gt=Now() - RETRY_AFTER))
        .values_list(KT("args_kwargs__args__0"), flat=True)
    )
    pictures = (
        Picture.objects.without_sizes()
        .agreed(timezone.localdate())
        .alias(key=Cast("pk", TextField()))
        .exclude(key__in=pending_ids)[:BATCH_SIZE]
    )
    for picture in pictures:
        make_sizes.enqueue(picture.pk)
    return len(pictures)


def check_links():
    """Note the links of the content to other sites, and enqueue the visits of those that are due; returns how many changed.

    A development machine does not visit the sites of others.
    """
    changed, path = ExternalLink.objects.collect(), visit_links.module_path
    is_due = not settings.DEV and ExternalLink.objects.due().exists()
    if is_due and not DBTaskResult.objects.ready().filter(task_path=path).exists():
        visit_links.enqueue()
    return changed


def delete_orphaned_files():
    """Delete the folders of uploads without a row, such as those of a rolled-back transaction; returns how many."""
    newest, used = time.time() - ORPHAN_MIN_AGE.total_seconds(), files.used_folders()
    folders = [folder for folder in files.stored_folders() if folder.stat().st_mtime < newest]
    orphans = [folder for folder in folders if folder.name not in used]
    for folder in orphans:
        shutil.rmtree(folder, ignore_errors=True)
    return len(orphans)


def withhold_pictures():
    """Take the files of pictures to which someone no longer agrees from their addresses, and put them back; returns how many."""
    agreed = set(Picture.objects.agreed(timezone.localdate()).values_list("pk", flat=True))
    return sum(picture.withhold(picture.pk not in agreed) for picture in Picture.objects.all())


def ask_organisations():
    """Ask the contacts of organisations whose year ends within a month whether to renew; returns how many."""
    due = Organisation.objects.due_to_be_asked().select_related("joining")[:BATCH_SIZE]
    return sum(organisation.joining.ask_to_renew() for organisation in due)


def end_organisations():
    """End those that were not renewed: the page hides them by then, and their contacts are erased; returns how many."""
    return sum(
        organisation.lapse() for organisation in Organisation.objects.originals().over().select_related("joining")
    )


def remove_voices():
    """Remove voices whose consent ended a month ago; returns how many."""
    return sum(
        bool(voice.remove())
        for voice in Voice.objects.originals()
        .over()
        .exclude(draft__was_public=False, owner=None)
        .select_related("owner")[:BATCH_SIZE]
    )


# The worker runs each step every minute. A failing step does not stop the others.
STEPS = [
    enqueue_sizes,
    check_links,
    delete_orphaned_files,
    withhold_pictures,
    ask_organisations,
    end_organisations,
    remove_voices,
]
