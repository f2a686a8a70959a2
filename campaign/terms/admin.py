"""Admin of discouraged terms."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from campaign.terms.models import Term
from staff.admin.base import pairs
from staff.admin.content import ContentAdmin


@admin.register(Term)
class TermAdmin(ContentAdmin):
    # It contains every word to avoid.
    has_checks = False
    list_display = ["better", "forms"]
    list_note = _(
        "Anyone who uses one of these words sees a warning and a better word. They can still save the text: a "
        "quotation may need the word."
    )
    fieldsets = [(None, {"fields": pairs("forms", "better", "why")}), (_("Order"), {"fields": ["key"]})]
