"""A TCP proxy on a free port: the network between two parts of the site, which can be cut, blocked and slowed."""

import contextlib
import socket
import threading
import time

CHUNK_BYTES = 65536


class Proxy:
    """Forwards connections to `target`, the path of a Unix socket or (host, port).

    `delay` is the time in seconds that each chunk takes. `hold()` stops all traffic, without an error on either side.
    """

    def __init__(self, target):
        self.target = target
        self.delay = 0
        self._flows = threading.Event()
        self._flows.set()
        self._sockets = set()
        self._listener = None
        self.port = 0
        self.mend()

    @property
    def address(self):
        """(host, port) for clients."""
        return "127.0.0.1", self.port

    def cut(self):
        """Reset all connections and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener:
            # Wakes accept().
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.reset()

    def reset(self):
        """End all connections."""
        for each in self._sockets.copy():
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def hold(self):
        """Let nothing through. Connections stay open, and new ones are accepted."""
        self._flows.clear()

    def mend(self):
        """Undo cut(), hold() and `delay`."""
        self.delay = 0
        self._flows.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
            self.port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=[client], daemon=True).start()

    def _connect(self, client):
        server = socket.socket(socket.AF_UNIX if isinstance(self.target, str) else socket.AF_INET)
        try:
            server.connect(self.target)
        except OSError:
            client.close()
            server.close()
            return
        self._sockets |= {client, server}
        other = threading.Thread(target=self._forward, args=[server, client], daemon=True)
        other.start()
        self._forward(client, server)
        other.join()
        self._sockets -= {client, server}
        client.close()
        server.close()

    def _forward(self, source, sink):
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK_BYTES):
                time.sleep(self.delay)
                self._flows.wait()
                sink.sendall(chunk)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
