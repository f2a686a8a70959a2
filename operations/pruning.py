"""Deleting old backups, and the WAL and erasures that no kept backup needs."""

from datetime import UTC, datetime, timedelta

from operations import files, offsite

# Backups are made once a day, so one that is not deleted now would be a day too old at the next run.
INTERVAL = timedelta(days=1)
# For clocks that were set back.
MARGIN = timedelta(days=1)


def prune(settings):
    """Delete what is no longer needed. The newest good backup stays, also when it is too old."""
    oldest_wanted = datetime.now(UTC) - timedelta(days=settings.keep_days) + INTERVAL
    systems = {folder: files.bases(folder) for folder in settings.folder.iterdir() if folder.name.isdecimal()}
    newest = max((found[-1] for found in systems.values() if found), default=None)
    for folder, found in systems.items():
        kept = [base for base in found if base.moment >= oldest_wanted or base == newest]
        old = [path for base in found if base not in kept for path in reversed(base.files)]
        # Without a backup nothing can be restored, but the first one may be under way, which needs the WAL.
        if kept:
            old += _old_wal(folder, kept) + _old_erasures(folder, kept[0].moment - MARGIN)
        elif found:
            old += [path for path in folder.glob("*/*.age") if path not in old]
        offsite.delete(settings, old)


def _old_wal(folder, kept):
    first = min(files.segment_number(base.start) for base in kept)
    # History files stay: they are small, and PostgreSQL numbers timelines by them.
    segments = [path for path in (folder / "wal").glob("*.age") if ".history-" not in path.name]
    return [path for path in segments if files.segment_number(path.name) < first]


def _old_erasures(folder, until):
    return [path for path in (folder / "erasures").glob("*.age") if time_of(path) < until]


def time_of(path):
    """When a file of erasures was written."""
    return files.read_time(path.name.partition("-")[0])
