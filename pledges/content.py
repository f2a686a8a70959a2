"""The share of pledges in the published content: sectors, wordings, counties, settings, goals, milestones."""

from collections import defaultdict

from django.db.models import Prefetch
from django.utils.functional import cached_property

from pledges.events.models import Event
from pledges.goals.models import Goal, Milestone, goal_above
from pledges.places.models import County, Municipality
from pledges.published.models import CommitmentFigures, PublishedFigure
from pledges.sectors.models import Commitment, Sector, Wording
from pledges.serving.snapshot import Part
from pledges.settings.models import PledgingSettings
from pledges.worker.models import Heartbeat


class PledgeContent(Part):
    """Rows are model instances that no caller changes. Sequences are tuples in the order of the models."""

    models = [
        f"pledges.{name}"
        for name in (
            "Commitment County Event Goal Milestone Municipality PledgingSettings PublishedFigure Sector Wording".split()
        )
    ]

    @classmethod
    def rows(cls):
        return [*super().rows(), "SELECT 'mail is slow' FROM pledges_heartbeat WHERE is_mail_slow"]

    def __init__(self, at):
        super().__init__(at)
        offered = Commitment.objects.filter(is_offered=True)
        commitments = Prefetch("commitments", offered.order_by("position", "pk"))
        # All sectors, also closed ones. `sector.commitments.all()` are those that are offered, and runs no query.
        self.sectors = tuple(Sector.objects.prefetch_related(commitments))
        self.counties = tuple(County.objects.all())
        self.municipalities = tuple(Municipality.objects.select_related("county"))
        # {id: Wording} of all versions: a cached form can show an older one.
        self.wordings = Wording.objects.in_bulk()
        self.settings = PledgingSettings.load(at)
        self.is_mail_slow = Heartbeat.objects.filter(is_mail_slow=True).exists()
        # {county code, or None for the whole country: [Goal]}, the smallest first
        self.goals = defaultdict(list)
        for goal in Goal.objects.order_by("people"):
            self.goals[goal.county_id].append(goal)
        self.milestones = tuple(Milestone.objects.order_by("people"))
        # {name: PublishedFigure}, and when they were last compared, None before the first time
        self.published = PublishedFigure.objects.in_bulk()
        self.published_at = max((row.looked_at for row in self.published.values() if row.looked_at), default=None)
        self.events = tuple(Event.objects.select_related("municipality").with_figures())
        # All commitments, also those that are no longer offered.
        self.commitments = tuple(
            Commitment.objects.select_related("sector").order_by("sector__position", "sector", "position", "pk")
        )
        for commitment in (*self.commitments, *(each for sector in self.sectors for each in sector.commitments.all())):
            commitment.figures = CommitmentFigures.of(commitment, self.people_of)

    def people_of(self, name):
        """What is published of the PublishedFigure with this name, 0 for nothing."""
        return self.published[name].people if name in self.published else 0

    def changes(self):
        """The times at which events end and their links stop counting, and at which signing opens again."""
        times = [time for event in self.events for time in (event.ends, event.counts_until)]
        return [*times, self.settings.until] if self.settings.until else times

    @cached_property
    def events_by_code(self):
        return {event.code: event for event in self.events}

    @cached_property
    def current_wordings(self):
        """{sector id: Wording}: the newest version of each sector's pledge, and of the consent under None."""
        return {wording.sector_id: wording for wording in sorted(self.wordings.values(), key=lambda each: each.version)}

    @cached_property
    def sectors_by_id(self):
        return {sector.pk: sector for sector in self.sectors}

    @cached_property
    def open_sectors(self):
        """{slug: Sector} of the sectors that the form offers: open, and with a wording to sign."""
        return {sector.slug: sector for sector in self.sectors if sector.is_open and sector.pk in self.current_wordings}

    @cached_property
    def counties_by_code(self):
        return {county.pk: county for county in self.counties}

    @cached_property
    def municipalities_by_id(self):
        """By the text that a form sends."""
        return {str(row.pk): row for row in self.municipalities}

    @cached_property
    def counties_with_page(self):
        return tuple(county for county in self.counties if county.code != County.ABROAD)

    def goal_above(self, people, county=None):
        """The Goal to show at so many supporters, of the whole country or of the county with this code."""
        return goal_above(self.goals.get(county, ()), people)

    @property
    def can_sign(self):
        """Whether the form accepts pledges: pledging is open, and there is a consent."""
        return self.settings.state == PledgingSettings.State.OPEN and None in self.current_wordings
