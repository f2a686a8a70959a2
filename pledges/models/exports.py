"""Exports: who took which file of pledges out, and how far it got. The files themselves are kept nowhere."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from staff.models import AuditEntry

PAGE = 5_000
# An export that has read no page for so long has lost its process; one over the slowest line reads a page in two minutes.
SILENCE = timedelta(minutes=10)


class ExportQuerySet(models.QuerySet):
    def silent(self):
        """Called running, but nothing runs any more: the process was killed, and nobody could say so."""
        return self.filter(state=Export.State.RUNNING, read_at__lte=Now() - SILENCE)

    def end(self, state):
        """Say how they ended; returns how many."""
        return self.update(state=state, ended_at=Now())


class Export(models.Model):
    """One file of pledges that a member of staff took out. It is written while it is sent, and never stored."""

    class Content(models.TextChoices):
        PLEDGES = "pledges", _("pledges, without names and addresses")
        PEOPLE = "people", _("pledges, with names and addresses")
        UPDATES = "updates", _("names and addresses of those who want news")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        BROKEN_OFF = "broken_off", _("broken off")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The record keeps who it was when the account is gone.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="exports",
        verbose_name=_("member of staff"),
    )
    content = models.CharField(_("content"), max_length=7, choices=Content)
    format = models.CharField(
        _("kind of file"),
        max_length=4,
        choices=Format,
        default=Format.XLSX,
        help_text=_(
            "XLSX opens in Excel and LibreOffice. Choose CSV when another program asks for it, such as one for mailings."
        ),
    )
    # Of the list it was made from, such as {"state__exact": ["confirmed"]}: ids, codes and dates.
    filters = models.JSONField(_("filters"), default=dict, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING, editable=False)
    started_at = models.DateTimeField(_("started"), db_default=Now(), editable=False)
    read_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    rows = models.PositiveIntegerField(_("rows"), default=0, editable=False)
    expected = models.PositiveIntegerField(_("expected rows"), default=0, editable=False)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-started_at"]
        # Nothing of an export can be changed or deleted; whoever makes one sees it without a permission.
        default_permissions = ["view"]
        permissions = [
            ("export_pledges", _("Can export pledges, and with “see people” their names and addresses")),
            ("export_updates", _("Can export those who want news, if they may see people")),
        ]
        constraints = [
            models.CheckConstraint(
                name="export_state_and_time",
                condition=Q(state="running", ended_at=None)
                | Q(state__in=["finished", "broken_off"], ended_at__isnull=False),
            ),
        ]

    def __str__(self):
        return str(self.pk)[:8]

    def chosen(self, pledges):
        """Of these pledges the ones that belong into this export."""
        return pledges.who_want_news() if self.content == self.Content.UPDATES else pledges

    def start(self, pledges):
        """Save it with how many rows to expect, and put it on record."""
        self.expected = self.chosen(pledges).count()
        with transaction.atomic():
            self.save(force_insert=True)
            details = {"content": self.content, "format": self.format, "filters": self.filters}
            AuditEntry.log(self.user, AuditEntry.Action.EXPORT, export=str(self.pk), **details)

    def pages(self, pledges, fields):
        """`fields` of each pledge, "pk" and "created_at" before all others; the newest first, PAGE at a time.

        A page is on record before it is handed on. Each is a question of its own and not part of one long snapshot: who
        withdraws while the file is under way is not in what is still to come, and PostgreSQL can clear up behind the tally
        however slow someone's line is.
        """
        rest = pledges = self.chosen(pledges).order_by("-created_at", "-pk")
        while True:
            with transaction.atomic():
                page = list(rest.values_list(*fields)[:PAGE])
                if page:
                    AuditEntry.log(self.user, AuditEntry.Action.EXPORT, [row[0] for row in page], export=str(self.pk))
                Export.objects.filter(pk=self.pk).update(rows=F("rows") + len(page), read_at=Now())
            if not page:
                return
            yield page
            last_id, last_time = page[-1][:2]
            rest = pledges.filter(Q(created_at__lt=last_time) | Q(pk__lt=last_id), created_at__lte=last_time)

    def end(self, state):
        """Say how it ended."""
        Export.objects.filter(pk=self.pk).end(state)
