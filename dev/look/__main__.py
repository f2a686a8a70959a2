"""bin/look [folder]: starts the site with invented content on a database of its own and takes screenshots of all of it.

Every public page, the pages that a supporter meets and every picture, in both languages, at 360 and 1280 pixels, light and dark;
`index.html` in the folder shows them.
"""

import argparse
import contextlib
import io
import os
import signal
import sys
import time
from pathlib import Path

from dev import ROOT, DevError, chromium, serve
from dev.processes import answers, stop

FOLDER = ROOT / "var" / "look"


def main():
    """The command line; returns the exit status or an error message."""
    parser = argparse.ArgumentParser(prog="bin/look", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, help="where they go (var/look); what bin/look left there is replaced"
    )
    parser.add_argument("--only", metavar="WORD", help="only pages whose name contains this word, such as help")
    options = parser.parse_args()
    # Everything that was started is stopped on SIGTERM too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    try:
        if not chromium.find():
            raise DevError(chromium.MISSING)
        folder = emptied(options.folder or FOLDER)
        with demonstration(folder / "site.log") as site:
            # It imports models, which demonstration() loads.
            from dev.look import album

            failures = album.take_all(site, folder, options.only)
    except DevError as error:
        return str(error)
    except KeyboardInterrupt:
        return "Stopped."
    print(f"{folder / 'index.html'} after {time.monotonic() - began:.0f} seconds.")
    return "\n".join(["These failed:", *failures]) if failures else 0


def emptied(folder):
    """The folder without the files of an earlier run. Raises DevError if it is a folder of something else."""
    folder.mkdir(parents=True, exist_ok=True)
    left = [path for pattern in ("*.png", "site.log", "index.html") for path in folder.glob(pattern)]
    is_ours = not left or folder / "site.log" in left
    if not is_ours or set(folder.iterdir()) != set(left):
        raise DevError(f"{folder} holds other files: name an empty folder.")
    for path in left:
        path.unlink()
    return folder


@contextlib.contextmanager
def demonstration(log):
    """Run the site with invented content on a free port and a database of its own; yields its URL once it answers."""
    with serve.listen("127.0.0.1", 0) as listener, serve.private_cluster("look") as cluster, log.open("w") as output:
        address = os.environ["SITE_URL"] = f"http://localhost:{listener.getsockname()[1]}"
        print("Filling the site …", flush=True)
        with contextlib.redirect_stdout(io.StringIO()):
            serve.prepare(True, cluster)
        process = serve.start_site(listener, stderr=output)
        try:
            while not answers(listener.getsockname()):
                if process.poll() is not None:
                    raise DevError(f"The site has ended by itself: see {log}.")
                time.sleep(serve.POLL_INTERVAL)
            yield address
        finally:
            stop([process])


if __name__ == "__main__":
    sys.exit(main())
