"""Background tasks. Arguments are ids. No task raises: housekeeping enqueues failed work again.

Models enqueue these tasks, so this module looks models up in the app registry instead of importing them.
"""

import logging

from django.apps import apps
from django.tasks import task

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
def check_link(link_id):
    """Visit the address of an ExternalLink, unless it is not due. What fails here is due again after an hour."""
    link = apps.get_model("campaign.ExternalLink").objects.filter(pk=link_id).first()
    if link is None or not link.claim():
        return
    try:
        link.visit()
    except Exception as error:
        logger.error("link %s: %s", link_id, type(error).__name__)
