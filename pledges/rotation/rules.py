"""What follows a change of a provider rule: digests of the addresses of its domain are computed again."""

import logging
from datetime import timedelta

from django.db.models.functions import Now
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from django.tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from pledges.inbox.submissions import settle_all
from pledges.providers.models import BlockedAddress, ProviderRule
from pledges.rotation.encrypted import CONTACTS
from pledges.rotation.rotation import renew
from pledges.supporters.models import Pledge

logger = logging.getLogger(__name__)

# A task that has run for longer was killed with its worker.
LONGEST = timedelta(hours=1)


@receiver(pre_save, sender=ProviderRule)
def remember_domain(instance, **_signal):
    """Remember the domain before the change, whose addresses the rule may no longer be about."""
    instance.domains = list(ProviderRule.objects.filter(pk=instance.pk).values_list("domain", flat=True))


@receiver([post_save, post_delete], sender=ProviderRule)
def enqueue(instance, **_signal):
    """Compute the digests again, in the background. On a new site, which gets its first rules, there is none."""
    if any(model.objects.exists() for model in (Pledge, *CONTACTS, BlockedAddress)):
        recompute.enqueue(sorted({instance.domain, *getattr(instance, "domains", ())}))


@task
def recompute(domains):
    """Compute the digests of the pledges of these domains, and those of all other rows, by the present rules. Idempotent."""
    # A batch that began with the rules before is committed when this returns.
    settle_all()
    kept = []
    for domain in domains:
        kept += renew(Pledge, Pledge.objects.of_domain(domain))[1]
    for model in (*CONTACTS, BlockedAddress):
        renew(model, model.objects.all())
    if kept:
        logger.warning("%s. Withdraw the duplicates in the admin.", describe(kept))


def describe(kept):
    """The sentence about pledges that keep their digests."""
    return (
        f"{len(kept)} pledges keep their old digests, because their address is now the same mailbox as that of other pledges: "
        + ", ".join(str(pk)[:8] for pk in kept)
    )


def resume():
    """Let a worker run again what a killed one has left, or what has failed, within the hour; returns how many tasks."""
    unfinished = [TaskResultStatus.RUNNING, TaskResultStatus.FAILED]
    tasks = DBTaskResult.objects.filter(task_path=recompute.module_path, status__in=unfinished)
    return tasks.filter(started_at__lt=Now() - LONGEST).update(status=TaskResultStatus.READY)
