"""Normalisation of e-mail addresses and names, detection of misspelt mail domains, and how a name is shown."""

import contextlib
import difflib
import re
import unicodedata
from functools import lru_cache

from staff.spelling import without_accents

# Common mail domains in Albania and its diaspora. A domain that nearly equals one of them is probably misspelt.
COMMON_DOMAINS = """
gmail.com googlemail.com hotmail.com hotmail.it hotmail.fr outlook.com live.com msn.com yahoo.com yahoo.it
ymail.com icloud.com me.com mac.com aol.com mail.com proton.me protonmail.com gmx.com gmx.de gmx.ch gmx.at
web.de t-online.de libero.it virgilio.it alice.it tiscali.it orange.fr free.fr laposte.net wanadoo.fr
bluewin.ch
""".split()

# The mail providers by whose domain a mailbox is known, and {another domain: the one of them with the same mailboxes}. Stored
# digests depend on them: whoever changes them puts a new key in front of DIGEST_KEYS in the same update and runs manage.py
# rotate_keys, which computes all digests again. What the providers say themselves:
# https://support.google.com/mail/answer/7436150
# https://learn.microsoft.com/en-us/exchange/recipients-in-exchange-online/plus-addressing-in-exchange-online
# https://support.apple.com/en-us/102546
# https://proton.me/support/addresses-and-aliases
# https://www.fastmail.help/hc/en-us/articles/360060591053-Plus-addressing-and-subdomain-addressing
# https://yandex.com/support/domain/additional/mailbox-alias.xml
PROVIDERS = """
gmail.com icloud.com proton.me fastmail.com yandex.com hotmail.com hotmail.it hotmail.fr live.com live.it msn.com
outlook.com outlook.at outlook.be outlook.com.gr outlook.com.tr outlook.cz outlook.de outlook.dk outlook.es outlook.fr
outlook.hu outlook.ie outlook.it outlook.pt outlook.sk
""".split()
SAME_MAILBOXES = {
    "googlemail.com": "gmail.com",
    **dict.fromkeys(["me.com", "mac.com"], "icloud.com"),
    **dict.fromkeys(["protonmail.com", "pm.me"], "proton.me"),
    **dict.fromkeys(["yandex.ru", "yandex.by", "yandex.kz", "yandex.ua", "ya.ru"], "yandex.com"),
}
# At these a “+” does not begin a tag.
WITHOUT_TAGS = {"yandex.com"}
# {provider: characters that make no difference before the @}
IGNORED = {"gmail.com": ".", "proton.me": ".-_"}

# Sites whose pages belong to their users, and shorteners: an address there is not that of an organisation.
SHARED_SITES = """
facebook.com fb.com fb.me instagram.com tiktok.com youtube.com youtu.be x.com twitter.com linkedin.com
pinterest.com snapchat.com threads.net reddit.com t.me telegram.me wa.me whatsapp.com viber.com linktr.ee
bit.ly goo.gl tinyurl.com google.com wikipedia.org
""".split()

# Two names of which so much is equal (0 to 1) may be spellings of one. "Drita Kola" and "Dritë Kolla" reach 0.86,
# "Agron Muhametaj" and "Altin Muhametaj" 0.80.
SIMILAR_NAMES = 0.84

# Albanian letters written with two characters: the initial of Shehu is "Sh.".
DIGRAPHS = {"dh", "gj", "ll", "nj", "rr", "sh", "th", "xh", "zh"}
# Titles before or after a name; they are not part of it.
TITLES = {"dr", "prof", "ing", "av", "znj", "zonja", "zoti", "mr", "mrs", "ms", "jr", "sr", "ii", "iii", "phd", "msc"}

# Characters (RFC 1035).
LONGEST_DOMAIN = 253


def split_address(address):
    """(local part, domain), split at the last @; both NFC and case-folded, the domain as ASCII (IDNA)."""
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    domain = domain.casefold().rstrip(".")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return local.casefold(), domain


