"""A name server on a free port that answers from a dictionary."""

import socketserver
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset


class NameServer(socketserver.ThreadingUDPServer):
    """`records` is {(name, type): [text]}, such as {("shembull.al", "MX"): ["10 mx.shembull.al."]}. Others do not exist."""

    daemon_threads = True

    def __init__(self, records):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.records = records
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def resolver(self):
        """A resolver that asks this server only."""
        found = dns.resolver.Resolver(configure=False)
        host, found.port = self.server_address
        found.nameservers = [host]
        return found


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data, socket = self.request
        query = dns.message.from_wire(data)
        [question] = query.question
        name, kind = str(question.name).rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        found = self.server.records.get((name, kind))
        if found:
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        elif name not in {known for known, _kind in self.server.records}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)
