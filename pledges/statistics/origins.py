"""Where sign-ups of some minutes come from: mail provider, email domain and network, by the digests of their pledges."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from pledges import addresses
from pledges.crypto import keys
from pledges.statistics.models import Statistic
from pledges.supporters.models import Pledge

# A domain or network of fewer sign-ups is not listed: it says nothing about a flood and might point to a person.
LISTED_FROM = 5
LISTED = 20

PROVIDER, DOMAIN, NETWORK = "provider", "domain", "network"
PARAMETERS = ("signed_since", "signed_until", "origin")
# How a time is written in an address.
MOMENT = "%Y-%m-%dT%H:%M:%SZ"
# Only the domains that are no mail provider's own, which has a line of its own.
DOMAINS_SQL = "AND domain_digest <> ALL(%(providers)s::bytea[])"
NETWORKS_SQL = "AND network_digest IS NOT NULL"
# (digest, signed, confirmed, invalidated, id of the first pledge)
GROUPS_SQL = """
SELECT {column}, count(*), count(*) FILTER (WHERE state = 'confirmed'), count(*) FILTER (WHERE state = 'invalidated'),
       (array_agg(id ORDER BY created_at, id))[1]
FROM pledges_pledge WHERE created_at >= %(since)s AND created_at < %(until)s {condition}
GROUP BY 1 HAVING count(*) >= %(least)s ORDER BY 2 DESC, 1 LIMIT %(most)s
"""


@dataclass(frozen=True)
class Origin:
    """What pledges have in common, as the address of a page can name it without a digest, which would outlive its erasure.

    `value` is the domain of a mail provider ("" for all others), or the id of a pledge that has the domain or network.
    """

    kind: str
    value: str

    @classmethod
    def parse(cls, text):
        """The Origin of a text such as "domain:0b6c…" or "provider:gmail.com". Raises ValueError."""
        kind, _colon, value = text.partition(":")
        if kind not in (PROVIDER, DOMAIN, NETWORK):
            raise ValueError(kind)
        return cls(kind, value if kind == PROVIDER else str(uuid.UUID(value)))

    def __str__(self):
        return f"{self.kind}:{self.value}"

    def among(self, pledges):
        """The subset of these pledges that has this origin."""
        if self.kind == PROVIDER:
            by_digest = provider_digests()
            if self.value:
                return pledges.filter(domain_digest__in=[d for d, name in by_digest.items() if name == self.value])
            return pledges.exclude(domain_digest__in=list(by_digest))
        column = f"{self.kind}_digest"
        return pledges.filter(**{f"{column}__in": Pledge.objects.filter(pk=self.value).values(column)})

    def read_domain(self):
        """The email domain of these pledges, decrypted from one of them; "" for networks. Raises CannotDecrypt."""
        if self.kind != DOMAIN:
            return self.value if self.kind == PROVIDER else ""
        pledge = Pledge.objects.with_person().filter(pk=self.value).first()
        return addresses.split_address(pledge.address)[1] if pledge else ""


@dataclass(frozen=True)
class OriginGroup:
    """The sign-ups of one origin in some minutes: how many, and how many of them are confirmed or invalidated now."""

    origin: Origin
    signed: int
    confirmed: int
    invalidated: int
    # Six hexadecimal digits that tell networks apart; they lead back to none.
    label: str = ""
    # Forms that left no row. Only mail providers are counted for them.
    refused: int = 0
    challenged: int = 0


@dataclass(frozen=True)
class Chosen:
    """The sign-ups of one origin in some minutes, as the query of a page names them."""

    since: datetime
    until: datetime
    origin: Origin

    @classmethod
    def parse(cls, query):
        """The Chosen of {parameter: text} as `query` returns it. Raises ValueError or KeyError."""
        since, until = (datetime.strptime(query[name], MOMENT).replace(tzinfo=UTC) for name in PARAMETERS[:2])
        return cls(since, until, Origin.parse(query["origin"]))

    @property
    def query(self):
        """{parameter: text}."""
        times = (f"{time.astimezone(UTC):{MOMENT}}" for time in (self.since, self.until))
        return dict(zip(PARAMETERS, (*times, str(self.origin)), strict=True))

    def among(self, pledges):
        """The subset of these pledges that is chosen."""
        return self.origin.among(pledges.filter(created_at__gte=self.since, created_at__lt=self.until))


def by_provider(since, until):
    """The Groups of mail providers, the largest first; all other domains together are one."""
    by_digest, numbers = provider_digests(), {}
    for digest, *row, _first in _groups("domain_digest", since, until, least=1, most=None):
        _add(numbers, by_digest.get(digest, ""), [*row, 0, 0])
    counted = {Statistic.Kind.REFUSAL: 3, Statistic.Kind.CHALLENGE: 4}
    hours = Statistic.objects.filter(at__gte=since, at__lt=until, kind__in=counted)
    for provider, kind, n in hours.values_list("label", "kind", "n"):
        _add(numbers, provider, [n if place == counted[kind] else 0 for place in range(5)])
    groups = [
        OriginGroup(Origin(PROVIDER, name), *row, refused=refused, challenged=challenged)
        for name, (*row, refused, challenged) in numbers.items()
    ]
    return sorted(groups, key=lambda group: (-group.signed, -group.refused))


def _add(numbers, name, row):
    numbers[name] = [sum(pair) for pair in zip(row, numbers.get(name, [0] * 5), strict=True)]


def by_domain(since, until):
    """The Groups of at most LISTED email domains of at least LISTED_FROM sign-ups, without mail providers."""
    rows = _groups("domain_digest", since, until, DOMAINS_SQL)
    return [OriginGroup(Origin(DOMAIN, str(first)), *numbers) for _digest, *numbers, first in rows]


def by_network(since, until):
    """The Groups of at most LISTED networks of at least LISTED_FROM sign-ups, none after their digests are erased."""
    rows = _groups("network_digest", since, until, NETWORKS_SQL)
    return [OriginGroup(Origin(NETWORK, str(first)), *numbers, digest.hex()[:6]) for digest, *numbers, first in rows]


def _groups(column, since, until, condition="", least=LISTED_FROM, most=LISTED):
    parameters = {"since": since, "until": until, "least": least, "most": most, "providers": list(provider_digests())}
    with connection.cursor() as cursor:
        cursor.execute(GROUPS_SQL.format(column=column, condition=condition), parameters)
        return [(bytes(digest), *numbers) for digest, *numbers in cursor.fetchall()]


def provider_digests():
    """{digest: domain of the provider} of the domains of all mail providers, by each key."""
    domains = {domain: domain for domain in addresses.PROVIDERS} | addresses.SAME_MAILBOXES
    return {digest: provider for domain, provider in domains.items() for digest in keys.digests("domain", domain)}
