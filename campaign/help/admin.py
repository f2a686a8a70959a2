"""Admin of help channels."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from campaign.help.models import HelpChannel
from campaign.numbers import tag
from staff.admin.base import BilingualForm, DueFilter, FixedKey, KeepUsed
from staff.admin.confirmation_page import asks_first
from staff.admin.content import ContentAdmin, MissingLanguageFilter


class HelpChannelForm(FixedKey, BilingualForm):
    """Form of a help channel."""


@admin.register(HelpChannel)
class HelpChannelAdmin(KeepUsed, ContentAdmin):
    """Admin of help channels, with an action that records their verification."""

    form = HelpChannelForm
    search_fields = ["number", "url"]
    list_display = [
        "name",
        "number",
        "in_texts",
        "verified_on",
        "in_strip",
        "both_languages",
        "is_shown",
        "position",
    ]
    list_filter = [DueFilter, "is_shown", MissingLanguageFilter, "in_strip", "kind", "from_abroad"]
    recovered_values = taken_down = {"is_shown": False}
    unplaced_fields = ("is_shown",)
    shown_at = "campaign:help"
    # A wrong number can put a child at risk.
    urgent = ("_save", "1", _("Publish now, without a second person"))
    list_note = format_lazy(
        "{} {}",
        _("A wrong number can put a child at risk. Call each one from time to time, then choose “Verified today”."),
        _(
            "In a text, write the code from the third column, such as [[alo-116111]], instead of the number. Then you change a "
            "number in one place: here."
        ),
    )
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "key",
                    "kind",
                    ("name_sq", "name_en"),
                    ("text_sq", "text_en"),
                    ("hours_sq", "hours_en"),
                ]
            },
        ),
        (_("How to reach it"), {"fields": [("number", "tel"), "url", "from_abroad"]}),
        (_("Visibility and order"), {"fields": ["in_strip", ("short_sq", "short_en"), "position"]}),
        (_("Checked"), {"fields": ["verified_on"]}),
    ]
    actions = ["verified_today"]

    @admin.display(description=_("in texts"), ordering="key")
    def in_texts(self, channel):
        """The tag that stands for the number in a text."""
        return tag(channel.key) if channel.tel else ""

    def uses(self, row):
        return row.uses()

    @admin.action(description=_("Verified today"), permissions=["change"])
    @asks_first(
        _("Today becomes the day on which they were verified. Only do this if you have just tried each of them.")
    )
    def verified_today(self, request, queryset):
        """Set the verification date of the selected channels to today, with an entry in their history."""
        # Evaluated before the update, after which a list filtered by due rows no longer contains them.
        rows = list(queryset)
        self.save_first_version(*rows)
        count = queryset.update(verified_on=timezone.localdate())
        self.log_changes(request, rows, "last verified")
        self.message_user(
            request,
            ngettext("%(count)d channel has been verified.", "%(count)d channels have been verified.", count)
            % {"count": count},
            messages.SUCCESS,
        )
