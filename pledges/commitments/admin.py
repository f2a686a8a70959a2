"""Admin of commitments: what is published of each. Their texts are on the page of their sector."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.published.models import CommitmentFigures
from pledges.sectors.models import Commitment
from staff.admin.base import ModelAdmin, ReadOnly


def published(name, description):
    """A column with a published figure, or "–" where nothing is shown."""

    @admin.display(description=description)
    def column(_admin, commitment):
        return getattr(CommitmentFigures.of(commitment, PledgeContent.current().people_of), name) or "–"

    return column


@admin.register(Commitment)
class CommitmentAdmin(ReadOnly, ModelAdmin):
    list_display = ["text", "sector", "chosen", "asked", "kept", "silent", "is_offered"]
    list_filter = ["is_offered", "sector"]
    list_select_related = ["sector"]
    search_fields = ["key"]
    ordering = ["sector__position", "position", "pk"]
    list_note = _(
        "What people chose to do, and how it went: the published numbers, which are approximate and change once a "
        "night at most. “–” is a number that is too small or would tell too much. You add commitments and change their texts on "
        "the page of their group. Once someone has chosen one, its text stays: untick “offered” there and add a new one."
    )
    fields = ["sector", "key", "text_sq", "text_en", "is_offered", "chosen", "asked", "kept", "silent"]
    readonly_fields = ["chosen", "asked", "kept", "silent"]

    chosen = published("chosen", _("chosen by"))
    asked = published("asked", _("have been asked"))
    kept = published("kept", _("done or still working on it"))
    silent = published("silent", _("have not answered"))

    @admin.display(description=_("commitment"))
    def text(self, commitment):
        return commitment.text
