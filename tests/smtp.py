"""A mail server of our own, on a free port: it answers as told and keeps what it took."""

import email.policy
import socketserver
import threading
from email import message_from_bytes

ANSWERS = {
    "EHLO": "250 mail.shembull.al",
    "AUTH": "235 welcome",
    "MAIL": "250 go on",
    "RCPT": "250 go on",
    "DATA": "250 taken",
    "RSET": "250 forgotten",
    "QUIT": "221 good bye",
}


class MailServer(socketserver.ThreadingTCPServer):
    """`answers` maps a verb, or a verb and an address, to a reply: None hangs up. `{address}` in it becomes the recipient,
    whom real servers like to quote. `taken` holds the accepted messages."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers, self.taken = {}, []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """From now on nobody listens on the port."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
            self.server_close()

    def mailers(self, **options):
        """What the setting MAILERS must be for mail to come here."""
        host, port = self.server_address
        options = {"host": host, "port": port, "timeout": 5} | options
        return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}

    def answer(self, verb, address):
        """The reply to this verb, or None."""
        reply = self.answers.get((verb, address), self.answers.get(verb, ANSWERS[verb]))
        return reply and reply.format(address=address)

    @property
    def recipients(self):
        """Whom the messages taken so far were for."""
        return [message["To"] for message in self.taken]


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        address = ""
        self._say("220 mail.shembull.al")
        for line in self.rfile:
            verb = line[:4].decode().upper()
            if verb == "RCPT":
                address = line.decode().partition("<")[2].partition(">")[0]
            if verb == "DATA":
                self._say("354 go on")
                message = self._read_message()
            answer = self.server.answer(verb, address)
            if answer is None:
                return
            if verb == "DATA" and answer.startswith("2"):
                self.server.taken.append(message)
            self._say(answer)
            if verb == "QUIT":
                return

    def _say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def _read_message(self):
        lines = iter(self.rfile.readline, b".\r\n")
        # A line that begins with a dot travels with a second one.
        whole = b"".join(line.removeprefix(b".") for line in lines)
        return message_from_bytes(whole.replace(b"\r\n", b"\n"), policy=email.policy.default)
