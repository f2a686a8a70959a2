"""Mail backend for development: one .eml file per message, and a line on the terminal."""

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from django.core.mail.backends.base import BaseEmailBackend


class FolderBackend(BaseEmailBackend):
    """Writes each message to a file in `folder`. The file names sort by time."""

    def __init__(self, folder, **options):
        super().__init__(**options)
        self.folder = Path(folder)

    def send_messages(self, messages):
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in messages:
            path = self.folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{threading.get_native_id()}.eml"
            draft = path.with_suffix(".draft")
            draft.write_bytes(message.message().as_bytes())
            # Renamed when complete, so that a reader of the folder never sees a partial message.
            print(f"mail: {draft.rename(path)}", file=sys.stderr, flush=True)
        return len(messages)
