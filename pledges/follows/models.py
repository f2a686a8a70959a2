"""What supporters follow by email besides the news: a demand or a county. The wish for the news itself is `Pledge.updates`.

Apps register the demands with their share of the content (`snapshot.Part.followable`).
"""

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from pledges.languages import in_each_language
from pledges.places.models import County
from pledges.serving import snapshot
from pledges.supporters.models import Pledge


def followable_demands():
    """{key: title} of the demands that can be followed, in the active language and in their order."""
    parts = snapshot.current().content.parts.values()
    return {key: str(title) for part in parts for key, title in part.followable().items()}


def demand_titles(key):
    """{language: the title of a demand}, or {} if it is not on the site now."""
    found = in_each_language(lambda: followable_demands().get(key))
    return found if all(found.values()) else {}


def demand_title(key):
    """The title of a demand, or words in its place if it is not on the site now."""
    return followable_demands().get(key) or _("a demand that is not on our site now")


class Follow(models.Model):
    """One demand or county that one supporter follows. It is deleted with the pledge, or once its address is erased.

    Foreign keys in SQL files let the database itself delete the row with what it refers to: that of `pledge` in
    migrations/sql/mailings.sql, that of `demand`, the key of a row of an app above, in campaign/migrations/sql/follows.sql.
    """

    pledge = models.ForeignKey(
        Pledge, on_delete=models.CASCADE, related_name="follows", db_index=False, db_constraint=False
    )
    demand = models.CharField(max_length=50, null=True, editable=False)  # noqa: DJ001
    county = models.ForeignKey(County, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    since = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        # Staff see how many follow something, never who.
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="follow_demand_or_county",
                condition=Q(demand=None, county__isnull=False) | Q(demand__isnull=False, county=None),
            ),
            models.UniqueConstraint(fields=["pledge", "demand"], name="follow_demand_once"),
            models.UniqueConstraint(fields=["pledge", "county"], name="follow_county_once"),
        ]
        indexes = [
            models.Index(fields=["demand", "pledge"], name="follow_demand", condition=Q(demand__isnull=False)),
            models.Index(fields=["county", "pledge"], name="follow_county", condition=Q(county__isnull=False)),
        ]

    @classmethod
    def end_news(cls, pledges):
        """End the news of these pledges and everything that they follow; returns whether that changed any row."""
        ids = [pledge.pk for pledge in pledges]
        with transaction.atomic():
            ended = Pledge.objects.filter(pk__in=ids, updates=True).update(updates=False)
            return bool(cls.objects.filter(pledge__in=ids).delete()[0] or ended)

    @classmethod
    def end_one(cls, pledges, mailing):
        """End only the demand or county that this mailing is about; returns whether that changed any row."""
        about = {"demand": mailing.demand} if mailing.demand else {"county": mailing.county_id}
        return bool(cls.objects.filter(pledge__in=pledges, **about).delete()[0])

    @classmethod
    def choose(cls, pledge, demands, counties):
        """Follow exactly these keys of demands and codes of counties, in the caller's transaction."""
        rows = cls.objects.filter(pledge=pledge)
        rows.exclude(Q(demand__in=demands) | Q(county__in=counties)).delete()
        wanted = [*({"demand": key} for key in demands), *({"county_id": code} for code in counties)]
        cls.objects.bulk_create([cls(pledge=pledge, **each) for each in wanted], ignore_conflicts=True)
