"""Search by exact address, name or number, and the reason that staff give before they see many people."""

import re

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges.admin.base import log_access_to_people, reason_url, sees_people
from pledges.forms.fields import AddressField, TypedCharField, clean_name
from pledges.models import Enquiry, GroupPledge, Joining, Pledge, Submission
from staff.admin import many_people
from staff.admin.base import change_url
from staff.models import AuditEntry

FIND_MESSAGE = _(
    "Enter a whole email address, a first name and a surname, for example Drita Kola, or the number of a pledge, for example "
    "7115692b."
)
NO_NUMBER = _("No pledge has this number.")
# The search found the newest pledges only.
MORE_PEOPLE = _(
    "There may be more pledges with this name. These are the newest. If you know the email address, search for that instead."
)
MANY_PEOPLE = _("Names and addresses of more than 20 people within an hour are shown once you give a reason.")


def find_url(request):
    """The address that FindForm is sent to, or None for staff who may not search for people."""
    is_allowed = sees_people(request) and request.user.has_perm("pledges.view_pledge")
    return reverse("admin:pledges_pledge_find") if is_allowed else None


def numbered(text):
    """The ids of the pledges whose id begins with this text."""
    return list(Pledge.objects.beginning_with(text.strip()).values_list("pk", flat=True))


def list_of(ids):
    """The address of the list of these pledges."""
    return reverse("admin:pledges_pledge_changelist", query={"id__in": ",".join(map(str, ids))})


class FindForm(forms.Form):
    """Search by exact address or name. It is sent by POST: either in a URL would stay in browser histories and logs."""

    person = TypedCharField(
        label=_("Find by email address, full name or number"),
        error_messages={"required": FIND_MESSAGE},
        # Browsers must not offer the name or address of the member of staff.
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def clean_person(self):
        """The address, the name or the number; `is_address` and `is_number` tell which."""
        typed = self.cleaned_data["person"]
        self.is_address, self.is_number = "@" in typed, bool(re.fullmatch("[0-9A-Fa-f-]{4,36}", typed))
        if self.is_number:
            return typed
        try:
            return AddressField().clean(typed) if self.is_address else clean_name(typed)
        except forms.ValidationError as error:
            if self.is_address:
                raise
            raise forms.ValidationError(FIND_MESSAGE, code="person") from error


class PeopleAccess:
    """ModelAdmin mixin of the list of pledges: search by address or name; many people only for a reason."""

    def show_people(self, request, changelist, context):
        """Audit the people of the list or, where they are many and no reason was given, leave them out."""
        ids = [pledge.pk for pledge in changelist.result_list]
        if not sees_people(request) or many_people.admits(request, ids):
            log_access_to_people(request, ids, page="list")
            return
        changelist.list_display = [column for column in changelist.list_display if column != "person"]
        context["list_note"] = format_html(
            '{} <a href="{}">{}</a>', MANY_PEOPLE, reason_url(request), _("Show the names")
        )

    # Search by address or name

    def get_urls(self):
        return [
            path("find/", self.admin_site.admin_view(self.find), name="pledges_pledge_find"),
            path("reason/", self.admin_site.admin_view(self.reason), name="pledges_pledge_reason"),
            *super().get_urls(),
        ]

    def reason(self, request):
        """Ask for the second factor and a reason to see many people. It holds for a quarter of an hour."""
        if not sees_people(request):
            raise PermissionDenied("pledges.see_people")
        if response := many_people.ask_for_factor(request, request.get_full_path()):
            return response
        form = many_people.ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            form.save(request.session)
            return redirect(many_people.next_path(request, reverse("admin:pledges_pledge_changelist")))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Why do you need the names?"),
            "note": MANY_PEOPLE,
            "opts": self.opts,
            "media": self.media,
            "form": form,
        }
        return TemplateResponse(request, "admin/pledges/pledge/reason.html", context)

    def find(self, request):
        """Redirect to the list, filtered to the pledges found; the URL contains their ids, neither the address nor the name.

        A search that finds nothing shows the list with what was typed.
        """
        if not (self.has_view_or_change_permission(request) and sees_people(request)):
            raise PermissionDenied("pledges.view_pledge", "pledges.see_people")
        if request.method != "POST":
            # The filters of the list below a search that found nothing are links to this address.
            return redirect(f"{reverse('admin:pledges_pledge_changelist')}?{request.GET.urlencode()}".rstrip("?"))
        form = FindForm(request.POST)
        if not form.is_valid():
            return self.changelist_view(request, {"find_form": form})
        if form.is_address:
            ids = self._at_address(request, form)
        else:
            ids = (self._by_number if form.is_number else self._by_name)(request, form)
        if not ids:
            return self.changelist_view(request, {"find_form": form})
        log_access_to_people(request, ids, page="find")
        return redirect(list_of(ids))

    def _at_address(self, request, form):
        """The ids of the pledges of one mailbox. Messages say what else has this address."""
        address = form.cleaned_data["person"]
        self._show_submissions(request, address)
        self._show_contacts(request, address)
        ids = list(Pledge.objects.at_address(address).values_list("pk", flat=True))
        if not ids:
            form.add_error("person", _("No pledge has this address."))
        return ids

    def _by_number(self, request, form):
        """The ids of the pledges whose id begins with this number."""
        ids = numbered(form.cleaned_data["person"])
        if not ids:
            form.add_error("person", NO_NUMBER)
        return ids

    def _by_name(self, request, form):
        """The ids of the newest pledges with this name."""
        found = Pledge.objects.find_by_name(form.cleaned_data["person"])
        if not found.ids:
            form.add_error(
                "person",
                _("No pledge has this name. Check that it is the whole name, or search for the email address."),
            )
        elif not found.is_complete:
            self.message_user(request, MORE_PEOPLE, messages.WARNING)
        return found.ids

    def _show_contacts(self, request, address):
        """A message with a link to each group pledge, each organisation and each enquiry of this address."""
        for model, words in (
            (GroupPledge, _("This address has a group pledge: open it")),
            (Joining, _("This address has entered an organisation: open it")),
            (Enquiry, _("This address has written to us: open the message")),
        ):
            rows = model.objects.at_address(address)
            # Disclosures are the safeguarding lead's alone.
            for row in rows.inbox() if model is Enquiry else rows:
                link = format_html('<a href="{}">{}</a>', change_url(row), words)
                self.message_user(request, link, messages.WARNING)

    def _show_submissions(self, request, address):
        """A message with a link to the submissions of this mailbox that are not settled, if there are any."""
        ids = list(Submission.objects.at_address(address).values_list("pk", flat=True))
        if ids:
            AuditEntry.log(request.user, AuditEntry.Action.LOOK, submissions=[str(pk) for pk in ids], page="find")
            url = reverse("admin:pledges_submission_changelist", query={"id__in": ",".join(map(str, ids))})
            words = ngettext(
                "%(count)d form from this address has not been processed yet.",
                "%(count)d forms from this address have not been processed yet.",
                len(ids),
            )
            link = format_html('<a href="{}">{}</a>', url, words % {"count": len(ids)})
            self.message_user(request, link, messages.WARNING)
