"""Checks the DNS records of the mail domain and the mail server, and says which record to set."""

import dns.exception
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pledges.crypto import news_links
from pledges.mail import records, server_check

MARKS = {True: "right", False: "WRONG", None: "  –  "}


class Command(BaseCommand):
    """manage.py check_mail DOMAIN [--selector NAME] [--ip ADDRESS] [--nameserver HOST:PORT]"""

    help = "Check SPF, DKIM, DMARC, reverse DNS and TLS of the mail domain, and say which record to set."

    def add_arguments(self, parser):
        parser.add_argument(
            "domain", nargs="?", default=settings.MAIL_DOMAIN, help="what stands after the @ of the sender"
        )
        parser.add_argument("--selector", help="the name of the DKIM key, which the mail provider tells you")
        parser.add_argument(
            "--ip", action="append", help="the IP address from which mail is sent, if it is not that of MAIL_URL"
        )
        parser.add_argument("--nameserver", default="", help="ask this name server (IP address, or IP:PORT)")

    def handle(self, domain, selector, ip, nameserver, **options):
        host, _colon, port = nameserver.partition(":")
        resolver = records.resolver(host, int(port or 53)) if host else records.resolver()
        servers = [mailer["OPTIONS"] for mailer in settings.MAILERS.values() if "host" in mailer["OPTIONS"]]
        try:
            self._wrong = 0
            addresses = ip or [
                address for server in servers for address in records.addresses_of(resolver, server["host"])
            ]
            self._check("SPF", records.sender(resolver, self._envelope_domain(domain), addresses))
            self._check("DKIM", records.signature(resolver, domain, selector))
            self._check("DMARC", records.policy(resolver, domain))
            self._check("reverse DNS", records.names(resolver, addresses))
            self._check("news", [news_header()])
            if settings.BOUNCE_ADDRESS:
                self._check("way back", records.way_back(resolver, self._envelope_domain(domain)))
        except dns.exception.DNSException as error:
            raise CommandError(
                f"No name server answers ({type(error).__name__}). Try again, or use --nameserver."
            ) from error
        for server in servers:
            self._check("TLS", server_check.transport(server["host"], server["port"], server.get("use_ssl", False)))
        if self._wrong:
            raise CommandError(f"{self._wrong} to correct. A changed record takes up to a day until all see it.")
        self.stdout.write("All is right.")

    def _envelope_domain(self, domain):
        """The domain of the return address, which SPF is about."""
        return settings.BOUNCE_ADDRESS.partition("@")[2] if settings.BOUNCE_ADDRESS else domain

    def _check(self, name, found):
        for is_right, sentence in found:
            self.stdout.write(f"{MARKS[is_right]}  {name}: {sentence}")
            self._wrong += is_right is False


def news_header():
    """(is it right, sentence) about the header of news by email that ends them."""
    excess = news_links.excess()
    if excess <= 0:
        return True, "the header List-Unsubscribe fits in one line"
    most = len(settings.SITE_URL) - excess
    return (
        False,
        "the header List-Unsubscribe is longer than a line, and servers that fold it break the DKIM signature: use a "
        f"SITE_URL of at most {most} characters",
    )
