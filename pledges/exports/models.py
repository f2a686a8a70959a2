"""Exports of pledges by staff: who exported what, and how many rows were read. The files are streamed and not stored."""

import uuid

from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from pledges.exports.spreadsheets import SHEET_ROWS
from staff.accounts.models import account_field
from staff.models import Entry


class Export(models.Model):
    """One file of pledges that a member of staff downloaded. The file is streamed and not stored."""

    class Content(models.TextChoices):
        PLEDGES = "pledges", _("pledges, without names and addresses")
        PEOPLE = "people", _("pledges, with names and addresses")
        UPDATES = "updates", _("names and addresses of people who want news")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The log keeps the id of the user after the account is deleted.
    user = account_field(related_name="exports", verbose_name=_("member of staff"))
    content = models.CharField(_("content"), max_length=7, choices=Content)
    format = models.CharField(
        _("kind of file"),
        max_length=4,
        choices=Format,
        default=Format.XLSX,
        help_text=_(
            "XLSX opens in Excel and LibreOffice, and holds a million pledges: a longer export becomes a CSV. Choose CSV when "
            "another program asks for it, such as one for mailings."
        ),
    )
    started_at = models.DateTimeField(_("started"), db_default=Now(), editable=False)
    # Not if the download broke off.
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    rows = models.PositiveIntegerField(_("rows"), default=0, editable=False)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-started_at"]
        # Exports cannot be changed or deleted, and users see their own exports without a permission.
        default_permissions = ["view"]
        permissions = [
            ("export_pledges", _("Can export pledges, and with “see people” their names and addresses")),
            ("export_updates", _("Can export people who want news, if allowed to see people")),
        ]

    def __str__(self):
        return str(self.pk)[:8]

    def chosen(self, pledges):
        """The subset of these pledges that belongs in an export with this content."""
        pledges = pledges.filter(restricted_at=None)
        return pledges.with_news_consent() if self.content == self.Content.UPDATES else pledges

    def start(self, pledges, filters, reason):
        """Save it, and write its entry of the log with the reason and the filters, such as {"state__exact": ["confirmed"]}."""
        if self.chosen(pledges).count() >= SHEET_ROWS:
            self.format = self.Format.CSV
        with transaction.atomic():
            self.save(force_insert=True)
            details = {"content": self.content, "format": self.format, "filters": filters, "reason": reason}
            Entry.log(self.user, Entry.Action.EXPORT, about=self, **details)

    def pages(self, pledges, fields):
        """Yield the pages of `PledgeQuerySet.pages`. The entry of a page in the log is committed before the page is yielded."""
        for page in self.chosen(pledges).pages(*fields):
            with transaction.atomic():
                ids = [row[0] for row in page]
                Entry.log(self.user, Entry.Action.EXPORT, ids, export=str(self.pk), continued=True)
                Export.objects.filter(pk=self.pk).update(rows=F("rows") + len(page))
            yield page
