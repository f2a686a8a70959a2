"""The references: an empty Django view, and a bare WSGI application that answers with the bytes and headers of the site."""

import os
from urllib.request import urlopen

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import re_path

# The middleware of `django-admin startproject`.
settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="the reference signs nothing",
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)


def empty(request):
    """An empty page, at every address."""
    return HttpResponse()


urlpatterns = [re_path("", empty)]
empty_view = get_wsgi_application()

ANSWERS = {}
# What gunicorn adds itself.
OF_SERVER = {"Server", "Date", "Connection"}


def bare(environ, start_response):
    """The response of the site that BARE_OF names at this address, when it was first asked for."""
    path = environ["PATH_INFO"]
    if path not in ANSWERS:
        with urlopen(os.environ["BARE_OF"] + path) as answer:
            headers = [each for each in answer.getheaders() if each[0] not in OF_SERVER]
            ANSWERS[path] = headers, [answer.read()]
    headers, body = ANSWERS[path]
    start_response("200 OK", headers)
    return body
