"""Time that passes in the database, so that no test waits for it."""

from django.db.models import DateTimeField, F
from django_tasks_db.models import DBTaskResult, get_date_max

from pledges.models import Attempt, Batch, BatchRow, BlockedAddress, Export, Message, Pledge


def let_time_pass(time):
    """Move all that was written so far into the past."""
    for model in (Pledge, Message, BlockedAddress, Attempt, Batch, BatchRow, Export, DBTaskResult):
        for field in model._meta.fields:
            if isinstance(field, DateTimeField):
                # "At once" is written as the end of time, and stays there.
                rows = model.objects.exclude(**{field.name: get_date_max()})
                rows.update(**{field.name: F(field.name) - time})
