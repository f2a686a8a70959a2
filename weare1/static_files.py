"""Static files: style sheets joined into one, so that a page waits for one answer before it paints, and headers."""

import os
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import FileSystemStorage

# {sheet: those of static/css/ that it joins}. The page of help gets a small one.
JOINED = {"help.css": ["tokens", "base"], "site.css": ["tokens", "base", "components"]}
# What the counter loads. Sites that embed it by oEmbed, such as WordPress, sandbox its frame, so that its origin is not ours.
OF_THE_COUNTER = ("/static/css/counter.", "/static/css/tokens.", "/static/fonts/")


class JoinedSheets(FileSystemFinder):
    """Finds the JOINED sheets, which it writes where collectstatic may write."""

    def __init__(self, *args, **kwargs):
        self.folder = Path(settings.STATIC_ROOT, "joined")
        self.locations = [("", str(self.folder))]
        self.storages = {str(self.folder): FileSystemStorage(location=self.folder)}

    def list(self, ignore_patterns):
        self._join()
        return super().list(ignore_patterns)

    def find(self, path, **options):
        if path.removeprefix("css/") in JOINED:
            self._join()
        return super().find(path, **options)

    def check(self, **kwargs):
        """Its folder is no setting."""
        return []

    def _join(self):
        (self.folder / "css").mkdir(parents=True, exist_ok=True)
        for name, parts in JOINED.items():
            text = "\n".join((settings.BASE_DIR / "static" / "css" / f"{part}.css").read_text() for part in parts)
            sheet = self.folder / "css" / name
            if not sheet.exists() or sheet.read_text() != text:
                # Another process may read it.
                made = sheet.with_suffix(f".{os.getpid()}")
                made.write_text(text)
                made.replace(sheet)


def add_headers(headers, path, url):
    """Let pages of every origin load the files of the counter. WhiteNoise calls it for each file; nginx has deploy/nginx.conf."""
    if url.startswith(OF_THE_COUNTER):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
