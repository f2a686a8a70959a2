"""An SMTP server on a free port, with configurable replies, that keeps the accepted messages."""

import email.policy
import socket
import socketserver
import threading
import time
from email import message_from_bytes

REPLIES = {
    "EHLO": "250 mail.shembull.al",
    "AUTH": "235 authenticated",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "250 accepted",
    "RSET": "250 reset",
    "QUIT": "221 good bye",
}


class MailServer(socketserver.ThreadingTCPServer):
    """`replies` maps a verb, or a verb and an address, to a reply; None closes the connection. `{address}` in a reply becomes
    the recipient, as real servers quote it. `accepted` has the accepted messages, `written` their bytes, `senders` their return
    addresses, `sockets` those of all connections.

    A message takes `delay` seconds. A connection ends (421) after `messages_per_connection`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Session)
        self.replies, self.written, self.accepted, self.senders = {}, [], [], []
        self.delay, self.messages_per_connection = 0, 1000
        self.sockets = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Close the port."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
            self.server_close()

    @property
    def connections(self):
        """How many connections clients have made."""
        return len(self.sockets)

    @property
    def open_connections(self):
        """Those that have not ended on either side."""
        return [client for client in self.sockets if client.fileno() != -1]

    def hang_up(self):
        """Close the connections of all clients."""
        for client in self.open_connections:
            client.shutdown(socket.SHUT_RDWR)

    def mailers(self, **options):
        """The value of the setting MAILERS that sends mail to this server."""
        host, port = self.server_address
        options = {"host": host, "port": port, "timeout": 30} | options
        return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}

    def reply_to(self, verb, address):
        """The reply to this verb, or None."""
        reply = self.replies.get((verb, address), self.replies.get(verb, REPLIES[verb]))
        return reply and reply.format(address=address)

    @property
    def recipients(self):
        """The recipients of the accepted messages, in order."""
        return [message["To"] for message in self.accepted]


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        address, sender, sent = "", "", 0
        self.server.sockets.append(self.request)
        self._send("220 mail.shembull.al")
        for line in self.rfile:
            verb = line[:4].decode().upper()
            if verb == "MAIL" and sent == self.server.messages_per_connection:
                self._send("421 4.7.0 too many messages in this connection")
                return
            if verb == "MAIL":
                sender = line.decode().partition("<")[2].partition(">")[0]
            if verb == "RCPT":
                address = line.decode().partition("<")[2].partition(">")[0]
            if verb == "DATA":
                self._send("354 go ahead")
                written = self._read_message()
                if written is None:
                    return
                sent += 1
                time.sleep(self.server.delay)
            reply = self.server.reply_to(verb, address)
            if reply is None:
                return
            if verb == "DATA" and reply.startswith("2"):
                message = message_from_bytes(written.replace(b"\r\n", b"\n"), policy=email.policy.default)
                self.server.written.append(written)
                self.server.accepted.append(message)
                self.server.senders.append(sender)
            self._send(reply)
            if verb == "QUIT":
                return

    def _send(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def _read_message(self):
        """The bytes of the message, or None if the client vanishes before its end."""
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                # Undo the dot stuffing of RFC 5321, section 4.5.2.
                return b"".join(line.removeprefix(b".") for line in lines)
            lines.append(line)
        return None
