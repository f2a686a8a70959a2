"""The other reference: a bare WSGI application that answers with the bytes and headers of the site, which BARE_OF names."""

import os
from urllib.request import urlopen

ANSWERS = {}
# What gunicorn adds itself.
OF_SERVER = {"Server", "Date", "Connection"}


def application(environ, start_response):
    """The response of the site at this address when it was first asked for."""
    path = environ["PATH_INFO"]
    if path not in ANSWERS:
        with urlopen(os.environ["BARE_OF"] + path) as answer:
            headers = [each for each in answer.getheaders() if each[0] not in OF_SERVER]
            ANSWERS[path] = headers, [answer.read()]
    headers, body = ANSWERS[path]
    start_response("200 OK", headers)
    return body
