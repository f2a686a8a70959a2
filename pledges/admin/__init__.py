"""The admin of pledges: one module per concept; what several of them share is in `base`."""

# Imported first: its registration of DBTaskResult must precede its removal below, in any order of INSTALLED_APPS.
import django_tasks_db.admin  # noqa: F401
from django.contrib import admin
from django_tasks_db.models import DBTaskResult

from pledges.admin import (
    addresses,
    audit_words,
    batches,
    commitments,
    data_requests,
    disclosures,
    enquiries,
    events,
    exports,
    goals,
    groups,
    mailings,
    message_texts,
    messages,
    paper,
    places,
    pledges,
    sectors,
    settings,
    submissions,
    wall,
    wordings,
)

# Task results serve engineers and are in English only; staff see the messages instead.
admin.site.unregister(DBTaskResult)
