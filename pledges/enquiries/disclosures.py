"""Admin of disclosures of abuse, which the safeguarding lead alone sees, and of the words that raise the alarm."""

from datetime import datetime

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pledges.enquiries.admin import MessageToTeamAdmin
from pledges.enquiries.alarm_words import AlarmWord
from pledges.enquiries.models import Disclosure
from staff.admin.base import ModelAdmin
from staff.models import Account


@admin.register(Disclosure)
class DisclosureAdmin(MessageToTeamAdmin):
    """The disclosures. Only safeguarding leads see them and, while no active account has that role, administrators."""

    list_display = ["title", "language", "disclosure_at", "passed_at"]
    list_filter = ["purpose", "language"]
    ordering = ["-disclosure_at"]
    template, page, name_of_row = "admin/pledges/enquiry/disclosure.html", "disclosure", "title"
    unchanged = _("Nothing was changed: it has changed in the meantime.")
    list_note = _(
        "Messages from the contact form that sound like a disclosure of abuse. No other member of the team sees them. The person "
        "saw the numbers before and after writing. Pass each one on to the child helpline and note when. A message is erased "
        "30 days after the alarm."
    )

    def has_change_permission(self, request, obj=None):
        return sees_disclosures(request.user)

    def has_view_permission(self, request, obj=None):
        return sees_disclosures(request.user)

    def has_module_permission(self, request):
        return sees_disclosures(request.user)

    @admin.display(description=_("disclosure"), ordering="created_at")
    def title(self, disclosure):
        return disclosure.title

    def details(self, request, row):
        typed = request.POST.get("passed_at", "")
        now = timezone.localtime(row.passed_at or timezone.now()).strftime("%Y-%m-%dT%H:%M")
        return super().details(request, row) | {"passed_at": typed or now}

    @transaction.atomic
    def _carry_out(self, request, row):
        if "release" in request.POST:
            words = _("It is not a disclosure: it is in the inbox now.")
            return self._move(request, row.release(), row, words)
        return super()._carry_out(request, row)

    def decide(self, request, row):
        try:
            typed = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M"]).clean(request.POST.get("passed_at"))
        except forms.ValidationError:
            typed = None
        if (
            not isinstance(typed, datetime)
            or not row.created_at.replace(second=0, microsecond=0) <= typed <= timezone.now()
        ):
            words = _("Enter the day and time at which you passed it on: after it was sent, and not in the future.")
            self.message_user(request, words, messages.ERROR)
            return None
        return row.pass_on(typed), {"passed_at": typed}


def sees_disclosures(user):
    """Whether this member of staff sees disclosures: safeguarding leads, or administrators while there is no active one."""
    # The admin asks many times for one page; the user is read anew for each request.
    if not hasattr(user, "_sees_disclosures"):
        user._sees_disclosures = user.is_active and (
            not Account.objects.safeguarding_leads().exists()
            if user.has_perm("staff.change_account")
            else user.has_perm("pledges.change_disclosure")
        )
    return user._sees_disclosures


@admin.register(AlarmWord)
class AlarmWordAdmin(ModelAdmin):
    """Words that raise the alarm."""

    list_display = ["words"]
    search_fields = ["words"]
    list_note = _(
        "A message from the contact form that contains one of these goes to the safeguarding lead alone. A word that is too "
        "common sends the lead every question of a journalist."
    )
