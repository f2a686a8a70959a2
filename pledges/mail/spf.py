"""Whether a domain's SPF record (RFC 7208) admits a server that sends its mail."""

import ipaddress

import dns.exception
import dns.resolver

# Look-ups that a record may cause (section 4.6.4).
MOST_LOOKUPS = 10


class Wrong(Exception):
    """The record cannot be used. The text says why."""


def record(resolver, domain):
    """The SPF record of a domain, or None. Raises Wrong if there are several: then receivers use none."""
    found = [text for text in texts(resolver, domain) if text.lower().split(" ")[0] == "v=spf1"]
    if len(found) > 1:
        raise Wrong(f"{domain} has {len(found)} SPF records and may have one: join them into one")
    return found[0] if found else None


def texts(resolver, name):
    """The TXT records of a name, [] without any. Raises dns.exception.DNSException if no server answers."""
    return [b"".join(answer.strings).decode("utf-8", "replace") for answer in answers(resolver, name, "TXT")]


def answers(resolver, name, kind):
    """The records of this kind, [] without any. Raises dns.exception.DNSException if no server answers."""
    try:
        return list(resolver.resolve(name, kind))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []


def admits(resolver, domain, address):
    """Whether the record of a domain lets this IP address send. Raises Wrong."""
    return _Check(resolver, ipaddress.ip_address(address)).run(domain) == "+"


class _Check:
    def __init__(self, resolver, address):
        self._resolver, self._address, self._lookups = resolver, address, 0

    def run(self, domain):
        """The qualifier of the first mechanism that matches: "+", "-", "~" or "?"; "?" without a record."""
        text = record(self._resolver, domain)
        redirect = None
        for term in (text or "").split()[1:]:
            if "=" in term and ":" not in term.partition("=")[0]:
                name, _sign, value = term.partition("=")
                redirect = value if name.lower() == "redirect" else redirect
                continue
            qualifier, mechanism = (term[0], term[1:]) if term[0] in "+-~?" else ("+", term)
            if self._matches(mechanism, domain):
                return qualifier
        return self._count(self.run, redirect) if redirect else "?"

    def _matches(self, mechanism, domain):
        mechanism, _slash, length = (
            mechanism.partition("/") if not mechanism.lower().startswith("ip") else (mechanism, "", "")
        )
        name, _colon, value = mechanism.partition(":")
        name, value = name.lower(), value or domain
        if name == "all":
            return True
        if name in ("ip4", "ip6"):
            return self._is_in(value)
        if name == "include":
            return self._count(self.run, value) == "+"
        if name == "a":
            return self._count(self._hosts_match, [value], length)
        if name == "mx":
            return self._count(self._exchanges_match, value, length)
        if name in ("exists", "ptr"):
            # Macros and names of clients: no record that this site asks for has them.
            return False
        raise Wrong(f"the SPF record of {domain} has the unknown word “{name}”")

    def _exchanges_match(self, domain, length):
        return self._hosts_match([str(answer.exchange) for answer in answers(self._resolver, domain, "MX")], length)

    def _hosts_match(self, names, length):
        kind = "A" if self._address.version == 4 else "AAAA"
        found = [answer.address for name in names for answer in answers(self._resolver, name, kind)]
        suffix = f"/{length.split('/')[0]}" if length and kind == "A" else ""
        return any(self._is_in(f"{address}{suffix}") for address in found)

    def _is_in(self, network):
        try:
            return self._address in ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise Wrong(f"“{network}” in the SPF record is no network") from error

    def _count(self, look_up, *arguments):
        self._lookups += 1
        if self._lookups > MOST_LOOKUPS:
            raise Wrong(
                f"the SPF record needs more than {MOST_LOOKUPS} look-ups, so receivers ignore it: remove an include"
            )
        return look_up(*arguments)
