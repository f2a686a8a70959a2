"""Options of gunicorn wherever it runs the site. gunicorn reads this file from its working directory."""

import contextlib

worker_class = "gthread"
logger_class = "weare1.logs.GunicornLogger"


def post_worker_init(worker):
    """Limit the statements of this process, check keys and clock, and read content and figures.

    So the process can serve every page without the database. If the database is down now, the first requests read them.
    """
    # Importable once the application is loaded.
    from django.db import connections
    from django.urls import get_resolver

    from pledges import database
    from pledges.health import probes
    from pledges.serving import snapshot

    database.limit(database.WEB_OPTIONS)
    probes.check_start()
    # The addresses import the views, and these the parts of the content.
    _ = get_resolver().url_patterns
    with contextlib.suppress(*database.UNAVAILABLE):
        snapshot.shared()
    # The threads that answer requests have connections of their own.
    connections.close_all()
