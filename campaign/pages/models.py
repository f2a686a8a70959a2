"""Content pages, their places in the menu and in the footer; news; signed links to drafts of pages and articles."""

from datetime import timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from translated_fields import TranslatedField

from campaign.content import SiteContent
from campaign.publishing.models import Publishable, published
from pledges.languages import LANGUAGE_CODES, in_both_languages
from pledges.models import Sector
from staff.drafts.models import Draft, UniqueLive, check_live


def _text(label, help_text="", **options):
    return models.CharField(label, max_length=100, blank=True, help_text=help_text, **options)


class Page(Publishable):
    """A content page at /sq/SLUG/ and /en/SLUG/, optionally the page of one sector."""

    SHARE, CARD = "pages", "page"
    PRIVACY = "privacy"
    CONTACT = "contact"
    # Its address is promised to others (easy to read).
    EASY = "easy"
    # {key: URL name} of the pages with a view of their own at a fixed URL.
    OWN_VIEWS = {PRIVACY: "campaign:privacy", CONTACT: "campaign:contact"}

    class FooterColumn(models.IntegerChoices):
        NONE = 0, _("not in the footer")
        FIRST = 1, _("first column")
        SECOND = 2, _("second column")
        THIRD = 3, _("third column")

    class Layout(models.TextChoices):
        """What a page has besides its text. Each value but the first three is a template in templates/campaign/pages/blocks/."""

        TEXT = "", _("text only")
        STEPS = "steps", _("text in steps, one for each subheading")
        CHILD = "child", _("page for a child, with the number to call")
        FIGURES = "figures", _("text, and all figures after its first part")
        DEMANDS = "demands", _("the demands, then text")
        PARTNERS = "partners", _("the organisations behind the movement, then text")
        DOWNLOADS = "downloads", _("text, then logos and pictures to download")
        KEPT = "kept", _("text, then what we keep and for how long")

    class WriteTo(models.TextChoices):
        """For whom the enquiries are. SiteSettings has the addresses, such as `press_contact`."""

        NOBODY = "", _("not shown")
        PRESS = "press", _("address for the press")
        DATA = "data", _("address for data protection")
        SITE = "site", _("contact form about the site")

    key = models.SlugField(_("key"), help_text=_("A short name, such as “problem”. You cannot change it later."))
    sector = models.ForeignKey(
        Sector,
        # Deleting a sector keeps its page: text is never deleted as a side effect.
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="pages",
        verbose_name=_("group"),
        help_text=_(
            "If this page belongs to a group, it shows the group’s own 1, its commitments and the pledge button."
        ),
    )
    menu_position = models.PositiveSmallIntegerField(
        _("place in the menu"),
        null=True,
        blank=True,
        help_text=_("Leave empty to keep it out of the menu. Lower comes first, for example 1 before 2."),
    )
    footer_column = models.PositiveSmallIntegerField(
        _("column of the footer"),
        choices=FooterColumn,
        default=FooterColumn.NONE,
        help_text=_("Phones show the columns one after the other."),
    )
    footer_position = models.PositiveSmallIntegerField(
        _("place in the column"),
        default=0,
        help_text=_(
            "Lower comes first. The fixed links have the places 20, 30 and so on: for example 25 is between these two."
        ),
    )
    say = in_both_languages(
        _("what to say to a child"),
        _("One phrase on each line, without quotation marks. The page shows them as quotations."),
        models.TextField,
        blank=True,
        max_length=600,
    )
    do_not_say = in_both_languages(
        _("what not to say"),
        _("One phrase on each line, without quotation marks. The page shows them as quotations."),
        models.TextField,
        blank=True,
        max_length=600,
    )
    source = models.TextField(
        _("sources"),
        blank=True,
        help_text=_("Say where the facts on this page come from, with the year, for example “INSTAT, 2023”."),
    )
    layout = _text(_("what the page shows"), _("What the page shows besides its text."), choices=Layout)
    beside = _text(
        _("beside the text"),
        _(
            "One name for each part of the text, such as “sixty-seven, -, voice”: the key of a figure, or voice; “-” for "
            "nothing. Leave empty to put the headings there."
        ),
    )
    next_page = _text(_("page that comes next"), _("The link at the end of the page."))
    next_label = TranslatedField(
        _text(_("words of the link"), _("For example “What to do now”. Leave empty for the title of the page."))
    )
    write_to = _text(_("“Write to us” at the end"), _("Whom readers of the page write to."), choices=WriteTo)

    at_once = ("menu_position", "footer_column", "footer_position")

    class Meta(Publishable.Meta):
        abstract = False
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["menu_position", "key"]
        constraints = [
            *Publishable.Meta.constraints,
            UniqueLive(fields=["key"], name="page_key"),
            UniqueLive(fields=["sector"], name="page_sector", words=_("“%(other)s” is the page of this group.")),
        ]

    def check_take_down(self):
        """Raise ValidationError if forms and messages link to it."""
        if not self.has_own_address:
            raise ValidationError(_("This page cannot be taken down: forms and messages link to it."))

    @property
    def has_own_address(self):
        """False for a page with a view of its own."""
        return self.key not in self.OWN_VIEWS

    @property
    def is_fixed(self):
        """Whether its address stays, because forms, messages or others link to it."""
        return self.key == self.EASY or not self.has_own_address

    def texts_with_numbers(self):
        """The columns of Publishable, and the phrases."""
        columns = [f"{name}_{language}" for name in ("say", "do_not_say") for language in LANGUAGE_CODES]
        return super().texts_with_numbers() + columns

    def get_absolute_url(self):
        if not self.has_own_address:
            return reverse(self.OWN_VIEWS[self.key])
        return reverse("pages:page", args=[self.slug])


