"""What is published once a day, since it is finer than the totals."""

from django.db import models


class PublishedState(models.Model):
    """The table of sectors by counties of one day in Tirana, with small numbers hidden (see pledges/totals.py).

    It holds what everyone may read and nothing else: a hidden number is not in it.
    """

    day = models.DateField(primary_key=True)
    as_of = models.DateTimeField()
    # {"total": n, "sectors": {slug: n}, "counties": {code or "unknown": n}, "cells": {slug: {code: n, or None where hidden}}};
    # no "cells" while all supporters are of one sector or one place.
    figures = models.JSONField()

    class Meta:
        ordering = ["-day"]

    def __str__(self):
        return self.day.isoformat()
