"""Shared by the admin pages of pledges: logged access to names and addresses, and protection of referenced rows."""

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges.crypto.models import Unreadable
from staff.admin import reauthentication
from staff.models import Entry


def sees_people(request):
    return request.user.has_perm("pledges.see_people")


def log_access_to_people(request, ids, page):
    """Log that a page shows names and addresses of these pledges. Called before rendering: without the entry there is no page."""
    if sees_people(request) and ids:
        details = reauthentication.reason_details(request, ids)
        Entry.log(request.user, Entry.Action.LOOK, ids, page=page, **details)


def look_at_people(request, ids, page):
    """As `log_access_to_people`. Of many people, without a reason, nothing is logged: returns the redirect that asks for one."""
    if ids and sees_people(request) and not reauthentication.admits(request, ids):
        return redirect(reason_url(request))
    return log_access_to_people(request, ids, page)


def reason_url(request):
    """The URL of the page that asks for a reason to see many people, and leads back to this one."""
    return reverse("admin:pledges_pledge_reason", query={REDIRECT_FIELD_NAME: request.get_full_path()})


def decrypted(read):
    """The result of `read()`, "-" if empty, or a note that it cannot be decrypted: one corrupt row must not break the page."""
    with Unreadable.recorded():
        return read() or "-"
    return _("cannot be decrypted")


class ProtectedByPledges:
    """ModelAdmin mixin: rows referenced by pledges cannot be deleted; the page shows the number of pledges, not a list."""

    def pledges_of(self, obj):
        return obj.pledges.all()

    def get_deleted_objects(self, objs, request):
        protected = [
            ngettext("%(name)s: %(count)d pledge", "%(name)s: %(count)d pledges", count) % {"name": obj, "count": count}
            for obj in objs
            if (count := self.pledges_of(obj).count())
        ]
        if protected:
            return [], {}, set(), protected
        return super().get_deleted_objects(objs, request)
