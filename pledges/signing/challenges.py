"""The address from which the script of a form gets a challenge. Public pages are cached and cannot contain one."""

from django.http import Http404, JsonResponse

from pledges import metrics
from pledges.crypto import challenges
from pledges.enquiries.forms import EnquiryForm
from pledges.groups.forms import GroupForm
from pledges.joinings.forms import JoinForm
from pledges.serving.http import personal_page, read_only
from pledges.signing.forms import PledgeForm
from pledges.signing.personal_forms import MyPledgeForm

# The ids of the forms that ask for a challenge.
FORMS = {form.form_id for form in (PledgeForm, GroupForm, JoinForm, MyPledgeForm, EnquiryForm)}


@personal_page
@read_only
def challenge(request, form):
    """A fresh challenge for the form with this id, as JSON in the ALTCHA format. 404 if there is no such form."""
    if form not in FORMS:
        raise Http404
    metrics.CHALLENGES.labels("issued").inc()
    return JsonResponse(challenges.issue(form))
