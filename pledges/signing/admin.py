"""Admin of wordings (the pledge of each sector, the consent). Versions are immutable: a change becomes the next version."""

from django.contrib import admin, messages
from django.db.models import BooleanField, Case, ExpressionWrapper, IntegerField, OuterRef, Q, Subquery, When
from django.shortcuts import redirect
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.inbox.admin import SettlesFirst
from pledges.sectors.wordings import Wording
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
# Above this number the exact one does not matter.
MOST_COUNTED = 1_000


class CountOf(Subquery):
    """The number of rows of a queryset. A slice of the queryset bounds what is read."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def signatures(column):
    """How many pledges refer to a wording in this column, up to one more than MOST_COUNTED."""
    pledges = Pledge.objects.filter(**{column: OuterRef("pk")}).order_by().values(column)
    return CountOf(pledges[: MOST_COUNTED + 1])


def is_signed(wording):
    """Whether any pledge refers to this version."""
    return Pledge.objects.filter(Q(consent=wording) | Q(wording=wording)).exists()


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
    list_display = ["kind", "sector", "version", "signed", "current", "created_at", "publication"]
    list_filter = ["kind", "sector"]
    list_select_related = ["sector"]
    list_note = EXPLANATION
    shown_at = "pledges:sign"
    can_be_taken_down = False
    # No bulk deletion: the permission to delete is decided for each version.
    actions = None

    def get_queryset(self, request):
        current = Q(pk__in=Wording.objects.current().values("pk"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                signatures=Case(
                    When(kind=Wording.Kind.CONSENT, then=signatures("consent")), default=signatures("wording")
                ),
                newest=ExpressionWrapper(current, output_field=BooleanField()),
            )
        )

    def get_fieldsets(self, request, obj=None):
        which = [("kind", "sector"), *([("version", "signed", "current")] if obj and not obj.is_new else [])]
        return [
            (None, {"description": EXPLANATION, "fields": which}),
            (_("Text to sign"), {"description": PARTS_OF_CONSENT, "fields": [("text_sq", "text_en")]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ["kind", "sector", "version", "signed", "current"] if obj and not obj.is_new else []

    def has_change_permission(self, request, obj=None):
        is_open = obj is None or obj.draft_id is not None or obj.newest_version() == obj
        return super().has_change_permission(request, obj) and is_open

    def has_delete_permission(self, request, obj=None):
        if obj is not None:
            # Without a consent the form cannot be signed.
            is_last = obj.kind == Wording.Kind.CONSENT and Wording.objects.consent().count() == 1
            if is_last or is_signed(obj):
                return False
        return super().has_delete_permission(request, obj)

    def response_published(self, request, row):
        if row.version == 1:
            return super().response_published(request, row)
        self.message_user(
            request,
            _(
                "People who have already signed keep the earlier text. Yours is saved as version %(version)d, and "
                "people sign that one from now on."
            )
            % {"version": row.version},
            messages.SUCCESS,
        )
        return redirect("admin:pledges_wording_change", row.pk)

    @admin.display(description=_("signed by"))
    def signed(self, wording):
        if wording.signatures <= MOST_COUNTED:
            return wording.signatures
        return gettext("more than %(number)s") % {"number": number_format(MOST_COUNTED, force_grouping=True)}

    @admin.display(description=_("current"), boolean=True)
    def current(self, wording):
        return wording.newest
