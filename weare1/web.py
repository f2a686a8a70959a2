"""gunicorn's worker for the site: its threads, and one more for `/healthz`, which answers while all others wait.

It also sets the limits of a web process (`pledges.database`).
"""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from socket import MSG_DONTWAIT, MSG_PEEK

from django.db import connection
from gunicorn.workers import gthread

from pledges import database, replica

HEALTH_REQUESTS = (b"GET /healthz ", b"HEAD /healthz ")
PEEKED_BYTES = max(map(len, HEALTH_REQUESTS))


class Worker(gthread.ThreadWorker):
    """A ThreadWorker that reads the first bytes of a request before it gives the connection to a thread.

    So a connection on which nothing was sent yet occupies no thread. Checked against gunicorn 27.0.
    """

    def init_process(self):
        """Start the thread of `/healthz` after the fork."""
        self.health_pool = ThreadPoolExecutor(1, thread_name_prefix="healthz")
        super().init_process()

    def load_wsgi(self):
        """Load the application, limit the statements of its database connections, check keys and clock, and watch the replica."""
        super().load_wsgi()
        database.limit(database.WEB_OPTIONS)
        # Imports models, which the application has loaded now.
        from pledges import starting

        starting.check()
        replica.start()
        # Each thread opens a connection of its own.
        connection.close()

    def enqueue_req(self, conn):
        """Give the connection to a thread, or wait for its first bytes."""
        try:
            begin = conn.sock.recv(PEEKED_BYTES, MSG_PEEK | MSG_DONTWAIT)
        except BlockingIOError:
            # With an earlier request on this connection the next one may have been read already.
            if not conn.initialized:
                self._wait_for_data(conn)
                return
            begin = b""
        except OSError:
            # The thread finds out and closes it.
            begin = b""
        conn.data_ready = True
        pool = self.health_pool if begin.startswith(HEALTH_REQUESTS) else self.tpool
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _wait_for_data(self, conn):
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + gthread.DEFAULT_WORKER_DATA_TIMEOUT + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))
