"""The share of campaign in the published content. Each concept declares beside its models what it adds to it."""

from datetime import datetime, time, timedelta
from pathlib import Path

from django.utils import timezone

from pledges.fixed_pages import fixed_pages
from pledges.languages import other_language
from pledges.serving.snapshot import Part

# The starter content.
STARTER = Path(__file__).parent / "starter"
# Keys of the pages to which others link.
CHILD = "child"
AFTER_REPORT = "after_report"
# The channels at the top of the page for children.
CHILD_CALL, CHILD_CHAT = "alo-116111", "alo-chat"


class SiteContent(Part):
    """Rows are model instances that no caller changes. Sequences are tuples in the order of the models.

    `at` is the time that it is of, `today` that day in Tirana. `times` are those at which a page changes by itself: texts are
    published, days begin, organisations lapse.
    """

    models = (
        *("campaign.Article", "campaign.Demand", "campaign.DemandStep", "campaign.Handout", "campaign.Handover"),
        *("campaign.HelpChannel", "campaign.Material", "campaign.OldAddress", "campaign.Organisation", "campaign.Page"),
        *("campaign.PageText", "campaign.Picture", "campaign.PictureConsent", "campaign.ProtectionUnit"),
        *("campaign.SiteSettings", "campaign.SocialLink", "campaign.Statistic", "campaign.Voice", "pledges.VoiceOwner"),
    )
    shares = {}

    @classmethod
    def rows(cls):
        # Of what organisations sent, pages depend on the approval alone.
        return [*super().rows(), "SELECT 'joined ' || id FROM pledges_joining WHERE state = 'approved'"]

    def __init__(self, at):
        super().__init__(at)
        self.today = timezone.localdate(at)
        # Days of the year end then, and pages count days.
        midnights = (datetime.combine(self.today + timedelta(days=n), time.min) for n in (0, 1))
        self.times = [timezone.make_aware(midnight) for midnight in midnights]
        self._slugs = {}
        for name in self.shares:
            getattr(self, name)

    @classmethod
    def share(cls, load):
        """Decorate the function that loads the attribute of its name; it gets the content, whose other attributes it can use."""
        cls.shares[load.__name__] = load
        return load

    def __getattr__(self, name):
        if name not in self.shares:
            raise AttributeError(name)
        value = self.__dict__[name] = self.shares[name](self)
        return value

    def changes(self):
        return self.times

    def followable(self):
        return {demand.key: demand.title for demand in self.demands}

    def rows_of(self, model):
        """The published pages or articles."""
        return getattr(self, model.SHARE)

    def by_slug(self, model, language):
        """{slug in this language: row} of the published pages or articles."""
        if (model, language) not in self._slugs:
            self._slugs[model, language] = {getattr(row, f"slug_{language}"): row for row in self.rows_of(model)}
        return self._slugs[model, language]

    def find(self, model, language, slug):
        """The published row with this slug in this language: now, before, or else in the other language; or None."""
        target = self.old_addresses.get((model._meta.model_name, language, slug))
        return (
            self.by_slug(model, language).get(slug)
            or next((row for row in self.rows_of(model) if row.pk == target), None)
            or self.by_slug(model, other_language(language)).get(slug)
        )

    def way_on(self, name="", label=""):
        """{"url", "label"} of the page that comes next, by its key or URL name: the pledge, if it is not there.

        Without a label the title of the page is shown.
        """
        following = fixed_pages().get(name) or self.page_by_key.get(name)
        if following is None:
            following, label = fixed_pages()["pledges:sign"], ""
        return {"url": following.get_absolute_url(), "label": label or following.title}
