"""Versions of the consent and of the pledge texts that people agree to."""

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pledges.languages import filled, in_both_languages
from pledges.sectors.models import Sector
from staff.drafts.models import Draftable, LiveManager


class WordingQuerySet(models.QuerySet):
    def current(self):
        """The newest version of the consent and of each sector's pledge text."""
        return self.order_by("kind", "sector_id", "-version").distinct("kind", "sector_id")

    def consent(self):
        return self.filter(kind=Wording.Kind.CONSENT)

    def pledges(self):
        """All versions of the sectors' pledge texts."""
        return self.filter(kind=Wording.Kind.PLEDGE)


class Wording(Draftable):
    """One version of the consent or of a sector's pledge text.

    Rows are immutable (trigger in migrations/sql/wordings.sql). A changed text is a new version.
    """

    class Kind(models.TextChoices):
        CONSENT = "consent", _("consent")
        PLEDGE = "pledge", _("pledge of a group")

    kind = models.CharField(
        _("kind"),
        max_length=8,
        choices=Kind,
        help_text=_("The consent is the same for everyone. Each group has its own pledge."),
    )
    sector = models.ForeignKey(
        Sector,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="wordings",
        verbose_name=_("group"),
        help_text=_("Leave empty for the consent."),
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    text = in_both_languages(
        _("text"),
        _("Write in the first person, as the supporter says it, for example “I believe every child”."),
        models.TextField,
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = LiveManager.from_queryset(WordingQuerySet)()

    class Meta:
        verbose_name = _("pledge or consent text")
        verbose_name_plural = _("pledge and consent texts")
        ordering = ["kind", "sector", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sector", "version"],
                name="wording_version_unique",
                nulls_distinct=False,
                condition=Q(draft=None),
            ),
            models.CheckConstraint(
                name="wording_sector_for_pledges_only",
                condition=Q(draft__isnull=False)
                | Q(kind="consent", sector=None)
                | Q(kind="pledge", sector__isnull=False),
                violation_error_message=_("A pledge belongs to a group; the consent does not belong to any."),
            ),
            models.CheckConstraint(
                name="wording_in_both_languages",
                condition=Q(draft__isnull=False) | filled("text"),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.sector or ''} {self.version}".replace("  ", " ")

    def clean(self):
        """Raise ValidationError if it would replace a newer version."""
        if self.draft_id is None and self.pk is not None and self.newest_version() != self:
            raise ValidationError(_("A newer version has been published in the meantime. Change that one."))

    def newest_version(self):
        """The newest published version of its kind and sector, or None."""
        return Wording.objects.filter(kind=self.kind, sector=self.sector_id).order_by("-version").first()

    def publish(self, draft=None, user=None):
        """Publish it as the next version: those before stay, because people have signed them."""
        self.version = self.next_version().version
        if self.draft_id is None:
            self.pk, self._state.adding = None, True
        super().publish(draft, user)

    def paragraphs(self):
        """(first paragraph, the paragraphs after it or "") of the text in the active language."""
        first, *rest = re.split(r"\n\s*\n", self.text.strip(), maxsplit=1)
        return first.strip(), "".join(rest)

    def in_language(self, language):
        return getattr(self, f"text_{language}")

    def next_version(self):
        """An unsaved copy with the next version number."""
        newest = self.newest_version()
        return Wording(
            kind=self.kind,
            sector=self.sector,
            version=newest.version + 1 if newest else 1,
            text_sq=self.text_sq,
            text_en=self.text_en,
        )
