"""Writing to the team: the form of each purpose, and the page after it. The page that leads to them is in campaign/views/."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from pledges.crypto.links import Purpose
from pledges.enquiries.forms import WORDS, EnquiryForm, FurtherForm
from pledges.enquiries.models import Enquiry
from pledges.fixed_pages import fixed_page
from pledges.forms.views import SeeOther, answer, is_under_16, link_ended
from pledges.groups.views import contact_link_view
from pledges.serving.http import cookieless_form, personal_page, public_page


@fixed_page(lambda purpose: str(WORDS[purpose][0]), lambda purpose: str(WORDS[purpose][1]), place=150)
@cookieless_form
@sensitive_post_parameters()
def form(request, purpose):
    """The form. POST is answered with 303 on success, 422 on errors, 429 at the limit of the network."""
    return _post(request, purpose) if request.method == "POST" else _page(request, purpose)


@public_page(is_form=True)
def _page(request, purpose):
    return render(request, "pledges/enquiries/enquiry.html", {"form": EnquiryForm(purpose=purpose)})


@personal_page
def _post(request, purpose):
    if is_under_16(request):
        return SeeOther(reverse("campaign:contact_under_16"))

    def shown(form, status=200, **context):
        return render(request, "pledges/enquiries/enquiry.html", {"form": form, **context}, status=status)

    return answer(request, EnquiryForm(request.POST, purpose=purpose), shown, "pledges:enquiry_sent")


@contact_link_view(Enquiry, Purpose.FURTHER)
def further(request, enquiry):
    """The form behind the link of an answer. It shows nothing of the conversation."""
    if enquiry.restricted_at:
        return link_ended(request)

    def shown(form, status=200, **context):
        return render(request, "pledges/enquiries/enquiry.html", {"form": form, **context}, status=status)

    form = FurtherForm(request.POST or None, enquiry=enquiry, action=request.path)
    return answer(request, form, shown, "pledges:enquiry_sent") if request.method == "POST" else shown(form)


@fixed_page(in_sitemap=False)
@public_page
def sent(request):
    """The page after sending: the same for every message, with the numbers again."""
    return render(request, "pledges/enquiries/enquiry_sent.html")
