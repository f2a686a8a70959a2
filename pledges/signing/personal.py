"""Pages behind the signed links of supporters. GET changes nothing; each button sends a POST."""

from django.http import JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.fixed_pages import fixed_page
from pledges.follows.forms import FollowForm
from pledges.forms.views import answer, form_view, link_ended
from pledges.personal_links import links_revoked, path_from, personal_link_view, withdrawn
from pledges.requests.subject_data import own_file
from pledges.serving.http import public_page
from pledges.signing.forms import ManageForm, MyPledgeForm, NewAddressForm
from pledges.supporters.models import Pledge


@personal_link_view(Purpose.BLOCK)
def block(request, pledge):
    """ "It was not me": erase the unconfirmed pledge and never write to its address again."""
    if pledge.state != Pledge.State.PENDING:
        return link_ended(request)
    if request.method == "POST":
        pledge.block()
    return render(request, "pledges/signing/block.html", {"done": request.method == "POST"})


@personal_link_view(Purpose.BLOCK_NEW_ADDRESS)
def block_new_address(request, pledge):
    """ "It was not me": erase the address that someone asked to change to, and never write to it again."""
    if request.method == "POST":
        pledge.block_new_address()
    return render(request, "pledges/signing/block.html", {"done": request.method == "POST", "is_new_address": True})


@personal_link_view(Purpose.CORRECT_NAME)
def correct_name(request, pledge):
    """ "This is me": give the name of an unconfirmed pledge to the confirmed one of the same mailbox. The count stays."""
    is_pending = Pledge.objects.pending().filter(pk=pledge.pk).exists()
    if not is_pending or (request.method == "POST" and not pledge.correct_namesake()):
        return link_ended(request)
    return render(request, "pledges/signing/correct_name.html", {"done": request.method == "POST"})


@personal_link_view(Purpose.KEEP)
def keep(request, pledge):
    """The page with the button that keeps name and address for another period."""
    if pledge.state != Pledge.State.CONFIRMED:
        return link_ended(request)
    if request.method == "POST":
        pledge.keep_person()
    context = {"done": request.method == "POST", "withdraw_url": path_from(request, Purpose.WITHDRAW, pledge)}
    return render(request, "pledges/signing/keep.html", context)


@personal_link_view(Purpose.NEW_ADDRESS)
def new_address(request, pledge):
    """The page with the button that replaces the pledge's address by the new one."""
    if request.method == "POST":
        if pledge.use_new_address():
            return render(request, "pledges/signing/new_address.html", {"done": True})
        return render(request, "pledges/signing/new_address.html", {"taken": True}, status=409)
    return render(request, "pledges/signing/new_address.html")


@personal_link_view(Purpose.STOP_NEW_ADDRESS)
def stop_new_address(request, pledge):
    """ "It was not me": stop the change of address, and revoke all links, because someone else has one."""
    if request.method == "POST":
        return links_revoked(request, pledge, is_stopped=True)
    return render(request, "pledges/signing/stop_new_address.html")


@personal_link_view(Purpose.MANAGE)
def manage(request, pledge):
    """The page of one's pledge: corrections, address, what we email about, signed words, and links to further pages."""
    if pledge.state == Pledge.State.PENDING:
        return link_ended(request)
    if "revoke" in request.POST:
        return links_revoked(request, pledge)
    if not request.POST:
        return _managed(request, pledge)
    if "new_email" in request.POST:

        def shown(form, **context):
            return _managed(request, pledge, address_form=form, **context)

        def arrived(receipt):
            later, now = _("We will email your new address within an hour."), _("We have emailed your new address.")
            return _managed(request, pledge, saved=later if receipt.moment else now)

        form = NewAddressForm(request.POST, pledge=pledge, action=request.path)
        return answer(request, form, shown, arrived)
    name, kind = ("follow_form", FollowForm) if "follow" in request.POST else ("form", ManageForm)
    form = kind(request.POST, pledge=pledge, action=request.path)
    is_saved = form.is_valid() and form.save()
    # Needed after a rejected change too: the page shows the stored values beside the input.
    pledge.refresh_from_db()
    if is_saved:
        return _managed(request, pledge, saved=_("Your changes have been saved."))
    return _managed(request, pledge, status=422, **{name: form})


def _managed(request, pledge, status=200, **context):
    """The page of a pledge; `context` has the form that comes back, if one does."""
    forms = {"form": ManageForm, "address_form": NewAddressForm, "follow_form": FollowForm}
    context = {
        **{name: kind(pledge=pledge, action=request.path) for name, kind in forms.items() if name not in context},
        **context,
        "pledge": pledge,
        "signed_words": pledge.wording.in_language(pledge.worded_language),
        "signed_consent": pledge.consent.in_language(pledge.consent_language),
        "withdraw_url": path_from(request, Purpose.WITHDRAW, pledge),
        # Of now, because it expires sooner, and leads to no other link.
        "data_url": links.path(Purpose.DATA, pledge, language=request.LANGUAGE_CODE),
        "share_url": path_from(request, Purpose.SHARE, pledge),
        "commit_url": path_from(request, Purpose.COMMIT, pledge),
        "certificate_url": path_from(request, Purpose.CERTIFICATE, pledge),
    }
    return render(request, "pledges/signing/manage.html", context, status=status)


@personal_link_view(Purpose.WITHDRAW)
def withdraw(request, pledge):
    """The page with the button that erases the pledge and its personal data immediately."""
    if request.method == "POST":
        return withdrawn(request, pledge)
    return render(
        request, "pledges/personal_links/withdraw.html", {"manage_url": path_from(request, Purpose.MANAGE, pledge)}
    )


@personal_link_view(Purpose.DATA)
@require_safe
def data(request, pledge):
    """The copy of the supporter's data, as a JSON file to download."""
    response = JsonResponse(own_file(pledge), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = 'attachment; filename="zotimi.json"'
    return response


# "Send me my link": the same answer for every address.
my_pledge = fixed_page(
    gettext_lazy("Manage my pledge"),
    gettext_lazy(
        "Enter the email address you signed with. If there is a pledge, we will email you a link to change or withdraw it."
    ),
    place=160,
    # Withdrawing is as easy as signing.
    footer=(1, 30),
)(form_view("pledges/signing/my_pledge.html", MyPledgeForm, "pledges:my_pledge_sent"))


@fixed_page(in_sitemap=False)
@public_page
def my_pledge_sent(request):
    """The page after a request for links, which is the same whether or not the address is known."""
    return render(request, "pledges/signing/my_pledge_sent.html")
