"""What is published of counties: their figures, and the table of sectors by counties."""

from django.db import models
from django.db.models import F, Q


class PublishedCounty(models.Model):
    """The published figure of a county, which only `publish_counties()` of migrations/sql/published.sql moves."""

    # The county's code, or "" for none.
    county = models.CharField(max_length=6, primary_key=True)
    # How many people were counted in it at `published_at`.
    base = models.BigIntegerField()
    # The figure: `base`, or 0 if that is below five.
    n = models.BigIntegerField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="published_county_never_small",
                condition=Q(base__gte=5, n=F("base")) | Q(base__range=(0, 4), n=0),
            )
        ]

    def __str__(self):
        return self.county


class PublishedState(models.Model):
    """The table of sectors by counties of one day (in the time zone of Tirana), after small-cell suppression.

    It contains only public figures. Suppressed numbers are not stored; see pledges/totals/published.py.
    """

    day = models.DateField(primary_key=True)
    as_of = models.DateTimeField()
    # {"total": n, "sectors": {slug: n}, "counties": {code or "unknown": n}, "cells": {slug: {code: n or None}}}.
    # A None cell is suppressed. "cells" is absent while all supporters are of one sector or of one county. "sectors" sum to
    # "total"; "counties" are the figures of PublishedCounty.
    figures = models.JSONField()

    class Meta:
        ordering = ["-day"]

    def __str__(self):
        return self.day.isoformat()
