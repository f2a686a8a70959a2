"""The address from which the script of a form gets a challenge. Public pages are cached and cannot contain one."""

from django.http import Http404, JsonResponse

from pledges import metrics
from pledges.crypto import challenges
from pledges.forms.enquiries import EnquiryForm
from pledges.forms.groups import GroupForm
from pledges.forms.joinings import JoinForm
from pledges.forms.personal import MyPledgeForm
from pledges.forms.sign import PledgeForm
from pledges.http import personal_page, read_only

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
