"""Options of gunicorn wherever it runs the site. gunicorn reads this file from its working directory."""

import contextlib

worker_class = "weare1.web.Worker"
logger_class = "weare1.logs.GunicornLogger"


def post_worker_init(worker):
    """Read all content and figures before the first request, so that this process can serve every page without the database.

    If the database is down now, the first requests read them.
    """
    # Importable once the application is loaded.
    from django.db import connections
    from django.urls import get_resolver

    from pledges import snapshot
    from pledges.database import UNAVAILABLE

    # The addresses import the views, and these the parts of the content.
    _ = get_resolver().url_patterns
    with contextlib.suppress(*UNAVAILABLE):
        for depth in snapshot.Depth:
            snapshot.read(depth)
            snapshot.read_for_public(depth)
    # The threads that answer requests have connections of their own.
    connections.close_all()