def provider_of(address):
    """The domain by which the mail provider of an address is known, such as "gmail.com", or "" for every other domain."""
    domain = split_address(address)[1]
    domain = SAME_MAILBOXES.get(domain, domain)
    return domain if domain in PROVIDERS else ""


def normalise(address):
    """The canonical address of a mailbox. At domains of no known provider it gets case folding only."""
    local, domain = split_address(address)
    if provider := provider_of(address):
        domain = provider
        if provider not in WITHOUT_TAGS:
            # A local part that starts with the tag sign, such as "+x", is a whole mailbox name.
            local = local[:1] + local[1:].split("+")[0]
        local = "".join(letter for letter in local if letter not in IGNORED.get(provider, ""))
    return f"{local}@{domain}"


def limiting_address(address):
    """The canonical address under which messages are limited and blocked: without tag and dots, also at other providers.

    It may join the mailboxes of two people, so it decides nothing but limits and blocks.
    """
    local, _, domain = normalise(address).rpartition("@")
    local = local[:1] + local[1:].split("+")[0]
    return f"{local.replace('.', '')}@{domain}"


def is_at_provider(domain):
    """Whether a domain, as `split_address` returns it, gives mailboxes to everyone."""
    return domain in COMMON_DOMAINS or domain in PROVIDERS or domain in SAME_MAILBOXES


def site_of(host):
    """The domain of a host name as ASCII, without "www.": "www.shkolla.edu.al" gives "shkolla.edu.al"."""
    return split_address(f"@{host}")[1].removeprefix("www.")


def is_within(domain, site):
    """Whether a domain is this site or one below it, such as mail.crca.al of crca.al."""
    return domain == site or domain.endswith(f".{site}")


def plain_words(name):
    """The words of a name, case-folded, without accents and punctuation."""
    return re.findall(r"[^\Wʼ]+", without_accents(name))


def normalise_name(name):
    """The normalised words of a name in alphabetical order: "DRITA  KOLÀ" and "Kola Drita" give the same result."""
    return " ".join(sorted(plain_words(name)))


def is_similar_name(first, second):
    """Whether two names may be spellings of one: nearly the same letters, or all words of one are in the other."""
    one, other = sorted((normalise_name(first), normalise_name(second)))
    if set(one.split()) <= set(other.split()) or set(other.split()) <= set(one.split()):
        return True
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= SIMILAR_NAMES


def shown_name(name):
    """The first name and the initial of the last name, such as "Arta K."; a single word is shown in full.

    Middle names and particles are left out: "Ludwig van Beethoven" becomes "Ludwig B.".
    """
    words = [word for word in unicodedata.normalize("NFC", name).split() if plain_words(word)] or [name]
    words = [word for word in words if TITLES.isdisjoint(plain_words(word)[:1])] or words
    # Names typed on a phone are often all lower case or all capitals.
    first = words[0].title() if words[0].islower() or words[0].isupper() else words[0]
    return first if len(words) == 1 else f"{first} {_initial(words[-1])}."


def _initial(word):
    start = next(index for index, letter in enumerate(word) if plain_words(letter))
    end = start + (2 if word[start : start + 2].casefold() in DIGRAPHS else 1)
    while end < len(word) and unicodedata.combining(word[end]):
        end += 1
    return word[start:end].title()


def suggest_domain(address):
    """The domain that was probably meant, such as gmail.com for gmial.com. None if the domain looks right."""
    _, domain = split_address(address)
    return None if len(domain) > LONGEST_DOMAIN else _closest_domain(domain)


# The comparison takes about a millisecond, and most visitors have one of a few hundred domains.
@lru_cache(maxsize=4096)
def _closest_domain(domain):
    if domain in COMMON_DOMAINS:
        return None
    close = difflib.get_close_matches(domain, COMMON_DOMAINS, n=1, cutoff=0.87)
    return close[0] if close else None
