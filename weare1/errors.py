"""The error pages 500 and 503. They need no database."""

import logging
import sys
from math import ceil

from django.db import connections
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.csrf import requires_csrf_token

from pledges import database, metrics
from pledges.crypto.models import Closed
from pledges.serving import snapshot

logger = logging.getLogger(__name__)

# When a program should ask again; later while keys are being changed.
RETRY_SECONDS = 60


def is_unavailable(error):
    """Whether the site cannot do now what was asked: because of the database, or while keys are being changed."""
    return database.is_unavailable(error) or isinstance(error, Closed)


def unavailable(error):
    """The 503 page for an error of the database, whose connections are closed, or while keys are being changed."""
    context, wait = {}, RETRY_SECONDS
    if isinstance(error, Closed):
        context = {"opens_at": error.opens_at}
        wait = max(wait, ceil((error.opens_at - timezone.now()).total_seconds()))
    else:
        # Without an SQLSTATE the words are those of the client library about the connection: they hold no value of a row.
        reason = database.sqlstate(error) or " ".join(str(error).split())
        logger.error("the database does not work: %s %s", type(error).__name__, reason)
        if database.refuses_writes(error):
            snapshot.close_forms()
        connections.close_all()
    response = _page("503.html", 503, LANGUAGE_CODE=translation.get_language(), **context)
    response.headers["Retry-After"] = str(wait)
    return response


@requires_csrf_token
def server_error(request):
    """The page for an exception that nothing has caught: 503 for the database, as of middleware, else 500."""
    error = sys.exception()
    if is_unavailable(error):
        return unavailable(error)
    metrics.EXCEPTIONS.labels(metrics.view_of(request)).inc()
    return _page("500.html", 500)


def _page(template, status, **context):
    # Rendered without the request, because its context processors query the database.
    return HttpResponse(render_to_string(template, context), status=status)
