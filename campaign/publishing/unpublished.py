"""The public page of a row as it would be after a change, which is rolled back. Previews of drafts show it."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.db import OperationalError, connection
from django.http import Http404, HttpRequest
from django.urls import resolve
from django.utils import translation
from django.utils.translation import gettext as _

from pledges.serving import snapshot
from staff.admin.draft_preview import CannotShow
from staff.trials import trial

# A preview never makes a form or another editor wait for long.
TIMEOUTS = "SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '5s'"
# The frame shows one page: its links lead nowhere, and its sandbox runs no script.
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
LINK = re.compile(r"(<a\b[^>]*?)\shref=(?:\"[^\"]*\"|[^\s>]*)")


def render_unpublished(change, page_of, language):
    """The HTML of the page, without the targets of its links. `change()` writes and returns the row, `page_of(row)` its path.

    Raises CannotShow.
    """
    try:
        with trial(), translation.override(language):
            with connection.cursor() as cursor:
                cursor.execute(TIMEOUTS)
            row = change()
            with snapshot.unpublished():
                page = _render(page_of(row), language)
    except OperationalError as error:
        raise CannotShow([_("Someone is saving this at the moment. Load the preview again.")]) from error
    return LINK.sub(r"\1", SCRIPT.sub("", page))


def _render(path, language):
    if path is None:
        raise CannotShow([_("No page of the site shows this.")])
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.META |= {
        "HTTP_HOST": urlsplit(settings.SITE_URL).netloc,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SCRIPT_NAME": "",
    }
    request.environ, request.LANGUAGE_CODE = request.META, language
    request.resolver_match = match = resolve(path)
    try:
        response = match.func(request, *match.args, **match.kwargs)
    except Http404 as error:
        raise CannotShow([_("The public does not see this yet: no page shows it.")]) from error
    if response.status_code != 200:
        raise CannotShow([_("The public does not see this yet: no page shows it.")])
    return response.content.decode()
