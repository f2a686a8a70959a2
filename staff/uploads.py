"""A form with files that arrives without a session: its words are read, so that they can be carried, and its files are not."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from staff import carried


class WithoutContent(FileUploadHandler):
    """Keeps the names of files. Stops at the first file of a form that no account has opened, before its content arrives.

    Forms say who opened them in their first fields (`staff/templatetags/carried_forms.py`), and fields have a limit of their
    own. So a stranger cannot make the site read a large body.
    """

    # Set by read_words().
    parser = None

    def new_file(self, *args, **kwargs):
        """Called at the head of a file."""
        super().new_file(*args, **kwargs)
        # The parser has no public attribute for the fields so far; checked against Django 6.1.
        if carried.opened_by(self.parser._post) is None:
            raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data, start):
        """Drop a part of a file."""
        return

    def file_complete(self, file_size):
        """The file without its content."""
        return UploadedFile(name=self.file_name, size=file_size)


def read_words(request):
    """Read `request.POST`, and the names in `request.FILES`, of a form that an account has opened; returns whether it is one."""
    handler = WithoutContent(request)
    try:
        handler.parser = MultiPartParser(request.META, request, [handler], request.encoding)
        request._post, request._files = handler.parser.parse()
    except (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        return False
    return carried.opened_by(request.POST) is not None
