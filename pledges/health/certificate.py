"""The TLS certificate that the site serves, as a browser sees it."""

import logging
import socket
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

logger = logging.getLogger(__name__)

# A certificate that ends sooner was not renewed: certbot renews 30 days before the end.
ENDS_SOON = timedelta(days=21)
READ_INTERVAL = timedelta(hours=1)
# After a failure.
RETRY_INTERVAL = timedelta(minutes=5)
TIMEOUT = 5  # seconds


def is_served():
    """Whether this site has a certificate: it is served by https and is not a development server."""
    return settings.SECURE_SITE and not settings.DEV


def read_end():
    """When the certificate of SITE_URL ends, or None if it cannot be read or is not valid for this host now."""
    parts = urlsplit(settings.SITE_URL)
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), timeout=TIMEOUT) as connection,
            context.wrap_socket(connection, server_hostname=parts.hostname) as secured,
        ):
            return datetime.fromtimestamp(ssl.cert_time_to_seconds(secured.getpeercert()["notAfter"]), UTC)
    except OSError as error:
        logger.error("certificate of %s: %s", parts.hostname, getattr(error, "verify_message", type(error).__name__))
        return None
