"""The IP address and network of a request, for rate limits."""

import ipaddress

from django.conf import settings


def client_address(request):
    """The visitor's IP address as text, or "" if it is unknown.

    X-Forwarded-For is read from the right and only through the proxies of TRUSTED_PROXIES ("unix" is a Unix socket), so a
    visitor cannot forge it.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    address = request.META.get("REMOTE_ADDR") or "unix"
    while address in settings.TRUSTED_PROXIES and hops:
        address = hops.pop()
    return "" if address == "unix" else address


def network(request):
    """The visitor's network as text: an IPv4 address, or the /64 of an IPv6 address. None if it is unknown."""
    try:
        address = ipaddress.ip_address(client_address(request))
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def site_prefix(network):
    """The /48 around an IPv6 network, as text: the prefix that one customer site often gets (RFC 6177). None for IPv4."""
    return str(ipaddress.ip_network(network).supernet(new_prefix=48)) if ":" in network else None
