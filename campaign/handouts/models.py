"""The words of handouts: sheets that groups and schools print."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign.content import STARTER, SiteContent
from campaign.help.models import HelpChannel
from pledges.languages import filled, in_both_languages
from pledges.starter import load


class Handout(models.Model):
    """The words of one handout in both languages. templates/print/ lays it out."""

    class Key(models.TextChoices):
        SHEET = "sheet", _("colouring sheet")
        CERTIFICATE = "certificate", _("certificate of a group")
        WALL = "wall", _("poster for the classroom wall")
        LESSON = "lesson", _("lesson outline")
        PAPER = "paper", _("paper sheet for marks")
        POSTER = "poster", _("poster for children")
        LEAFLET = "leaflet", _("leaflet for adults")
        MAYOR = "mayor", _("letter to a mayor")
        HEADTEACHER = "headteacher", _("letter to a headteacher")

    # The letters for which there is room on one page, or on those of the leaflet. A lesson outline goes on on the next.
    MAX_LETTERS = {
        Key.SHEET: 200,
        Key.CERTIFICATE: 200,
        Key.WALL: 700,
        Key.PAPER: 300,
        Key.POSTER: 400,
        Key.LEAFLET: 2400,
        Key.MAYOR: 2200,
        Key.HEADTEACHER: 2200,
    }

    key = models.CharField(_("handout"), max_length=11, choices=Key, unique=True, editable=False)
    title = in_both_languages(
        _("title"),
        _("The words shown in large type, for example “You are not alone”. Their size adjusts to fit."),
        max_length=80,
    )
    text = in_both_languages(
        _("text"),
        _(
            "Plain text. A line that begins with “- ” is a list item, for example “- Listen first”. In the lesson "
            "outline and the leaflet, a line that begins with “# ” is a heading; each heading of the leaflet "
            "begins a page. On the posters and the paper sheet, the first line is in bold."
        ),
        models.TextField,
        max_length=6000,
    )
    is_reviewed = models.BooleanField(
        _("reviewed"),
        default=False,
        help_text=_(
            "The safeguarding lead ticks this. Until then the lesson outline appears nowhere. If someone else changes a "
            "word, it has to be reviewed again."
        ),
    )

    class Meta:
        verbose_name = _("sheet to print")
        verbose_name_plural = _("sheets to print")
        ordering = ["pk"]
        permissions = [("review_handout", "Can review handouts")]
        constraints = [models.CheckConstraint(name="handout_in_both_languages", condition=filled("title", "text"))]

    def __str__(self):
        return self.get_key_display().capitalize()

    def clean(self):
        """Validate that each tag names a help channel, and that the text fits on its page."""
        errors = HelpChannel.objects.check_tags(self)
        most = self.MAX_LETTERS.get(self.key)
        for column in self.texts_with_numbers():
            if most and len(getattr(self, column)) > most:
                errors[column] = _("There is room for %(most)d characters.") % {"most": most}
        if errors:
            raise ValidationError(errors)

    def texts_with_numbers(self):
        """The columns that may name a help channel (campaign/help/models.py)."""
        return ["text_sq", "text_en"]

    @property
    def needs_review(self):
        """Whether it appears only once the safeguarding lead has reviewed it: it is read to children in class."""
        return self.key == self.Key.LESSON

    @property
    def is_shown(self):
        return self.is_reviewed or not self.needs_review


@SiteContent.share
def handouts(content):
    """{key: Handout}, also those that are not shown. One that is not there yet has the starter words."""
    rows = [*(Handout(**row) for row in load("handouts", STARTER)), *Handout.objects.all()]
    return {handout.key: content.numbers.fill_row(handout) for handout in rows}
