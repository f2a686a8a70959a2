"""An IMAP server on a free port with one mailbox, as far as `pledges.returns.mailbox` uses it."""

import re
import socketserver
import threading

USER = "bounce@shembull.al"


class Mailbox(socketserver.ThreadingTCPServer):
    """`mails` is {uid: bytes}. `deleted` has the uids that were marked, `last` is the last one given."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails, self.deleted, self.last = {}, set(), 0
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def options(self):
        """The value of the setting BOUNCE_MAILBOX."""
        host, port = self.server_address
        return {"host": host, "port": port, "user": USER, "password": "secret", "is_tls": False}

    def put(self, *mails):
        """Deliver mails, given as bytes."""
        for mail in mails:
            self.last += 1
            self.mails[self.last] = mail


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        self._send(b"* OK ready")
        for line in self.rfile:
            tag, _space, command = line.decode().strip().partition(" ")
            words = command.upper().split()
            name = " ".join(words[:2]) if words[0] == "UID" else words[0]
            status = self._answer(name, command)
            self._send(f"{tag} {status} done".encode())
            if name == "LOGOUT":
                return

    def _answer(self, name, command):
        """Answer a command; returns its status."""
        if name == "LOGIN":
            return "OK" if '"secret"' in command else "NO"
        answer = getattr(self, f"_{name.lower().replace(' ', '_')}", None)
        if answer:
            answer(command)
        return "OK"

    def _capability(self, _command):
        self._send(b"* CAPABILITY IMAP4rev1")

    def _select(self, _command):
        self._send(f"* {len(self.server.mails)} EXISTS".encode())

    def _uid_search(self, _command):
        uids = sorted(set(self.server.mails) - self.server.deleted)
        self._send(" ".join(["* SEARCH", *map(str, uids)]).encode())

    def _uid_fetch(self, command):
        uid, longest = map(int, re.search(r"(\d+) .*<0\.(\d+)>", command).groups())
        data = self.server.mails[uid][:longest]
        self._send(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(data)}}}".encode())
        self.wfile.write(data + b")\r\n")

    def _uid_store(self, command):
        self.server.deleted.add(int(command.split()[2]))

    def _expunge(self, _command):
        for uid in self.server.deleted:
            self.server.mails.pop(uid, None)

    def _logout(self, _command):
        self._send(b"* BYE")

    def _send(self, line):
        self.wfile.write(line + b"\r\n")
