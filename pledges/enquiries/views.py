"""Writing to the team: the form of each purpose, and the page after it. The page that leads to them is in campaign/views/."""

from django.shortcuts import render
from django.urls import reverse

from pledges.crypto.links import Purpose
from pledges.enquiries.forms import WORDS, EnquiryForm, FurtherForm
from pledges.enquiries.models import Enquiry
from pledges.fixed_pages import fixed_page
from pledges.forms.views import SeeOther, answer, form_view, is_under_16, link_ended, shown_on
from pledges.personal_links import link_view
from pledges.serving.http import public_page

PAGE = "pledges/enquiries/enquiry.html"


def _instead(request):
    return SeeOther(reverse("campaign:contact_under_16")) if is_under_16(request) else None


form = fixed_page(lambda purpose: str(WORDS[purpose][0]), lambda purpose: str(WORDS[purpose][1]), place=150)(
    form_view(PAGE, EnquiryForm, "pledges:enquiry_sent", _instead)
)


@link_view(Enquiry, Purpose.FURTHER)
def further(request, enquiry):
    """The form behind the link of an answer. It shows nothing of the conversation."""
    if enquiry.restricted_at:
        return link_ended(request)
    sent = request.POST if request.method == "POST" else None
    form, shown = FurtherForm(sent, enquiry=enquiry, action=request.path), shown_on(request, PAGE)
    return shown(form) if sent is None else answer(request, form, shown, "pledges:enquiry_sent")


@fixed_page(in_sitemap=False)
@public_page
def sent(request):
    """The page after sending: the same for every message, with the numbers again."""
    return render(request, "pledges/enquiries/enquiry_sent.html")
