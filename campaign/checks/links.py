"""Links that lead nowhere, to an old address or into the other language; those to other sites as the worker found them."""

import re
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign.checks.reading import blocks
from campaign.links.models import ExternalLink, addresses_in
from campaign.pages.internal_links import Leads, follow, is_internal
from campaign.publishing.models import Publishable
from pledges.languages import LANGUAGE_CODES
from staff.admin.checks import Finding

# An address that opens no page: mail and calls.
DIRECT = re.compile(r"mailto:[^@\s]+@[^@\s]+\.[^@\s]+|tel:\+?[\d().\s-]{2,20}", re.IGNORECASE)
# A single line that is an address: where a button or the banner leads.
ADDRESS_LINE = re.compile(r"https?://\S+|/\S*", re.IGNORECASE)
REFUSING = {Leads.NOWHERE, Leads.UNPUBLISHED, Leads.PERSONAL}


def check(content):
    """Yield an error for each link that leads nowhere within the site, and a finding for others that lead astray."""
    found = list(_links(content))
    external = [address for _text, link in found for address in addresses_in(link[0])]
    failing = {row.address: row for row in ExternalLink.objects.filter(address__in=external).failing()}
    own = set(_own_addresses(content))
    # The banner, and what is scheduled, may wait for the page to which it leads.
    drafting = getattr(content.form, "drafting", None)
    public_from = drafting.at if drafting else content.value("banner_from")
    for text, (href, hreflang, words) in found:
        passage = " ".join(words.split()) or (href if text.is_rich else "")
        if is_internal(href):
            if urlsplit(href).path in own:
                continue
            leads, better = follow(href, text.language or LANGUAGE_CODES[0], public_from)
            is_meant = leads is Leads.OTHER_LANGUAGE and (hreflang or text.language is None)
            if leads is not Leads.RIGHT and not is_meant:
                yield Finding(text, "link", _inside(href, leads, better), passage, is_error=leads in REFUSING)
        elif rows := [failing[address] for address in addresses_in(href) if address in failing]:
            yield Finding(text, "link", _outside(rows[0]), passage)
        elif href.lower().startswith(("mailto:", "tel:")) and not DIRECT.fullmatch(href.partition("?")[0]):
            sentence = _("The link %(address)s has no complete address or number. Correct it.") % {"address": href}
            yield Finding(text, "link", sentence, passage, is_error=True)


def _links(content):
    """Yield (text, (href, hreflang, words)) of each link in the texts and of each field that is an address."""
    for text in content.texts:
        if text.is_rich or text.has_links:
            for block in blocks(text.value, text.is_rich):
                # A number of a help channel in its place becomes a link only when the page is shown.
                yield from ((text, link) for link in block.links if link[0])
    for text in [*content.texts, *content.addresses]:
        if text.is_line and ADDRESS_LINE.fullmatch(text.value.strip()):
            yield text, (text.value.strip(), "", "")


def _own_addresses(content):
    """Yield the addresses that the page has once it is saved."""
    if not issubclass(content.model, Publishable):
        return
    # A copy: the address depends on the slugs alone.
    row = content.model(key=content.value("key")) if hasattr(content.model, "key") else content.model()
    for language in LANGUAGE_CODES:
        setattr(row, f"slug_{language}", content.value(f"slug_{language}") or "")
        if getattr(row, f"slug_{language}"):
            with override(language):
                yield row.get_absolute_url()


def _inside(href, leads, better):
    words = {"address": href, "new": better}
    return {
        Leads.NOWHERE: _("This link leads to %(address)s, where there is no page. Choose a page, or remove the link."),
        Leads.UNPUBLISHED: _(
            "This link leads to %(address)s, which is not published. Publish that page first, or remove the link."
        ),
        Leads.PERSONAL: _(
            "This link leads to %(address)s, which visitors cannot open. Choose a public page, or remove the link."
        ),
        Leads.MOVED: _("This link leads to the old address %(address)s. The page is now at %(new)s."),
        Leads.OTHER_LANGUAGE: _(
            "This link leads into the other language. In the language of this text the page is at %(new)s."
        ),
    }[leads] % words


def _outside(row):
    return _("This link leads to %(address)s: %(outcome)s. Find the new address, or remove the link.") % {
        "address": row.address,
        "outcome": row.get_outcome_display(),
    }
