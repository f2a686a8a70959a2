"""The address from which the script of a form gets a challenge. Public pages are cached and cannot contain one."""

from django.http import JsonResponse

from pledges import metrics
from pledges.crypto import challenges
from pledges.http import personal_page, read_only


@personal_page
@read_only
def challenge(request, form):
    """A fresh challenge for the form with this id, as JSON in the ALTCHA format."""
    metrics.CHALLENGES.labels("issued").inc()
    return JsonResponse(challenges.issue(form))
