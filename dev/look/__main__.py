"""bin/look [folder]: starts the site with invented content on a database of its own and takes screenshots of all of it.

Every public page, the pages that a supporter meets and every picture, in both languages, at 360 and 1280 pixels, light and dark;
`index.html` in the folder shows them. A run over everything without a folder also renews docs/look.webp, the reduced sheet.
"""

import argparse
import asyncio
import contextlib
import io
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from dev import chromium, serve
from dev.cluster_files import ROOT
from dev.errors import DevError

FOLDER = ROOT / "var" / "look"
REDUCED = ROOT / "docs" / "look.webp"


def main(arguments=None):
    """The command line; returns the exit status or an error message."""
    parser = argparse.ArgumentParser(prog="bin/look", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, help="where they go (var/look); what bin/look left there is replaced"
    )
    parser.add_argument("--only", metavar="WORD", help="only pages whose name contains this word, such as help")
    options = parser.parse_args(arguments)
    # Everything that was started is stopped on SIGTERM too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    try:
        if not chromium.find():
            raise DevError(chromium.MISSING)
        folder = emptied(options.folder or FOLDER)
        with contextlib.ExitStack() as stack:
            site = stack.enter_context(demonstration(folder / "site.log"))
            failures = look(site, folder, options.only)
    except DevError as error:
        return str(error)
    except KeyboardInterrupt:
        return "Stopped."
    if not (options.folder or options.only):
        shutil.copyfile(folder / "look.webp", REDUCED)
        print(f"Renewed {REDUCED.relative_to(ROOT)}.")
    print(f"{folder / 'index.html'} after {time.monotonic() - began:.0f} seconds.")
    return "\n".join(["These failed:", *failures]) if failures else 0


def emptied(folder):
    """The folder without the files of an earlier run. Raises DevError if it is a folder of something else."""
    folder.mkdir(parents=True, exist_ok=True)
    left = [path for pattern in ("*.png", "site.log", "index.html", "look.webp") for path in folder.glob(pattern)]
    is_ours = not left or folder / "site.log" in left
    if not is_ours or set(folder.iterdir()) != set(left):
        raise DevError(f"{folder} holds other files: name an empty folder.")
    for path in left:
        path.unlink()
    return folder


@contextlib.contextmanager
def demonstration(log):
    """Run the site with invented content on a free port and a database of its own; yields its URL once it answers."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(serve.listen("127.0.0.1", 0))
        address = f"http://localhost:{listener.getsockname()[1]}"
        cluster = serve.private_cluster("look")
        database = stack.enter_context(cluster.running())
        os.environ |= {"DATABASE_URL": database, "DEV": "1", "SITE_URL": address}
        print("Filling the site …", flush=True)
        with contextlib.redirect_stdout(io.StringIO()):
            serve.prepare(True, cluster)
        process = serve.start_site(listener, stderr=stack.enter_context(log.open("w")))
        stack.callback(serve.stop, [process])
        while not serve.answers(listener.getsockname()):
            if process.poll() is not None:
                raise DevError(f"The site has ended by itself: see {log}.")
            time.sleep(serve.POLL_INTERVAL)
        yield address


def look(site, folder, only=None):
    """Take the screenshots and make both sheets; returns a sentence for each page that failed.

    `only` leaves out the pages whose name does not contain it, and the pictures that no page shows.
    """
    # They import models, which prepare() loads.
    from dev.look import pages, photos, sheet

    views = [view for view in pages.every(site) if not only or only in view.name]
    pictures = [] if only else pages.pictures()
    if not views:
        raise DevError(f"No page has {only} in its name.")
    album = asyncio.run(photos.take(site, views, pictures, folder))
    (folder / "index.html").write_text(sheet.html(album), encoding="utf-8")
    sheet.reduced(album, folder / "look.webp")
    print(f"{len(album.shots)} screenshots of {len(views)} pages, {len(album.pictures)} pictures.")
    return album.failures


if __name__ == "__main__":
    sys.exit(main())
