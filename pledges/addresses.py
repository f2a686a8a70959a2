"""When two addresses are one mailbox, two names one person, and a domain most likely misspelt."""

import contextlib
import difflib
import re
import unicodedata

# Domains people in Albania and its diaspora write; what is nearly one of them was most likely meant to be.
COMMON_DOMAINS = [
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.it",
    "hotmail.fr",
    "outlook.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.it",
    "ymail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "mail.com",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.ch",
    "gmx.at",
    "web.de",
    "t-online.de",
    "libero.it",
    "virgilio.it",
    "alice.it",
    "tiscali.it",
    "orange.fr",
    "free.fr",
    "laposte.net",
    "wanadoo.fr",
    "bluewin.ch",
]


def split_address(address):
    """The part before the last @ and the domain, both in NFC and lower case, the domain in ASCII (IDNA)."""
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    domain = domain.casefold().rstrip(".")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return local.casefold(), domain


def normalise(address, rules):
    """The mailbox behind an address: `rules` maps a domain to its ProviderRule; others get case folding only."""
    local, domain = split_address(address)
    rule = rules.get(domain)
    if rule:
        if rule.tag:
            # A tag needs something before it: "+x@…" is a mailbox of its own.
            local = local[:1] + local[1:].split(rule.tag)[0]
        local = "".join(letter for letter in local if letter not in rule.ignores)
        domain = rule.same_as or domain
    return f"{local}@{domain}"


def plain_words(name):
    """The words of a name without case, accents and punctuation."""
    # Decomposed first: some letters, such as 𝐃, have no other case until they are.
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.findall(r"[^\Wʼ]+", plain)


def normalise_name(name):
    """A name without case, accents, punctuation and order: "DRITA  KOLÀ" is "Kola Drita"."""
    return " ".join(sorted(plain_words(name)))


def suggest_domain(address):
    """The domain that was most likely meant, such as gmail.com for gmial.com; None when it looks right."""
    _, domain = split_address(address)
    if domain in COMMON_DOMAINS:
        return None
    close = difflib.get_close_matches(domain, COMMON_DOMAINS, n=1, cutoff=0.87)
    return close[0] if close else None
