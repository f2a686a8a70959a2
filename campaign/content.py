"""The share of campaign in the published content: pages, news, texts, help channels and the short content of several pages."""

from copy import copy

from django.utils import timezone
from django.utils.functional import cached_property

from campaign import movement_year, texts
from campaign.demand_history import History
from campaign.models import (
    Article,
    Demand,
    Handout,
    HandOver,
    HelpChannel,
    Material,
    OldAddress,
    Organisation,
    Page,
    Picture,
    ProtectionUnit,
    SiteSettings,
    SocialLink,
    Statistic,
    Voice,
)
from campaign.numbers import Numbers
from campaign.starter import FOLDER
from pledges.languages import LANGUAGE_CODES
from pledges.places.models import albanian_sort_key
from pledges.serving.models import CONTENT_VERSION
from pledges.serving.snapshot import Outdated, Part
from pledges.starter import load

# Large columns. No page shows the search columns.
SEARCH_COLUMNS = ["search_sq", "search_en"]
BODIES = ["body_sq", "body_en"]
# Number of articles, newest first, whose bodies are loaded with the content. Older bodies are loaded when needed.
HELD_BODIES = 100


class SiteContent(Part):
    """Rows are model instances that no caller changes. Sequences are tuples in the order of the models."""

    def __init__(self, version, at):
        super().__init__(version, at)
        self.channels = tuple(HelpChannel.objects.shown())
        self.numbers = Numbers(self.channels)
        pages, articles = tuple(_load(Page)), tuple(_load(Article).defer(*SEARCH_COLUMNS, *BODIES))
        bodies = _load(Article).in_bulk([article.pk for article in articles[:HELD_BODIES]])
        for article in articles[:HELD_BODIES]:
            article.body_sq, article.body_en = bodies[article.pk].body_sq, bodies[article.pk].body_en
        for row in (*pages, *articles):
            self.numbers.fill_row(row)
        self._times = [*(row.publish_at for row in (*pages, *articles)), *movement_year.midnights(at)]
        self.pages = tuple(page for page in pages if page.publish_at <= at)
        self.articles = tuple(article for article in articles if article.publish_at <= at)
        self.pictures = Picture.objects.in_bulk()
        # {(model name, language, old slug): id of the row}
        self._old_addresses = {(old.kind, old.language, old.slug): old.target for old in OldAddress.objects.all()}
        self.texts = texts.read(self.numbers)
        # {key: Handout}, also those that are not shown. One that is not there yet has the starter words.
        handouts = [*(Handout(**row) for row in load("handouts", FOLDER)), *Handout.objects.all()]
        self.handouts = {handout.key: self.numbers.fill_row(handout) for handout in handouts}
        # History of each demand that is shown, on the day of Tirana that this content is of.
        self.today = timezone.localdate(at)
        self.demands = tuple(self._demands())
        self.handovers = tuple(HandOver.objects.select_related("goal__county", "demand"))
        self.voices = tuple(Voice.objects.public(self.today))
        self.statistics = tuple(Statistic.objects.shown())
        self.materials = tuple(Material.objects.shown())
        # {municipality id: ProtectionUnit}: unverified contact data is not in the snapshot.
        self.units = {unit.municipality_id: unit for unit in ProtectionUnit.objects.verified()}
        self.organisations = tuple(self._organisations(at))
        self.settings = SiteSettings.load()
        self.exit_url = self.settings.exit_url
        self.has_banner = self.settings.shows_banner(at)
        self._times += filter(None, [self.settings.banner_from, self.settings.banner_until])
        self.social_links = tuple(SocialLink.objects.all())

    def with_body(self, article):
        """The article with its text, which is read for one of the archive. Raises Outdated if the content has changed since."""
        if article.get_deferred_fields().isdisjoint(BODIES):
            return article
        row = Article.objects.filter(pk=article.pk).values_list(*BODIES, CONTENT_VERSION).first()
        if row is None or row[2] != self.version:
            raise Outdated
        # A copy: the texts of a large archive must not gather in memory. The rendered page is kept instead.
        article = copy(article)
        article.body_sq, article.body_en = row[:2]
        return self.numbers.fill_row(article)

    def _demands(self):
        """Yield the History of each demand that is shown."""
        for demand in Demand.objects.shown().prefetch_related("steps"):
            yield History(demand, tuple(demand.steps.all()), self.today)

    def _organisations(self, at):
        """Yield the organisations to show: staff order first, then by name. `is_lapsed` is set by the time `at`."""
        rows = Organisation.objects.listed()
        for row in sorted(rows, key=lambda row: (row.position, albanian_sort_key(row.name_sq))):
            if row.renewed_at:
                self._times += [row.lapses_at, row.hidden_at]
                if row.hidden_at <= at:
                    continue
            row.is_lapsed = bool(row.renewed_at and row.lapses_at <= at)
            yield row

    @cached_property
    def share_picture_url(self):
        """URL of the card of the picture that staff chose for pages without one, or "" without one."""
        picture = self.pictures.get(self.settings.share_picture_id)
        return picture.card_url if picture else ""

    @cached_property
    def partners(self):
        """The organisations behind the movement: all but those that only support it."""
        return tuple(row for row in self.organisations if row.role != Organisation.Role.SUPPORTER)

    def changes(self):
        """The times at which a page changes by itself: texts are published, days begin, organisations lapse."""
        return self._times

    def followable(self):
        """{key: title} of the demands that are shown."""
        return {history.demand.key: history.demand.title for history in self.demands}

    @cached_property
    def page_by_key(self):
        """{key: Page}"""
        return {page.key: page for page in self.pages}

    @cached_property
    def sector_pages(self):
        """{sector id: Page} of the pages of sectors."""
        return {page.sector_id: page for page in self.pages if page.sector_id}

    def rows_of(self, model):
        """The published pages or articles."""
        return self.pages if model is Page else self.articles

    def by_slug(self, model, language):
        """{slug in this language: row} of the published pages or articles."""
        return self._slugs[model, language]

    @cached_property
    def _slugs(self):
        return {
            (model, language): {getattr(row, f"slug_{language}"): row for row in self.rows_of(model)}
            for model in (Page, Article)
            for language in LANGUAGE_CODES
        }

    def moved_from(self, model, language, slug):
        """The published row that had this slug before, or None."""
        target = self._old_addresses.get((model._meta.model_name, language, slug))
        return next((row for row in self.rows_of(model) if row.pk == target), None)


def _load(model):
    return model.objects.filter(state=model.State.PUBLISHED).select_related("picture").defer(*SEARCH_COLUMNS)
