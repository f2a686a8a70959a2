"""The WSGI application for gunicorn."""

import os
import re

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
django_application = get_wsgi_application()

# Import models, which are loaded now.
from weare1.cache import Cache  # noqa: E402
from weare1.deadline import Deadline  # noqa: E402


def ignore_charset(application):
    """WSGI middleware: remove the charset from Content-Type, so that every request is decoded as UTF-8.

    Some codecs of Python do not decode text ("base64", for example). Django would raise on them before any middleware runs.
    """

    def wrapper(environ, start_response):
        content_type = environ.get("CONTENT_TYPE", "")
        environ["CONTENT_TYPE"] = re.sub(r";\s*charset\b[^;]*", "", content_type, flags=re.IGNORECASE)
        return application(environ, start_response)

    return wrapper


application = Deadline(Cache(ignore_charset(django_application)))
