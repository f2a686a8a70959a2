"""Where sign-ups of some minutes come from: email domain and network, by the digests of their pledges."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from pledges import addresses
from pledges.crypto import keys

# A domain or network of fewer sign-ups is not listed: it says nothing about a flood and might point to a person.
LISTED_FROM = 5
LISTED = 20

DOMAIN, NETWORK = "domain_digest", "network_digest"
GROUPS_SQL = """
SELECT (array_agg(id ORDER BY created_at, id))[1], left(encode({column}, 'hex'), 6),
       count(*), count(*) FILTER (WHERE state = 'confirmed'), count(*) FILTER (WHERE state = 'invalidated')
FROM pledges_pledge WHERE created_at >= %s AND created_at < %s AND {column} IS NOT NULL
GROUP BY {column} HAVING count(*) >= %s ORDER BY 3 DESC, 2 LIMIT %s
"""


@dataclass(frozen=True)
class OriginGroup:
    """The sign-ups of one origin in some minutes: how many, and how many of them are confirmed or invalidated now."""

    # A page names the origin by one of its pledges, and never by the digest, which would outlive its erasure.
    first: UUID
    # Six hexadecimal digits that tell networks apart; they lead back to none.
    label: str
    signed: int
    confirmed: int
    invalidated: int


def largest(column, since, until):
    """The OriginGroups of at most LISTED domains or networks of at least LISTED_FROM sign-ups, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute(GROUPS_SQL.format(column=column), [since, until, LISTED_FROM, LISTED])
        return [OriginGroup(*row) for row in cursor.fetchall()]


def provider_digests():
    """{digest: domain of the provider} of the domains of all mail providers, by each key."""
    domains = {domain: domain for domain in addresses.PROVIDERS} | addresses.SAME_MAILBOXES
    return {digest: provider for domain, provider in domains.items() for digest in keys.digests("domain", domain)}
