"""Paper sheets: numbered sheets of paper on which people tick their group. They hold no names."""

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from pledges.cases.models import States, Step, Steps
from pledges.events.models import Event
from pledges.places.models import County, Municipality

# The most people that one group can have on one sheet: more marks do not fit its box.
MOST = 500

STATES = States(
    empty_texts=["reason"],
    issued="",
    returned="first returned_at second?",
    counted="first returned_at counted_at second?",
    void="voided_at reason first? second? returned_at? counted_at?",
)


class PaperSheetQuerySet(models.QuerySet):
    @transaction.atomic
    def issue(self, count, municipality=None, event=None):
        """Issue this many sheets, whose numbers follow the last one; returns their range."""
        with connection.cursor() as cursor:
            # Two batches at once would get the same numbers.
            cursor.execute("LOCK TABLE pledges_papersheet IN SHARE ROW EXCLUSIVE MODE")
        first = (self.aggregate(last=models.Max("number"))["last"] or 0) + 1
        numbers = range(first, first + count)
        county = municipality and municipality.county_id
        self.bulk_create(
            self.model(number=number, municipality=municipality, county_id=county, event=event) for number in numbers
        )
        return numbers

    def open(self):
        return self.filter(state__in=[self.model.State.ISSUED, self.model.State.RETURNED])

    def differing(self):
        return self.filter(state=self.model.State.RETURNED, second__isnull=False)

    def next_for(self, account, after):
        """The lowest number above `after` that this account can count, or None."""
        typed = Q(first_by=account, second__isnull=True)
        return self.open().filter(~typed, number__gt=after).order_by("number").values_list("number", flat=True).first()


