"""Links of the content to other sites, and whether they still open. The worker visits them."""

import logging
import re
from collections import defaultdict
from datetime import timedelta
from html import unescape
from urllib.parse import urldefrag, urlsplit

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Now
from django.tasks import task
from django.utils.translation import gettext_lazy as _

from campaign.links import public_web
from pledges.mail.content import ADDRESS

MAX_LENGTH = 500
HREF = re.compile(r'href="(https?://[^"]+)"', re.IGNORECASE)
# {model: columns} of rich text and of addresses that pages show. What somebody typed who is not staff is visited once staff
# approve it.
SOURCES = {
    **{f"campaign.{model}": ["body_sq", "body_en"] for model in ("Page", "Article")},
    **{f"campaign.{model}": ["url"] for model in ("HelpChannel", "Statistic", "Organisation")},
    "campaign.DemandStep": ["source_url"],
    # Pages on networks are in the form of the settings.
    "campaign.SiteSettings": ["exit_url", "banner_url_sq", "banner_url_en", "social_links__url"],
    "pledges.Event": ["map_url"],
    "pledges.Mailing": ["text_sq", "text_en", "link_sq", "link_en"],
}
# The rows whose links count, where these are not all: a mailing that was sent has only its page on the site.
USED = {"pledges.Mailing": Q(released_at=None) | Q(is_archived=True)}
CHECKED_EVERY = timedelta(days=7)
# A link that fails is checked again sooner.
RETRIED_AFTER = timedelta(days=1)
# Servers are down for a day: staff hear of it after this time. Of a page that was removed they hear at once.
TOLD_AFTER = timedelta(days=2)
# Housekeeping enqueues the next visits every minute while some are due.
LINKS_PER_RUN = 5

logger = logging.getLogger(__name__)


def addresses_in(value):
    """The addresses of other sites in a rich or plain text, or in an address alone, without the part after #."""
    if "</" in value:
        found = [unescape(each) for each in HREF.findall(value)]
    else:
        found = ADDRESS.findall(value) if len(value.split()) > 1 else [value]
    own = urlsplit(settings.SITE_URL).netloc
    addresses = [urldefrag(each).url for each in found if each.startswith(("http://", "https://"))]
    return [each for each in addresses if len(each) <= MAX_LENGTH and urlsplit(each).netloc != own]


def addresses_of_content():
    """{address: {(model label, id)}} of all content that is published."""
    found = defaultdict(set)
    for label, columns in SOURCES.items():
        rows = apps.get_model(label).objects.filter(USED.get(label, Q()))
        for pk, *values in rows.values_list("pk", *columns):
            for address in {address for value in values if value for address in addresses_in(value)}:
                found[address].add((label, pk))
    return found


class ExternalLinkQuerySet(models.QuerySet):
    def collect(self):
        """Create a row for each new address of the content, and delete those that no text has; returns how many."""
        wanted, known = set(addresses_of_content()), set(self.values_list("address", flat=True))
        self.bulk_create([self.model(address=each) for each in sorted(wanted - known)], ignore_conflicts=True)
        self.filter(address__in=known - wanted).delete()
        return len(wanted ^ known)

    def due(self):
        """Links to check now, new ones first."""
        rest = Q(outcome__in=FAILURES, checked_at__lte=Now() - RETRIED_AFTER) | Q(checked_at__lte=Now() - CHECKED_EVERY)
        return self.filter(Q(checked_at=None) | rest).order_by(models.F("checked_at").asc(nulls_first=True), "pk")

    def failing(self):
        """Links that do not open for visitors, those of servers that do not answer after TOLD_AFTER."""
        return self.filter(outcome__in=FAILURES).exclude(outcome=Outcome.DOWN, failing_since__gt=Now() - TOLD_AFTER)

    def reached(self):
        """Links whose server certainly answered."""
        # Not CLOSED: some of these addresses are not visited at all.
        return self.filter(outcome__in=[Outcome.OPENS, Outcome.INSECURE])

    def uses(self):
        """{address: [rows of the content]} for these links."""
        places = addresses_of_content()
        wanted = {address: places.get(address, ()) for address in self.values_list("address", flat=True)}
        ids = defaultdict(set)
        for label, pk in {place for each in wanted.values() for place in each}:
            ids[label].add(pk)
        rows = {
            (label, pk): row
            for label, pks in ids.items()
            for pk, row in apps.get_model(label).objects.in_bulk(pks).items()
        }
        return {address: [rows[place] for place in sorted(each) if place in rows] for address, each in wanted.items()}


class Outcome(models.TextChoices):
    """What a check found."""

    NEW = "new", _("not checked yet")
    OPENS = "opens", _("opens")
    CLOSED = "closed", _("cannot be checked by our program")
    GONE = "gone", _("there is no such page or site")
    DOWN = "down", _("the server does not answer")
    INSECURE = "insecure", _("the certificate is not valid: browsers warn people")
    PRIVATE = "private", _("leads to a private network")


FAILURES = [Outcome.GONE, Outcome.DOWN, Outcome.INSECURE, Outcome.PRIVATE]


class ExternalLink(models.Model):
    """One address of another site to which the content links."""

    address = models.CharField(
        _("address"), max_length=MAX_LENGTH, unique=True, help_text=_("For example https://crca.al/en/.")
    )
    outcome = models.CharField(
        _("result"), max_length=8, choices=Outcome, default=Outcome.NEW, help_text=_("What the last check found.")
    )
    checked_at = models.DateTimeField(_("checked"), null=True, help_text=_("When it was last checked."))
    failing_since = models.DateTimeField(
        _("failing since"), null=True, help_text=_("The first check that failed. It has not opened since.")
    )

    objects = ExternalLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link to another site")
        verbose_name_plural = _("links to other sites")
        ordering = [models.F("failing_since").asc(nulls_last=True), "address"]
        constraints = [
            models.CheckConstraint(
                name="external_link_checked_has_outcome",
                condition=Q(outcome=Outcome.NEW, checked_at=None)
                | (~Q(outcome=Outcome.NEW) & Q(checked_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="external_link_failing_since_a_failure",
                condition=Q(outcome__in=FAILURES, failing_since__isnull=False)
                | (~Q(outcome__in=FAILURES) & Q(failing_since=None)),
            ),
        ]

    def __str__(self):
        return self.address

    def visit(self, web=public_web.WEB):
        """Visit the address and record the outcome."""
        outcome = Outcome(public_web.visit(self.address, web))
        since = Coalesce("failing_since", Now()) if outcome in FAILURES else None
        type(self).objects.filter(pk=self.pk).update(outcome=outcome, checked_at=Now(), failing_since=since)


@task
def visit_links():
    """Visit the addresses of the links that are due, a few at a time."""
    for link in ExternalLink.objects.due()[:LINKS_PER_RUN]:
        try:
            link.visit()
        except Exception as error:
            logger.error("link %s: %s", link.pk, type(error).__name__)
