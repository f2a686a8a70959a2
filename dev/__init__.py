"""Development tools: private PostgreSQL, bin/serve, bin/look, mail as files."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class DevError(Exception):
    """An error that the developer can correct. Its text says how, and is printed without a traceback."""