class PaperSheet(Steps):
    """One numbered sheet. It counts when two accounts have typed the same numbers; only numbers are stored.

    The people of counted sheets count by sector, in the county of the municipality if it is known, on the day of the second of
    the equal counts (pledges/counting).
    """

    class State(models.TextChoices):
        ISSUED = "issued", pgettext_lazy("sheet", "issued")
        RETURNED = "returned", pgettext_lazy("sheet", "returned")
        COUNTED = "counted", pgettext_lazy("sheet", "counted")
        VOID = "void", pgettext_lazy("sheet", "void")

    class Reason(models.TextChoices):
        """Why a sheet is void. Choices, because a typed reason could name someone."""

        LOST = "lost", _("It is lost.")
        UNREADABLE = "damaged", _("It cannot be read.")
        NAMES = "names", _("It has names on it.")
        WRONG = "wrong", _("It was filled in or counted wrongly.")
        UNUSED = "unused", _("It was not used.")

    STATES = STATES
    STEPS = {
        "count": Step(
            _("Save the count"),
            (State.ISSUED, State.RETURNED),
            title=_("Enter a count"),
            help=_(
                "Count the marks for each group, and press Enter. Leave a group without marks empty. Do not ask what the other "
                "person counted."
            ),
            is_main=True,
        ),
        "place": Step(_("Save where it was"), done=_("Your changes have been saved.")),
        "void": Step(
            _("Make it void"),
            (State.ISSUED, State.RETURNED, State.COUNTED),
            State.VOID,
            done=_("Your changes have been saved."),
            title=_("Make this sheet void"),
            help=_(
                "A void sheet does not count, and its number is never used again. You cannot undo this. If the marks were right, "
                "copy them to a new sheet."
            ),
        ),
    }

    number = models.PositiveIntegerField(_("number"), primary_key=True)
    # Where it was laid out, if that is known.
    municipality = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        related_name="sheets",
        verbose_name=_("municipality"),
        null=True,
        blank=True,
    )
    # That of the municipality.
    county = models.ForeignKey(
        County, on_delete=models.PROTECT, related_name="+", verbose_name=_("county"), null=True, editable=False
    )
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="sheets", verbose_name=_("event"), null=True, blank=True
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ISSUED, editable=False)
    # {sector id as text: people}, the older count first. Values are at least 1.
    first = models.JSONField(_("first count"), null=True, editable=False)
    second = models.JSONField(_("second count"), null=True, editable=False)
    # Ids and not foreign keys, because a count outlives the account.
    first_by = models.BigIntegerField(null=True, editable=False)
    second_by = models.BigIntegerField(null=True, editable=False)
    issued_at = models.DateTimeField(pgettext_lazy("sheet", "issued"), db_default=Now(), editable=False)
    returned_at = models.DateTimeField(pgettext_lazy("sheet", "returned"), null=True, editable=False)
    counted_at = models.DateTimeField(pgettext_lazy("sheet", "counted"), null=True, editable=False)
    voided_at = models.DateTimeField(_("void since"), null=True, editable=False)
    reason = models.CharField(_("reason"), max_length=7, choices=Reason, blank=True, editable=False)

    objects = PaperSheetQuerySet.as_manager()

    class Meta:
        verbose_name = _("paper sheet")
        verbose_name_plural = _("paper sheets")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(name="sheet_number_from_one", condition=Q(number__gte=1)),
            STATES.constraint("sheet_state_and_times"),
            models.CheckConstraint(
                name="sheet_counted_when_both_counts_are_equal",
                condition=Q(state="counted", second__isnull=False, first=F("second"))
                | Q(state="returned") & (Q(second__isnull=True) | ~Q(first=F("second")))
                | Q(state__in=["issued", "void"]),
            ),
            models.CheckConstraint(
                name="sheet_counted_by_two_accounts",
                condition=Q(first__isnull=True, first_by=None, second__isnull=True, second_by=None)
                | Q(first__isnull=False, first_by__isnull=False, second__isnull=True, second_by=None)
                | Q(first__isnull=False, first_by__isnull=False, second__isnull=False, second_by__isnull=False)
                & ~Q(first_by=F("second_by")),
            ),
            models.CheckConstraint(
                name="sheet_county_of_its_municipality",
                condition=Q(municipality=None, county=None) | Q(municipality__isnull=False, county__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "number"], name="sheet_state")]

    def __str__(self):
        return f"{self.number:06d}"

    @property
    def title(self):
        return gettext("Sheet %(number)s") % {"number": self}

    @property
    def counts(self):
        """[(people, id of the account)] of the counts that were typed, the older one first."""
        counts = [(self.first, self.first_by), (self.second, self.second_by)]
        return [(people, account) for people, account in counts if people is not None]

    @property
    def total(self):
        return sum(self.first.values()) if self.state == self.State.COUNTED else 0

    def differences(self, sectors):
        """The sectors whose two counts differ. Not the numbers: someone who saw them would not count the marks again."""
        if self.state != self.State.RETURNED or self.second is None:
            return []
        return [sector for sector in sectors if self.first.get(str(sector.pk)) != self.second.get(str(sector.pk))]

    def can_be_counted_by(self, account):
        """Whether the next count may be of this account (its id): two people count. Counts that differ are counted again."""
        is_open = self.state in (self.State.ISSUED, self.State.RETURNED)
        return is_open and (self.first_by != account or self.second is not None)

    def count(self, people, account):
        """Store a count {sector id as text: people} of this account; returns whether this call did it.

        A new count takes the place of the one that the same account typed; that of a third account takes the place of the one
        that differs from it.
        """
        with transaction.atomic():
            sheet = type(self).objects.select_for_update(of=("self",)).get(pk=self.pk)
            if not sheet.can_be_counted_by(account):
                return False
            if sheet.first is None:
                sheet.first, sheet.first_by = people, account
            else:
                others = [count for count in sheet.counts if count[1] != account]
                sheet.first, sheet.first_by = next((count for count in others if count[0] == people), others[-1])
                sheet.second, sheet.second_by = people, account
            sheet.state = self.State.RETURNED
            sheet.returned_at = sheet.returned_at or Now()
            sheet.save()
        return True

    def save(self, **kwargs):
        """A returned sheet whose two counts are equal counts from now on."""
        if self.state == self.State.RETURNED and self.first == self.second:
            self.state, self.counted_at = self.State.COUNTED, Now()
            kwargs.pop("update_fields", None)
        super().save(**kwargs)

    def void(self, reason):
        """End it: it no longer counts, and its number is never used again. Returns whether this call changed it."""
        return self.take("void", reason=reason)

    def place(self, municipality, event=None):
        """Store where and at which event it was laid out, None if it is not known; returns whether that changed it."""
        rows = type(self).objects.filter(pk=self.pk).exclude(municipality=municipality, event=event)
        county = municipality and municipality.county_id
        return bool(rows.update(municipality=municipality, county=county, event=event))
