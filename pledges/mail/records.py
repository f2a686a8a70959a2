"""Whether the DNS records of a mail domain are right: SPF, DKIM, DMARC, reverse DNS, and the way back.

Each check yields (is_right, sentence). A sentence about what is wrong says which record to set.
"""

import base64
import binascii
import ipaddress

import dns.resolver
import dns.reversename
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pledges.mail import spf
from pledges.mail.spf import answers, texts

# In bits. Shorter keys are ignored by receivers.
SHORTEST_RSA, GOOD_RSA = 1024, 2048


def resolver(nameserver=None, port=53):
    """A resolver of this machine's name servers, or of the one with this IP address."""
    found = dns.resolver.Resolver(configure=nameserver is None)
    if nameserver:
        found.nameservers, found.port = [nameserver], port
    found.lifetime = 5
    return found


def sender(resolver, domain, addresses):
    """SPF: whether receivers accept mail of this domain from the servers with these IP addresses."""
    try:
        record = spf.record(resolver, domain)
        if record is None:
            terms = " ".join(f"ip{ipaddress.ip_address(address).version}:{address}" for address in addresses)
            yield False, f"set a TXT record for {domain}: v=spf1 {terms or 'include:YOUR-PROVIDER'} ~all"
            return
        yield True, f"{domain} has the record “{record}”"
        for address in addresses:
            if spf.admits(resolver, domain, address):
                yield True, f"it admits the mail server {address}"
            else:
                version = ipaddress.ip_address(address).version
                yield False, f"it does not admit the mail server {address}: add ip{version}:{address} before “all”"
        if not record.lower().endswith(("-all", "~all")) and "redirect=" not in record.lower():
            yield False, "it must end with ~all, or anyone may send in your name"
    except spf.Wrong as error:
        yield False, str(error)


def signature(resolver, domain, selector):
    """DKIM: whether receivers find the key of the signatures."""
    if not selector:
        yield None, "not checked: give --selector, the name of the key that your mail provider tells you"
        return
    name = f"{selector}._domainkey.{domain}"
    found = [text for text in texts(resolver, name) if "p=" in text]
    if not found:
        yield (
            False,
            f"there is no key at {name}: set the record that your mail provider shows, or turn DKIM on there",
        )
        return
    tags = _tags(found[0])
    if not tags.get("p"):
        yield False, f"the key at {name} is revoked (p= is empty): set the one that your mail provider shows now"
        return
    yield _key(name, tags)


def _key(name, tags):
    if tags.get("k", "rsa") == "ed25519":
        return True, f"there is a key at {name}"
    try:
        key = load_der_public_key(base64.b64decode(tags["p"]))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return False, f"the key at {name} cannot be read: copy the record again, whole and without line breaks"
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SHORTEST_RSA:
        return False, f"the key at {name} is too short: have your mail provider make one of {GOOD_RSA} bits"
    if key.key_size < GOOD_RSA:
        return True, f"there is a key of {key.key_size} bits at {name}; {GOOD_RSA} are better"
    return True, f"there is a key of {key.key_size} bits at {name}"


def policy(resolver, domain):
    """DMARC: what receivers do with mail in the name of the domain that is neither signed nor admitted."""
    found = [
        text for text in texts(resolver, f"_dmarc.{domain}") if text.lower().replace(" ", "").startswith("v=dmarc1")
    ]
    wanted = f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}"
    if not found:
        yield False, f"set a TXT record for _dmarc.{domain}: {wanted}"
    elif len(found) > 1:
        yield False, f"_dmarc.{domain} has {len(found)} records and may have one, so receivers use none"
    elif (policy := _tags(found[0]).get("p", "").lower()) not in ("none", "quarantine", "reject"):
        yield False, f"the record of _dmarc.{domain} has no valid p=: {wanted}"
    elif policy == "none":
        yield True, f"there is a record with p=none, which only watches; once all else here is right, set: {wanted}"
    else:
        yield True, f"there is a record with p={policy}"


def names(resolver, addresses):
    """Reverse DNS: whether each of these IP addresses has a name that leads back to it."""
    for address in addresses:
        found = [
            str(answer.target).rstrip(".") for answer in answers(resolver, dns.reversename.from_address(address), "PTR")
        ]
        kind = "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
        back = [name for name in found if address in {answer.address for answer in answers(resolver, name, kind)}]
        if back:
            yield True, f"{address} is {back[0]}, which leads back to it"
        elif found:
            yield (
                False,
                f"{address} is {found[0]}, which does not lead back to it: set {kind} of {found[0]} to {address}",
            )
        else:
            yield False, f"{address} has no name: ask the owner of the address (your host) for a PTR record"


def way_back(resolver, domain):
    """MX: whether what comes back can be delivered to this domain."""
    found = sorted(answers(resolver, domain, "MX"), key=lambda answer: answer.preference)
    if not found or str(found[0].exchange) == ".":
        yield (
            False,
            f"set an MX record for {domain} that names the server of its mailbox, or nothing that comes back arrives",
        )
    else:
        yield True, f"mail to {domain} goes to {str(found[0].exchange).rstrip('.')}"


def addresses_of(resolver, host):
    """The IP addresses of a host, which may be one itself."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return [answer.address for kind in ("A", "AAAA") for answer in answers(resolver, host, kind)]


def _tags(text):
    """{name: value} of a record such as "v=DKIM1; k=rsa; p=…"."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _sign, value in pairs}
