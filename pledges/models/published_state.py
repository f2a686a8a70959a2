"""The published table of sectors by counties, which is finer than the live totals."""

from django.db import models


class PublishedState(models.Model):
    """The table of sectors by counties of one day (in the time zone of Tirana), after small-cell suppression.

    It contains only public figures. Suppressed numbers are not stored; see pledges/totals/suppression.py.
    """

    day = models.DateField(primary_key=True)
    as_of = models.DateTimeField()
    # {"total": n, "sectors": {slug: n}, "counties": {code or "unknown": n}, "cells": {slug: {code: n or None}}}.
    # A None cell is suppressed. "cells" is absent while all supporters are of one sector or of one county.
    figures = models.JSONField()

    class Meta:
        ordering = ["-day"]

    def __str__(self):
        return self.day.isoformat()
