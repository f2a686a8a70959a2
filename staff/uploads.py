"""A form with files that arrives without a session: its words are read, so that they can be carried, and its files are not.

The body is read only if a cookie says that an account has opened such a form in this browser. It arrives in the head of the
request, so a stranger cannot make the site wait for a large body. It opens nothing else.
"""

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

COOKIE = "uploads"
# A form may be open for a day, or half a day if the browser had the cookie already.
MAX_AGE_SECONDS = 24 * 3600
RENEWED_AFTER_SECONDS = MAX_AGE_SECONDS // 2


class WithoutContent(FileUploadHandler):
    """Keeps the names of files, and drops what is in them."""

    def receive_data_chunk(self, raw_data, start):
        """Drop a part of a file."""
        return

    def file_complete(self, file_size):
        """The file without its content."""
        return SimpleUploadedFile(self.file_name, b"")


def allow(request, response):
    """Set the cookie in the response that shows a form with files, unless the browser has one that is fresh enough.

    Pages of staff vary by cookie. If the answer to a POST changed it, the back button would not find that answer in the cache.
    """
    if request.get_signed_cookie(COOKIE, None, salt=COOKIE, max_age=RENEWED_AFTER_SECONDS) == str(request.user.pk):
        return
    response.set_signed_cookie(
        COOKIE,
        request.user.pk,
        salt=COOKIE,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def is_allowed(request):
    """Whether an account has opened a form with files in this browser. The words of this request may be read then."""
    try:
        request.get_signed_cookie(COOKIE, salt=COOKIE, max_age=MAX_AGE_SECONDS)
    except (KeyError, signing.BadSignature):
        return False
    request.upload_handlers = [WithoutContent(request)]
    return True
