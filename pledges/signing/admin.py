"""Admin of wordings (the pledge of each sector, the consent). Versions are immutable: a change becomes the next version."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pledges.inbox.admin import SettlesFirst
from pledges.sectors.models import Wording
from pledges.supporters.models import Pledge
from staff.admin.base import BilingualForm
from staff.admin.drafts import DraftedAdmin

EXPLANATION = _(
    "People who have already signed keep the text they signed. If you change the text, yours becomes the next "
    "version, and people sign that one from then on. You can read older versions, but not change them."
)
PARTS_OF_CONSENT = _(
    "The consent has two parts with an empty line between them: the first one appears beside the box of the form, the other "
    "one unfolds below it."
)


class WordingForm(BilingualForm):
    def clean(self):
        cleaned, newest = super().clean(), self.instance.newest_version()
        words = cleaned.get("text_sq"), cleaned.get("text_en")
        if newest and words == (newest.text_sq, newest.text_en):
            self.add_error(None, _("People sign these words already. Change them, then publish them."))
        return cleaned


@admin.register(Wording)
class WordingAdmin(SettlesFirst, DraftedAdmin):
    """Wordings: the current version can be edited, which saves a new version; older ones are read-only."""

    form = WordingForm
    has_versions = False
    list_display = ["kind", "sector", "version", "current", "created_at", "publication"]
    list_filter = ["kind", "sector"]
    list_select_related = ["sector"]
    list_note = EXPLANATION
    shown_at = "pledges:sign"
    can_be_taken_down = False
    # No bulk deletion: the permission to delete is decided for each version.
    actions = None

    def get_fieldsets(self, request, obj=None):
        which = [("kind", "sector"), *([("version", "current")] if obj and not obj.is_new else [])]
        return [
            (None, {"description": EXPLANATION, "fields": which}),
            (_("Text to sign"), {"description": PARTS_OF_CONSENT, "fields": [("text_sq", "text_en")]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ["kind", "sector", "version", "current"] if obj and not obj.is_new else []

    def has_change_permission(self, request, obj=None):
        is_open = obj is None or obj.draft_id is not None or self.current(obj)
        return super().has_change_permission(request, obj) and is_open

    def has_delete_permission(self, request, obj=None):
        if obj is not None:
            # Without a consent the form cannot be signed.
            is_last = obj.kind == Wording.Kind.CONSENT and Wording.objects.consent().count() == 1
            if is_last or Pledge.objects.filter(Q(consent=obj) | Q(wording=obj)).exists():
                return False
        return super().has_delete_permission(request, obj)

    @admin.display(description=_("current"), boolean=True)
    def current(self, wording):
        return wording.newest_version() == wording
