"""Who has a form of the admin open, for colleagues who open it too."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

# A form counts as open so long after its last sign of life. Its script sends one a minute while someone types.
LIFETIME = timedelta(minutes=10)


class Presence(models.Model):
    """An account that has the form at this path open."""

    path = models.CharField(max_length=200)
    user = models.ForeignKey("staff.Account", models.CASCADE)
    since = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["path", "user"], name="presence_once")]

    def __str__(self):
        time = time_format(timezone.localtime(self.since), "TIME_FORMAT")
        return _("%(who)s has had this page open since %(time)s.") % {"who": self.user, "time": time}

    @classmethod
    def renew(cls, user, path):
        """Note that an account has this form open, and erase what no longer counts; returns the others that have it open."""
        cls.objects.filter(seen_at__lt=Now() - LIFETIME).delete()
        cls.objects.update_or_create(path=path, user=user, defaults={"seen_at": Now()})
        return cls.objects.filter(path=path).exclude(user=user).select_related("user").order_by("since")
