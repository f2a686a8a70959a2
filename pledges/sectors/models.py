"""Sectors of society, the commitments that supporters of each can choose, and the versions of what people sign."""

import logging
import re

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.tasks import task
from django.utils.translation import gettext_lazy as _

from pledges.inbox.submissions import settle_all
from pledges.languages import filled, in_both_languages
from staff.drafts.models import Draftable, LiveManager, UniqueLive, check_live
from staff.models import Entry

logger = logging.getLogger(__name__)

# The sector of children, who are only ever a number in a group pledge of an adult.
CHILDREN = "children"
# {model: columns with the people by the id of their sector}, which no foreign key checks: migrations/sql/sectors.sql does.
NUMBERS = {"pledges.GroupPledge": ["people", "counted"], "pledges.PaperSheet": ["first", "second"]}


class SectorQuerySet(models.QuerySet):
    def open(self):
        """Sectors that the form offers: open, and with a wording to sign."""
        return self.filter(Exists(Wording.objects.filter(sector=OuterRef("pk"))), is_open=True)


class Sector(Draftable):
    """A sector of society that pledges, such as parents.

    Its slug is part of URLs and open data. It stays once the sector is published (migrations/sql/sectors.sql).
    """

    class Color(models.TextChoices):
        """The palette. A colour that differs in dark mode is named after both colours."""

        S1 = "s1", _("indigo")
        S2 = "s2", _("orange")
        S3 = "s3", _("teal")
        S4 = "s4", _("plum")
        S5 = "s5", _("navy")
        S6 = "s6", _("olive")
        S7 = "s7", _("violet")
        S8 = "s8", _("wine")
        S9 = "s9", _("petrol")
        S10 = "s10", _("deep violet")
        S11 = "s11", _("lavender and cream")
        S12 = "s12", _("aubergine and lime")

    slug = models.SlugField(
        _("name in web addresses"),
        help_text=_(
            "Used in addresses and open data, for example “parents”. You cannot change it once the group is published."
        ),
    )
    name = in_both_languages(_("name"), _("In the plural, for example “Parents”."), max_length=60)
    people = in_both_languages(
        _("name after a number"),
        _("The word for its people, such as “parents”: “1021 parents so far”. Leave empty to say “supporters”."),
        max_length=60,
        blank=True,
        default="",
        db_default="",
    )
    hint = in_both_languages(
        _("hint"),
        _(
            "Say who belongs to it, if the name alone is not clear, for example “Coaches, athletes and clubs”. "
            "Shown under the name on the form."
        ),
        max_length=160,
        blank=True,
    )
    pledged = in_both_languages(
        _("text on the picture to share"),
        _("In the first person, for example “I have pledged as a parent.” Leave empty to use “I have pledged.”"),
        max_length=60,
        blank=True,
    )
    invitation = in_both_languages(
        _("text of an invitation"),
        _(
            "What supporters in this group send with the link when they share it, for example “As a parent, I "
            "have pledged to listen to children, believe them and report abuse. Join me:” The link follows. "
            "Leave empty to use a text that suits everyone."
        ),
        max_length=200,
        blank=True,
    )
    color = models.CharField(
        _("colour"),
        max_length=3,
        choices=Color,
        help_text=_("One colour per group, on every page and picture. Left: in light mode. Right: in dark mode."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lower comes first, for example 10 before 20.")
    )
    shows_names = models.BooleanField(
        _("can show names"),
        default=True,
        help_text=_(
            "If this is off, the names of people in this group are never shown. It is always off for young people."
        ),
    )
    is_open = models.BooleanField(
        _("open"),
        default=True,
        help_text=_("If this is off, the group stays in the totals, but nobody new can choose it."),
    )

    parts = ("commitments",)

    objects = LiveManager.from_queryset(SectorQuerySet)()

    class Meta:
        verbose_name = _("group of society")
        verbose_name_plural = _("groups of society")
        ordering = ["position", "pk"]
        constraints = [
            UniqueLive(fields=["slug"], name="sector_slug"),
            check_live(
                "sector_of_young_people_shows_no_names",
                ~Q(slug="youth", shows_names=True),
                _("The names of young people are never shown. Untick “can show names”."),
            ),
            check_live(
                "sector_of_children_only_in_groups",
                ~Q(slug="children") | Q(is_open=False, shows_names=False),
                _("Children are only counted in groups. Untick “open” and “can show names”."),
            ),
        ]

    def __str__(self):
        return self.name

    def publish(self, draft=None, user=None):
        """As of every draft, with the first pledge text of a new sector."""
        if draft:
            Wording.objects.everything().filter(draft=draft).update(draft=None)
        super().publish(draft, user)

    def numbers(self):
        """Yield (queryset, columns of NUMBERS) of the group pledges and of the paper sheets with people of this sector."""
        for label, columns in NUMBERS.items():
            named = Q.create([(f"{column}__has_key", str(self.pk)) for column in columns], connector=Q.OR)
            yield apps.get_model(label).objects.filter(named), columns

    # Rows that `move_pledges` changes in one transaction.
    MOVE_BATCH_ROWS = 5000

    def move_pledges(self, into, user=None):
        """Move all pledges of this sector to another one, MOVE_BATCH_ROWS per transaction, each in the log as done by `user`.

        The people of its group pledges and paper sheets follow. Totals stay exact in between. Idempotent: a second call resumes
        after an interruption.
        """
        details = {"moved_to": into.slug}
        while True:
            with transaction.atomic():
                rows = self.pledges.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
                ids = list(rows[: self.MOVE_BATCH_ROWS])
                if not ids:
                    for rows, columns in self.numbers():
                        for row in rows.order_by("pk").select_for_update(of=("self",)):
                            for people in filter(None, (getattr(row, column) for column in columns)):
                                if n := people.pop(str(self.pk), 0):
                                    people[str(into.pk)] = people.get(str(into.pk), 0) + n
                            row.save(update_fields=columns)
                    return
                apps.get_model("pledges.Pledge").objects.filter(pk__in=ids).move_to(into)
                Entry.log(user, Entry.Action.CHANGE, ids, about=self, **details)
                # The history shows only the first step.
                details["continued"] = True


@task
def merge_sector(sector_id, into_id, user_id):
    """Move the pledges of a closed sector to another one. Idempotent. It raises nothing: a stored traceback quotes values."""
    sectors = Sector.objects.in_bulk([sector_id, into_id])
    if len(sectors) < 2:
        return
    try:
        user = get_user_model().objects.filter(pk=user_id).first()
        # Forms may wait in the slow lane for longer than the second time.
        settle_all()
        sectors[sector_id].move_pledges(sectors[into_id], user)
    except Exception as error:
        # The admin enqueues the task a second time for later, which moves the remaining pledges.
        logger.error("merging sector %s: %s", sector_id, type(error).__name__)


class Commitment(Draftable):
    """One concrete thing that a supporter of the sector will do (angazhim)."""

    sector = models.ForeignKey(Sector, on_delete=models.CASCADE, related_name="commitments", verbose_name=_("group"))
    key = models.SlugField(
        _("key"), help_text=_("A short name, such as “parents-house-rules”. You cannot change it later.")
    )
    text = in_both_languages(
        _("text"),
        _(
            "Write what the supporter will do: one sentence in the first person, for example “I ask every week "
            "how the day at school was”."
        ),
        max_length=240,
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lower comes first, for example 10 before 20.")
    )
    is_offered = models.BooleanField(
        _("offered"),
        default=True,
        db_default=True,
        help_text=_(
            "If this is off, nobody new can choose it. Those who have chosen it keep it, and it stays in the figures."
        ),
    )

    part_of = "sector"

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["sector", "position", "pk"]
        constraints = [UniqueLive(fields=["key"], name="commitment_key")]

    def __str__(self):
        return self.text

    @property
    def is_chosen(self):
        """Whether anyone has chosen it. Then its text stays as it is: people promised these words."""
        return self.published_pk is not None and self.chosen.model.objects.filter(commitment=self.published_pk).exists()

    def clean(self):
        """Raise ValidationError if the text of a commitment that people have chosen is changed."""
        texts = {"text_sq": self.text_sq, "text_en": self.text_en}
        if self.is_chosen and not Commitment.objects.filter(pk=self.published_pk, **texts).exists():
            raise ValidationError(
                _("People have chosen “%(text)s”, so its text cannot be changed. Untick “offered” and add a new one.")
                % {"text": Commitment.objects.get(pk=self.published_pk)}
            )


class WordingQuerySet(models.QuerySet):
    def current(self):
        """The newest version of the consent and of each sector's pledge text."""
        return self.order_by("kind", "sector_id", "-version").distinct("kind", "sector_id")

    def consent(self):
        return self.filter(kind=Wording.Kind.CONSENT)


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
            check_live(
                "wording_sector_for_pledges_only",
                Q(kind="consent", sector=None) | Q(kind="pledge", sector__isnull=False),
                _("A pledge belongs to a group; the consent does not belong to any."),
            ),
            check_live("wording_in_both_languages", filled("text")),
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
        """Its words in this language, as someone signed them."""
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
