"""What a draft would change, tried in a transaction that is rolled back. The files that it would write stay in memory."""

from base64 import b64encode
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.files.storage import FileSystemStorage
from django.db import transaction

# {name: content} of the files of a trial; None outside of one.
_files = ContextVar("files of a trial", default=None)


@contextmanager
def trial():
    """A transaction that is rolled back at the end of the block, and whose files are not written."""
    token = _files.set({})
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        _files.reset(token)


class MediaStorage(FileSystemStorage):
    """The uploads of the site. In a trial, the address of a picture that is not written is its content."""

    def _save(self, name, content):
        files = _files.get()
        if files is None:
            return super()._save(name, content)
        files[name] = content.read()
        return name

    def url(self, name):
        """The address of a file."""
        content = (_files.get() or {}).get(name)
        # All pictures that pages show of a draft are WebP; its other files are only links, which a preview does not have.
        if content is None or not name.endswith(".webp"):
            return super().url(name)
        return f"data:image/webp;base64,{b64encode(content).decode()}"
