"""Events, their codes, and how many people have confirmed a pledge that came by the link of an event."""

import logging
import secrets
from collections import Counter
from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges.crypto import keys
from pledges.languages import filled, in_both_languages
from pledges.places.models import Municipality
from pledges.published.models import shown_of
from staff.drafts.models import Draftable, LiveManager, UniqueLive, check_live

logger = logging.getLogger(__name__)

# The characters of codes in links to the form: none that are easily confused. About 10¹² codes, so that none can be guessed.
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 8
# The first character of the codes of events, which no code of a supporter has.
EVENT_MARK = "0"
# How long after the end of an event its link still counts people: some scan the poster and sign at home.
LATE = timedelta(days=3)


def random_code(length=CODE_LENGTH):
    """A new code of a supporter's own link."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(length))


def make_code():
    """A new code of an event. It is no secret: the poster shows it."""
    return EVENT_MARK + random_code(CODE_LENGTH - 1)


class EventQuerySet(models.QuerySet):
    def with_figures(self):
        """Add what is published of them, 0 for nothing: `came_by_link`, `came_by_paper` and `came_in_groups`."""
        return self.annotate(
            came_by_link=shown_of("event", "link"),
            came_by_paper=shown_of("event", "paper"),
            came_in_groups=shown_of("event", "groups"),
        )


class Event(Draftable):
    """One event. Its address and its code never change, because posters show them."""

    title = in_both_languages(_("title"), _("What it is, for example “Blue Ribbon march in Shkodër”."), max_length=120)
    slug = in_both_languages(
        _("address"),
        _(
            "The last part of the page’s address, for example “ribbon-week”. It cannot be changed later, because "
            "posters show it."
        ),
        models.SlugField,
        max_length=80,
    )
    text = in_both_languages(
        _("text"),
        _(
            "Say what happens, for whom, and who organises it, for example “Parents and teachers meet at the "
            "school”. Plain text; an empty line begins a paragraph."
        ),
        models.TextField,
        max_length=3000,
    )
    place = in_both_languages(
        _("place"),
        _("Where people go, for example “in front of the town hall”. “Online” if there is no place."),
        max_length=160,
    )
    municipality = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        related_name="events",
        verbose_name=_("municipality"),
        null=True,
        blank=True,
        help_text=_("Leave empty if it is online or outside Albania."),
    )
    map_url = models.URLField(
        _("map"),
        blank=True,
        help_text=_(
            "Paste the link that openstreetmap.org shows under “Share”, for example "
            "https://www.openstreetmap.org/node/1. The page has it as a link, not as a map."
        ),
    )
    begins = models.DateTimeField(_("begins"), null=True, help_text=_("Date and time in Tirana."))
    ends = models.DateTimeField(_("ends"), null=True, help_text=_("Date and time in Tirana."))
    is_all_day = models.BooleanField(
        _("all day"), default=False, help_text=_("Tick this to show the days only, without times.")
    )
    code = models.CharField(max_length=CODE_LENGTH, unique=True, default=make_code, editable=False)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = LiveManager.from_queryset(EventQuerySet)()

    required_translations = ["title", "slug", "text", "place"]

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-begins", "-pk"]
        constraints = [
            UniqueLive(fields=["slug_sq"], name="event_slug_sq"),
            UniqueLive(fields=["slug_en"], name="event_slug_en"),
            check_live(
                "event_ends_after_it_begins",
                Q(begins__isnull=False, ends__gt=F("begins")),
                _("It must end after it begins."),
            ),
            check_live("event_in_both_languages", filled("title", "slug", "text", "place")),
            models.CheckConstraint(name="event_code_with_its_mark", condition=Q(code__startswith=EVENT_MARK)),
        ]

    def __str__(self):
        return self.title

    def save(self, **kwargs):
        """Save, and give a published event its counter."""
        super().save(**kwargs)
        if self.draft_id is None:
            EventCount.objects.get_or_create(event=self)

    def get_absolute_url(self):
        return reverse("campaign:event", args=[getattr(self, f"slug_{get_language()}")])

    def clean(self):
        """Give whole days the times at which they begin and end. Raises ValidationError if it ends before it begins."""
        if not self.begins or not self.ends:
            return
        if self.is_all_day:
            self.begins = _at(timezone.localdate(self.begins), time.min)
            self.ends = _at(timezone.localdate(self.ends), time(23, 59))
        if self.ends <= self.begins:
            raise ValidationError({"ends": _("It must end after it begins.")})

    @property
    def form_path(self):
        """The path of its own link to the form, in the active language."""
        return reverse("pledges:at_event", args=[self.code])

    @property
    def first_day(self):
        return timezone.localdate(self.begins)

    @property
    def last_day(self):
        return timezone.localdate(self.ends)

    @property
    def counts_until(self):
        """When its link stops counting."""
        return self.ends + LATE

    @property
    def when(self):
        """Its days and times in words, such as "18 November 2026, 10:00–12:00"; "" in a draft without them."""
        if not self.begins or not self.ends:
            return ""
        first, last = (date_format(day, "DATE_FORMAT") for day in (self.first_day, self.last_day))
        if self.is_all_day:
            return first if first == last else f"{first} – {last}"
        begins, ends = (date_format(timezone.localtime(at), "TIME_FORMAT") for at in (self.begins, self.ends))
        return f"{first}, {begins}–{ends}" if first == last else f"{first}, {begins} – {last}, {ends}"

    @property
    def summary(self):
        return self.text.strip().partition("\n\n")[0]

    @property
    def where(self):
        """Its place with the municipality, if the place does not name it."""
        town = self.municipality.name if self.municipality else ""
        return f"{self.place}, {town}" if town and town not in self.place else self.place


def _at(day, clock):
    return timezone.make_aware(datetime.combine(day, clock))


class EventCountQuerySet(models.QuerySet):
    def count_confirmations(self, inviters):
        """Count pledges for the events whose links led to them, of {pledge id: ciphertext of the code or None}."""
        found = Counter()
        for pledge_id, cipher in inviters.items():
            try:
                if cipher is not None:
                    data = keys.associated_data("pledge", "inviter", pledge_id)
                    found[keys.decrypt(cipher, associated_data=data)] += 1
            except keys.CannotDecrypt:
                # It must not keep a supporter from confirming.
                logger.error("the event of a pledge cannot be decrypted and is not counted")  # noqa: TRY400
        # In the order of the codes, so that concurrent calls do not deadlock.
        for code, number in sorted(found.items()):
            self.filter(event__code=code).update(confirmations=F("confirmations") + number)


class EventCount(models.Model):
    """How many people have confirmed a pledge that came by the link of an event. No page shows it: see with_figures().

    A table of its own, whose changes do not change the version of the published content: its moves would tell of each
    confirmation by the ETags of all pages.
    """

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="count")
    # Only rises: after the confirmation nothing links the pledge to the event, so a withdrawal cannot be subtracted.
    confirmations = models.PositiveIntegerField(default=0)

    objects = EventCountQuerySet.as_manager()

    class Meta:
        default_permissions = ()
