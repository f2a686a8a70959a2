"""Background tasks. Arguments are ids. No task raises: housekeeping enqueues failed work again.

Models enqueue these tasks, so this module looks models up in the app registry instead of importing them.
"""

import logging

from django.apps import apps
from django.tasks import task

# The worker enqueues them every minute while some are due.
LINKS_PER_RUN = 5

logger = logging.getLogger(__name__)


@task
def make_sizes(picture_id):
    """Make the sizes of a picture. Idempotent: does nothing if they exist or the picture was deleted."""
    picture = apps.get_model("campaign.Picture").objects.without_sizes().filter(pk=picture_id).first()
    if picture is None:
        return
    try:
        picture.make_sizes()
    except Exception as error:
        # For example a missing file or a full disk. Until a later attempt succeeds, pages show the uploaded file.
        logger.error("sizes of picture %s: %s", picture_id, type(error).__name__)


@task
def visit_links():
    """Visit the addresses of the links that are due, a few at a time."""
    for link in apps.get_model("campaign.ExternalLink").objects.due()[:LINKS_PER_RUN]:
        try:
            link.visit()
        except Exception as error:
            logger.error("link %s: %s", link.pk, type(error).__name__)
