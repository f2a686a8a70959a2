"""Time that passes in the database without waiting."""

from django.db.models import DateTimeField, F
from django_tasks_db.models import DBTaskResult, get_date_max

from pledges.models import Attempt, Batch, BatchRow, BlockedAddress, Export, Message, MessageGrant, Pledge, Submission


def let_time_pass(time):
    """Move every time in the rows of these models into the past by a timedelta."""
    models = (Pledge, Submission, Message, MessageGrant, BlockedAddress, Attempt, Batch, BatchRow, Export, DBTaskResult)
    for model in models:
        for field in model._meta.fields:
            if isinstance(field, DateTimeField):
                # django-tasks stores "run immediately" as the maximal date, which must stay.
                rows = model.objects.exclude(**{field.name: get_date_max()})
                rows.update(**{field.name: F(field.name) - time})
