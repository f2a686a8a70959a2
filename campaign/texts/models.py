"""Short texts in fixed places of the site, such as the lead of the home page and the footer."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaign.content import STARTER, SiteContent
from campaign.help.models import HelpChannel
from pledges.languages import LANGUAGE_CODES, filled, in_both_languages
from pledges.starter import load
from staff.drafts.models import Draftable, UniqueLive, check_live


class PageText(Draftable):
    """One short text in both languages. Templates refer to it by key as `texts.KEY`; every key is used by a template."""

    class Page(models.TextChoices):
        HOME = "home", _("Home page")
        VOWS = "vows", _("The three promises (home page and pledge form)")
        PLEDGE = "pledge", _("Pledge form")
        THANKS = "thanks", _("After confirming or withdrawing")
        CHILD = "child", _("Page for under-16s")
        WROTE = "wrote", _("Page for under-16s who wrote to us")
        TOTALS = "totals", _("Supporters so far")
        HELP = "help", _("Help page")
        UNITS = "units", _("Page of the child protection units")
        PRINTS = "prints", _("Materials")
        EVERY = "every", _("Every page")

    class Key(models.TextChoices):
        HOME_EYEBROW = "home_eyebrow", _("small line above the headline")
        HOME_LEAD = "home_lead", _("lead, the sentence under the headline")
        HOME_VOWS = "home_vows", _("title above the three promises")
        HOME_VOWS_LEAD = "home_vows_lead", _("sentence above the three promises")
        HOME_GROUPS = "home_groups", _("title above the groups")
        HOME_DEMANDS = "home_demands", _("title above the demands")
        HOME_CALL = "home_call", _("last line, above the button at the end")
        VOW_1 = "vow_1", _("first promise")
        VOW_1_TEXT = "vow_1_text", _("what the first promise means")
        VOW_2 = "vow_2", _("second promise")
        VOW_2_TEXT = "vow_2_text", _("what the second promise means")
        VOW_3 = "vow_3", _("third promise")
        VOW_3_TEXT = "vow_3_text", _("what the third promise means")
        PLEDGE_LEAD = "pledge_lead", _("lead, the sentence above the form")
        PLEDGE_SHARED = "pledge_shared", _("text in search results and when shared")
        THANKS_TITLE = "thanks_title", _("title after confirming")
        THANKS_BRING = "thanks_bring", _("title above the link to pass on")
        THANKS_BRING_TEXT = "thanks_bring_text", _("sentence above the link to pass on")
        THANKS_WITHDRAWN = "thanks_withdrawn", _("farewell after withdrawing")
        CHILD_TITLE = "child_title", _("title")
        CHILD_LEAD = "child_lead", _("lead, saying that nothing is kept")
        CHILD_DANGER = "child_danger", _("what to do in danger")
        CHILD_PART = "child_part", _("title of “You can be part of it”")
        CHILD_PART_TEXT = "child_part_text", _("text of “You can be part of it”")
        CHILD_HURT = "child_hurt", _("title of what to do if someone hurts you")
        CHILD_HURT_FIRST = "child_hurt_first", _("first sentence about it, in bold")
        CHILD_HURT_TEXT = "child_hurt_text", _("text of what to do if someone hurts you")
        WROTE_TITLE = "wrote_title", _("title")
        WROTE_LEAD = "wrote_lead", _("lead, saying that the message is not kept")
        TOTALS_SHARED = "totals_shared", _("text in search results and when shared")
        HELP_LEAD = "help_lead", _("lead, what to do now")
        HELP_CHILD = "help_child", _("title of what a child reads")
        HELP_CHILD_FIRST = "help_child_first", _("first sentence to a child, in bold")
        HELP_CHILD_TEXT = "help_child_text", _("text to a child")
        HELP_ABROAD = "help_abroad", _("what to do outside Albania")
        HELP_SHARED = "help_shared", _("text in search results and when shared")
        UNITS_LEAD = "units_lead", _("lead, what a unit does")
        UNITS_CALL = "units_call", _("who to call when a unit has not been checked")
        UNITS_SHARED = "units_shared", _("text in search results and when shared")
        MATERIALS_LEAD = "materials_lead", _("lead, the sentence under the title")
        MATERIALS_LICENCE = "materials_licence", _("what people may do with the materials")
        EVERY_FOOTER = "every_footer", _("sentence at the foot of the page")
        EVERY_SHARED = "every_shared", _("text in search results and when shared")
        EVERY_CARD = "every_card", _("text on the picture of a shared link")

    key = models.CharField(_("place"), max_length=20, choices=Key, editable=False)
    page = models.CharField(_("page"), max_length=6, choices=Page, editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0, editable=False)
    text = in_both_languages(
        _("text"),
        _(
            "Write plain text, without HTML, for example “No child is left alone”. In a longer text, leave an "
            "empty line to start a new paragraph."
        ),
        models.TextField,
        max_length=1000,
    )

    also_drafted = ("key", "page", "position")

    class Meta:
        verbose_name = _("page text")
        verbose_name_plural = _("page texts")
        ordering = ["position", "pk"]
        constraints = [
            UniqueLive(fields=["key"], name="pagetext_key"),
            check_live("page_text_in_both_languages", filled("text")),
        ]

    def __str__(self):
        return f"{self.get_page_display()}: {self.get_key_display()}"

    def clean(self):
        """Validate that each tag names a help channel."""
        if errors := HelpChannel.objects.check_tags(self):
            raise ValidationError(errors)

    def texts_with_numbers(self):
        """The columns that may name a help channel (campaign/help/models.py)."""
        return ["text_sq", "text_en"]

    def page_url(self):
        """Return the URL path of a page that shows the text; None for pages behind a personal link."""
        names = {
            self.Page.HOME: "campaign:home",
            self.Page.VOWS: "campaign:home",
            self.Page.PLEDGE: "pledges:sign",
            self.Page.CHILD: "pledges:under_16",
            self.Page.WROTE: "campaign:contact_under_16",
            self.Page.TOTALS: "pledges:totals",
            self.Page.HELP: "campaign:help",
            self.Page.UNITS: "campaign:units",
            self.Page.PRINTS: "campaign:materials",
            self.Page.EVERY: "campaign:home",
        }
        return reverse(names[self.page]) if self.page in names else None


@SiteContent.share
def texts(content):
    """{language: {key: text}}; a text that is not there yet is the starter text."""
    return by_language(
        [*load("texts", STARTER), *PageText.objects.values("key", "text_sq", "text_en")], content.numbers
    )


def by_language(rows, numbers):
    """{language: {key: text}} of rows with a text in two columns; a later row replaces an earlier one with its key."""
    return {
        language: {row["key"]: numbers.fill(row[f"text_{language}"]) for row in rows} for language in LANGUAGE_CODES
    }
