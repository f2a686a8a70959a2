"""What staff see and do: one module per concept. What all of them share is in `base`."""

# Imported first, so that it has registered what is unregistered below, whatever the order of the apps.
import django_tasks_db.admin  # noqa: F401
from django.contrib import admin
from django_tasks_db.models import DBTaskResult

from pledges.admin import (
    addresses,
    batches,
    exports,
    message_texts,
    messages,
    places,
    pledges,
    sectors,
    settings,
    wall,
    wordings,
)

__all__ = [
    "addresses",
    "batches",
    "exports",
    "message_texts",
    "messages",
    "places",
    "pledges",
    "sectors",
    "settings",
    "wall",
    "wordings",
]

# Records of the worker for engineers, in English only; what staff need of them are the messages.
admin.site.unregister(DBTaskResult)
