"""What happens later, in the worker. Arguments are ids, and no task raises: what failed is owed still (see housekeeping.py)."""

import logging

from django.tasks import task

logger = logging.getLogger(__name__)


@task
def make_sizes(picture_id):
    """Make the sizes of a picture if they are owed; harmless when they were made already."""
    from campaign.models import Picture

    picture = Picture.objects.owed_sizes().filter(pk=picture_id).first()
    if picture is None:
        return
    try:
        picture.make_sizes()
    except Exception as error:
        # A file that is gone, or a full disk: the picture is shown as it was uploaded, and tried again later.
        logger.error("sizes of picture %s: %s", picture_id, type(error).__name__)