class MenuPlace(Page):
    """A page in the admin of the menus. A proxy model, so that this admin has permissions of its own."""

    # Two people who change places at the same time are told.
    at_once = ()

    class Meta:
        proxy = True
        verbose_name = _("place in menu and footer")
        verbose_name_plural = _("menu and footer")


class Article(Publishable):
    """One news article. Its date is the day of the event it reports, not of its publication."""

    SHARE, CARD = "articles", "news"

    date = models.DateField(_("date"), null=True, help_text=_("The date of the event. The newest comes first."))
    source = models.CharField(
        _("source"), max_length=160, blank=True, help_text=_("Where it says so, for example “crca.al, 4 April 2023”.")
    )

    class Meta(Publishable.Meta):
        abstract = False
        verbose_name = _("article")
        verbose_name_plural = _("news")
        ordering = ["-date", "-pk"]
        constraints = [*Publishable.Meta.constraints, check_live("article_has_a_date", Q(date__isnull=False))]

    def get_absolute_url(self):
        return reverse("campaign:article", args=[self.slug])


def _previews():
    return signing.TimestampSigner(salt="campaign.preview")


def preview_path(draft, language):
    """The signed URL path, in a language, of the preview of a draft. It works for a week."""
    with override(language):
        return reverse("campaign:preview", args=[_previews().sign(str(draft.pk))])


def draft_of_preview(token):
    """The Draft of a token; None if it was published or discarded.

    Raises signing.BadSignature for a forged token and its subclass SignatureExpired for an expired one.
    """
    return Draft.objects.filter(pk=_previews().unsign(token, max_age=timedelta(days=7))).first()


@SiteContent.share
def pages(content):
    return published(content, Page)


@SiteContent.share
def page_by_key(content):
    """{key: Page}"""
    return {page.key: page for page in content.pages}


@SiteContent.share
def sector_pages(content):
    """{sector id: Page} of the pages of sectors."""
    return {page.sector_id: page for page in content.pages if page.sector_id}


@SiteContent.share
def articles(content):
    """The published articles, the newest first."""
    return published(content, Article)
