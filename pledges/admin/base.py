"""What the admin pages of pledges share: who may see people, and what stays while pledges need it."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges.crypto import keys
from staff.models import AuditEntry


def sees_people(request):
    """Whether this member of staff may see names and addresses of supporters."""
    return request.user.has_perm("pledges.see_people")


def log_access_to_people(request, ids, page):
    """Put on record whose names and addresses are about to be shown, and on which page; without the record there is no page."""
    if sees_people(request) and ids:
        AuditEntry.log(request.user, AuditEntry.Action.LOOK, ids, page=page)


def decrypted(read):
    """What `read()` decrypts, "-" for nothing, or words that it cannot be: one bad row must not take the page down."""
    try:
        return read() or "-"
    except keys.CannotDecrypt:
        return _("cannot be decrypted")


class ProtectedByPledges:
    """Things that stay while pledges need them; says how many those are instead of listing each."""

    def pledges_of(self, obj):
        """The pledges that keep `obj` from being deleted."""
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
