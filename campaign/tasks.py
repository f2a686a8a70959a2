"""Background tasks. Arguments are ids. No task raises: housekeeping enqueues failed work again.

Models enqueue these tasks, so this module looks models up in the app registry instead of importing them.
"""

import logging

from django.apps import apps
from django.tasks import task

logger = logging.getLogger(__name__)


@task
def make_sizes(picture_id):
    """Make the sizes of a picture if they are owed; harmless when they were made already."""
    picture = apps.get_model("campaign.Picture").objects.without_sizes().filter(pk=picture_id).first()
    if picture is None:
        return
    try:
        picture.make_sizes()
    except Exception as error:
        # A file that is gone, or a full disk: the picture is shown as it was uploaded, and tried again later.
        logger.error("sizes of picture %s: %s", picture_id, type(error).__name__)
