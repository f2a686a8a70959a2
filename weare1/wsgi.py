"""The WSGI application for gunicorn."""

import os
import re

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")


def in_utf8(application):
    """Forms and addresses are UTF-8, whatever charset a header names.

    Some that Python knows decode no text at all, and Django would fail on them before any view or middleware is asked.
    """

    def wrapper(environ, start_response):
        kind = environ.get("CONTENT_TYPE", "")
        environ["CONTENT_TYPE"] = re.sub(r";\s*charset\b[^;]*", "", kind, flags=re.IGNORECASE)
        return application(environ, start_response)

    return wrapper


application = in_utf8(get_wsgi_application())
