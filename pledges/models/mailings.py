"""News by email: one mailing, from its first words to the last message. mailing_queue.py queues its messages."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

from pledges import follows
from pledges.languages import LANGUAGE_CODES
from pledges.mail import news
from pledges.models.mailing_counts import Counted
from pledges.models.mailing_moves import Moving
from pledges.models.mailing_queue import MailingQuerySet
from pledges.models.mailing_recipients import Addressed
from pledges.models.places import County
from pledges.models.sectors import Sector


def _account(label):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=label,
    )


class Mailing(Addressed, Moving, Counted):
    """News by email to those who follow something: its words, its recipients, and how far it is sent."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("news by email", "draft")
        READY = "ready", pgettext_lazy("news by email", "waits for a second person")
        SENDING = "sending", pgettext_lazy("news by email", "being sent")
        PAUSED = "paused", pgettext_lazy("news by email", "paused")
        DONE = "done", pgettext_lazy("news by email", "sent")
        CANCELLED = "cancelled", pgettext_lazy("news by email", "cancelled")

    class Audience(models.TextChoices):
        NEWS = "news", _("everyone who asked for news")
        SECTOR = "sector", _("those of one group who asked for news")
        DEMAND = "demand", _("those who follow a demand")
        COUNTY = "county", _("those who follow a county")

    subject = TranslatedField(
        models.CharField(
            _("subject"),
            max_length=70,
            blank=True,
            help_text=_(
                "Shown in the inbox, where other people may see it. Keep it neutral, for example “News from We are 1”."
            ),
        )
    )
    text = TranslatedField(
        models.TextField(
            _("text"),
            max_length=6000,
            blank=True,
            help_text=_(
                "Plain text; an empty line begins a paragraph. A full address becomes a link, for example "
                "https://example.org/report."
            ),
        )
    )
    button = TranslatedField(
        models.CharField(
            _("button"),
            max_length=60,
            blank=True,
            help_text=_(
                "The words on a button below the text, for example “Read the report”. Leave empty for no button."
            ),
        )
    )
    link = TranslatedField(
        models.CharField(
            _("where the button leads"),
            max_length=300,
            blank=True,
            validators=[URLValidator(["https", "http"])],
            help_text=_("The full address of the page in this language, for example https://example.org/report."),
        )
    )
    audience = models.CharField(_("recipients"), max_length=6, choices=Audience, default=Audience.NEWS)
    sector = models.ForeignKey(
        Sector, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("group")
    )
    # The key of a demand, which an app above has.
    demand = models.CharField(_("demand"), max_length=50, blank=True, default="")
    # The title of the demand at the last save: the text that the second person has read.
    demand_title = TranslatedField(models.CharField(max_length=120, blank=True, default="", editable=False))
    county = models.ForeignKey(
        County, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("county")
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT, editable=False)
    # Ids of all accounts that wrote any of it, which outlive the accounts. None of them may release it.
    writers = ArrayField(models.BigIntegerField(), default=list, editable=False)
    written_by = _account(_("last changed by"))
    changed_at = models.DateTimeField(_("changed"), auto_now=True, editable=False)
    # What the writer should change, from the second person who sent it back; "" once it is submitted again.
    note = models.TextField(_("note"), max_length=2000, default="", db_default="", editable=False)
    released_by = _account(_("released by"))
    released_at = models.DateTimeField(_("released"), null=True, editable=False)
    ended_at = models.DateTimeField(pgettext_lazy("news by email", "ended"), null=True, editable=False)
    # How many recipients it had when it was released.
    people = models.PositiveIntegerField(null=True, editable=False)
    # The last pledge that was queued; they are queued in the order of their ids.
    reached = models.UUIDField(null=True, editable=False)
    is_archived = models.BooleanField(
        _("on our site"),
        default=True,
        db_default=True,
        help_text=_("If this is off, visitors cannot read it among the news, for example after a mistake."),
    )

    objects = MailingQuerySet.as_manager()

    class Meta:
        verbose_name = _("news email")
        verbose_name_plural = _("news by email")
        ordering = ["-pk"]
        permissions = [("release_mailing", _("Can release news by email"))]
        constraints = [
            models.CheckConstraint(
                name="mailing_audience_is_named",
                condition=Q(audience="news", sector=None, demand="", county=None)
                | Q(audience="sector", sector__isnull=False, demand="", county=None)
                | (Q(audience="demand", sector=None, county=None) & ~Q(demand=""))
                | Q(audience="county", sector=None, demand="", county__isnull=False),
                violation_error_message=_("Choose the group, demand or county of the recipients."),
            ),
            models.CheckConstraint(
                name="mailing_ready_in_both_languages",
                condition=Q(state="draft") | ~Q(subject_sq="") & ~Q(subject_en="") & ~Q(text_sq="") & ~Q(text_en=""),
                violation_error_message=_("Fill in subject and text in both languages first."),
            ),
            models.CheckConstraint(
                name="mailing_button_in_both_languages",
                condition=Q(button_sq="", button_en="", link_sq="", link_en="")
                | ~Q(button_sq="") & ~Q(button_en="") & ~Q(link_sq="") & ~Q(link_en=""),
                violation_error_message=_(
                    "Fill in the button and its address in both languages, or leave all four empty."
                ),
            ),
            models.CheckConstraint(
                name="mailing_state_and_times",
                condition=Q(state__in=["draft", "ready"], released_at=None, ended_at=None, reached=None)
                | Q(state__in=["sending", "paused"], released_at__isnull=False, ended_at=None)
                | Q(state__in=["done", "cancelled"], released_at__isnull=False, ended_at__isnull=False),
            ),
            models.CheckConstraint(name="mailing_note_of_a_draft", condition=Q(note="") | Q(state="draft")),
            models.CheckConstraint(
                name="mailing_released_by_another",
                condition=Q(released_by=None) | ~Q(writers__contains=[F("released_by")]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["released_at"], name="mailing_unfinished", condition=Q(state__in=["sending", "paused"])
            ),
        ]

    def __str__(self):
        return self.subject or str(_("without a subject"))

    def get_absolute_url(self):
        """The path of its page in the active language."""
        return reverse("pledges:mailing", args=[self.pk])

    def clean(self):
        """Clear the group, demand and county of other audiences; raise ValidationError if that of this audience is missing."""
        # A form may still send the group, demand or county of an earlier choice. It is cleared and not refused.
        for name, empty in (("sector", None), ("demand", ""), ("county", None)):
            if self.audience != name:
                setattr(self, name, empty)
            elif not getattr(self, name):
                raise ValidationError({name: _("Choose one: it decides who gets it.")})
        self._take_title()

    def save(self, **kwargs):
        """Save it with the present title of its demand."""
        self._take_title()
        super().save(**kwargs)

    def _take_title(self):
        """Set the present title of its demand, or leave the last one that the demand had on the site."""
        if self.audience == self.Audience.DEMAND and self.released_at is None:
            for language, title in follows.titles(self.demand).items():
                setattr(self, f"demand_title_{language}", title)

    def words(self, language):
        """The `NewsWords` in this language."""
        with translation.override(language):
            path = reverse("pledges:mailing", args=[self.pk or 0])
            return news.NewsWords(
                **{name: getattr(self, f"{name}_{language}") for name in ("subject", "text", "button", "link")},
                archive_url=f"{settings.SITE_URL}{path}",
                reason=self.reason,
            )

    @property
    def reason(self):
        """Why someone gets it, in the active language."""
        if self.audience == self.Audience.DEMAND:
            return gettext("You get this email because you follow the demand “%(demand)s”.") % {"demand": self.followed}
        if self.audience == self.Audience.COUNTY:
            return gettext("You get this email because you follow what happens in the county of %(county)s.") % {
                "county": self.followed
            }
        return gettext("You get this email because you asked for news about the movement.")

    @property
    def is_complete(self):
        """Whether subject and text are there in both languages."""
        return all(getattr(self, f"{name}_{language}") for name in ("subject", "text") for language in LANGUAGE_CODES)
